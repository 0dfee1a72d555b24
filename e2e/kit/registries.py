"""Real OCI registries on loopback: with and without the referrers API, with TLS, with a password.

`distribution` keeps its content on disk below `home` and answers the referrers API with 404, so that
clients fall back to the tag schema. `referrers` keeps its content in memory and has the API.
"""

import base64
import contextlib
import json
import secrets
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bcrypt

from e2e.kit.certificates import SERVER, Authority
from e2e.kit.ports import free_port
from e2e.kit.processes import Server, Servers
from e2e.kit.tools import tool

_MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "*/*",
)


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry that answers: `host` is `127.0.0.1:PORT`; `ca` is set when it speaks TLS."""

    host: str
    home: Path
    server: Server
    has_referrers: bool
    ca: Path | None = None
    login: tuple[str, str] | None = None

    @property
    def url(self) -> str:
        return f"{'https' if self.ca else 'http'}://{self.host}"

    @property
    def context(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=self.ca) if self.ca else None

    def docker_config(self) -> str:
        """Return a Docker `config.json` with the login, as an image pull secret holds it."""
        user, password = self.login or ("", "")
        entry = {"username": user, "password": password}
        return json.dumps({"auths": {self.host: entry} if self.login else {}})

    def get(self, path: str) -> tuple[int, bytes]:
        """GET `/v2/<path>` with the login; return the status and the body."""
        headers = {"Accept": ", ".join(_MANIFEST_TYPES)}
        if self.login:
            headers["Authorization"] = (
                f"Basic {base64.b64encode(':'.join(self.login).encode()).decode()}"
            )
        handlers = (
            urllib.request.HTTPSHandler(context=self.context),
            urllib.request.ProxyHandler({}),
        )
        request = urllib.request.Request(f"{self.url}/v2/{path}", headers=headers)  # noqa: S310
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=5) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def requests(self) -> list[str]:
        """Return the log's lines about requests, oldest first."""
        return [line for line in self.server.output().splitlines() if "/v2/" in line]


@contextlib.contextmanager
def distribution_registry(
    home: Path, *, tls: bool = False, login: tuple[str, str] | None = None
) -> Iterator[Registry]:
    """Run a CNCF Distribution registry; `login` is the one user and password that it knows."""
    home.mkdir(parents=True, exist_ok=True)
    port = free_port()
    http: dict[str, object] = {"addr": f"127.0.0.1:{port}", "secret": secrets.token_hex(16)}
    configuration: dict[str, object] = {
        "version": "0.1",
        "storage": {
            "filesystem": {"rootdirectory": str(home / "content")},
            "delete": {"enabled": True},
        },
        "http": http,
        "log": {"accesslog": {"disabled": False}},
    }
    ca = None
    if tls:
        ca, certificate, key = _certificate(home)
        http["tls"] = {"certificate": str(certificate), "key": str(key)}
    if login:
        users = home / "htpasswd"
        users.write_text(
            f"{login[0]}:{bcrypt.hashpw(login[1].encode(), bcrypt.gensalt(4)).decode()}\n"
        )
        configuration["auth"] = {"htpasswd": {"realm": "e2e", "path": str(users)}}
    path = home / "config.yml"
    path.write_text(json.dumps(configuration))  # JSON is YAML
    with Servers(home / "logs") as servers:
        server = servers.start(
            "registry", tool("registry"), "serve", path, env={"OTEL_TRACES_EXPORTER": "none"}
        )
        registry = Registry(
            f"127.0.0.1:{port}", home, server, has_referrers=False, ca=ca, login=login
        )
        server.wait_for(lambda: _serves(registry))
        yield registry


@contextlib.contextmanager
def referrers_registry(home: Path, *, tls: bool = False) -> Iterator[Registry]:
    """Run a registry in memory that has the referrers API and filters by artifact type."""
    home.mkdir(parents=True, exist_ok=True)
    ca, arguments = None, list[str | Path]()
    if tls:
        ca, certificate, key = _certificate(home)
        arguments = ["-cert", certificate, "-key", key]
    host = f"127.0.0.1:{free_port()}"
    with Servers(home / "logs") as servers:
        server = servers.start("registry", tool("referrers"), "-addr", host, *arguments)
        registry = Registry(host, home, server, has_referrers=True, ca=ca)
        server.wait_for(lambda: _serves(registry))
        yield registry


def _certificate(home: Path) -> tuple[Path, Path, Path]:
    authority = Authority.root("e2e-registry")
    ca = home / "ca.crt"
    ca.write_bytes(authority.chain_pem)
    return ca, *authority.issue("registry", SERVER, hosts=("127.0.0.1", "localhost")).write(
        home, "registry"
    )


def _serves(registry: Registry) -> bool:
    try:
        return registry.get("")[0] == 200
    except OSError:
        return False
