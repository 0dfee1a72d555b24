"""Real stores on loopback."""

import asyncio
import base64
import json
import secrets
import shutil
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from e2e.kit.certificates import Authority
from e2e.kit.ports import free_port
from e2e.kit.processes import Servers
from e2e.kit.registries import Registry, distribution_registry, referrers_registry
from e2e.kit.tools import tool
from e2e.kit.waiting import answers
from modeladmit.core.credentials import CredentialScope
from modeladmit.core.evidence import Artifact, Evidence
from modeladmit.core.references import parse_reference
from modeladmit.sources.keychain import Keychain, NoCredentials
from modeladmit.sources.registry import build_sources
from modeladmit.sources.settings import HostSettings, SourceSettings
from modeladmit.sources.transport import Transport
from tests.doubles.faults import FaultyServer
from tests.integration.mlflow_environment import mlflow_program


@dataclass
class Asked:
    """Sources with the settings of a test."""

    settings: SourceSettings
    keychain: Keychain

    async def resolve(self, uri: str, revision: str | None = None) -> Artifact:
        return (await self.both(uri, revision, evidence=False))[0]

    async def both(
        self, uri: str, revision: str | None = None, *, evidence: bool = True
    ) -> tuple[Artifact, tuple[Evidence, ...]]:
        """The artifact and what lies beside it."""
        reference, scope = parse_reference(uri, revision), CredentialScope("a")
        async with Transport(self.settings) as transport:
            source = build_sources(transport, self.keychain)[reference.scheme]
            artifact = await source.resolve(reference, scope=scope)
            return artifact, (
                (await source.evidence(artifact, scope=scope)).evidence if evidence else ()
            )


def asking(*hosts: HostSettings, keychain: Keychain | None = None, **settings: Any) -> Asked:
    return Asked(SourceSettings(hosts=hosts, **settings), keychain or NoCredentials())


def rule(registry: Registry, **more: Any) -> HostSettings:
    ca = registry.ca.read_text() if registry.ca else None
    return HostSettings(registry.host, plain_http=ca is None, ca_bundle=ca, **more)


@pytest.fixture(scope="session")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with distribution_registry(tmp_path_factory.mktemp("distribution"), tls=True) as registry:
        yield registry


@pytest.fixture(scope="session")
def referrers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with referrers_registry(tmp_path_factory.mktemp("referrers")) as registry:
        yield registry


@pytest.fixture(scope="session")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with distribution_registry(
        tmp_path_factory.mktemp("locked"), tls=True, login=("user", "pass")
    ) as registry:
        yield registry


class TokenServer(FaultyServer):
    """The token service of a registry (distribution, spec/auth/token): JWTs for pull, for one user or for everybody."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        super().__init__()
        issued = authority.issue("tokens", hosts=("127.0.0.1",))
        certificate, self._key = issued.write(folder, "tokens")
        self._chain = [
            "".join(line for line in block.splitlines() if "CERTIFICATE" not in line)
            for block in certificate.read_text().split("-----END CERTIFICATE-----")
            if block.strip()
        ]
        self.private = True
        self.app.router.add_get("/token", self._token)
        self.app.router.add_post("/token", self._token)

    async def _token(self, request: web.Request) -> web.Response:
        import jwt

        form = await request.post() if request.method == "POST" else request.query
        basic = "Basic " + base64.b64encode(b"user:pass").decode()
        known = (
            request.headers.get("Authorization") == basic or form.get("refresh_token") == "refresh"
        )
        _, name, actions = str(form["scope"]).split(":")
        granted = actions.split(",") if known or not self.private else []
        now = datetime.now(UTC)
        claims = {
            "iss": "tokens",
            "sub": "user" if known else "",
            "aud": "registry",
            "exp": now + timedelta(minutes=5),
            "nbf": now - timedelta(minutes=1),
            "iat": now,
            "jti": secrets.token_hex(8),
            "access": [{"type": "repository", "name": name, "actions": granted}],
        }
        key = Path(self._key).read_text()
        token = jwt.encode(claims, key, algorithm="ES256", headers={"x5c": self._chain})
        return web.json_response({"token": token, "expires_in": 300})


@dataclass
class Tokens:
    """A registry whose Bearer realm is another port."""

    registry: Registry
    server: TokenServer


@pytest.fixture
async def tokens(tmp_path: Path, distribution: Registry) -> AsyncIterator[Tokens]:
    """Distribution with token authentication over the content of `distribution`."""
    authority = Authority.root("tokens")
    roots = tmp_path / "roots.pem"
    roots.write_bytes(authority.chain_pem)
    server = TokenServer(authority, tmp_path)
    async with server.running():
        port = free_port()
        configuration = {
            "version": "0.1",
            "storage": {"filesystem": {"rootdirectory": str(distribution.home / "content")}},
            "http": {"addr": f"127.0.0.1:{port}", "secret": secrets.token_hex(16)},
            "auth": {
                "token": {
                    "realm": f"{server.url}/token",
                    "service": "registry",
                    "issuer": "tokens",
                    "rootcertbundle": str(roots),
                }
            },
        }
        path = tmp_path / "config.yml"
        path.write_text(json.dumps(configuration))
        with Servers(tmp_path / "logs") as servers:
            process = servers.start(
                "registry", tool("registry"), "serve", path, env={"OTEL_TRACES_EXPORTER": "none"}
            )
            registry = Registry(f"127.0.0.1:{port}", tmp_path, process, has_referrers=False)
            await asyncio.to_thread(process.wait_for, lambda: _listens(port))
            yield Tokens(registry, server)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Moto's server in a thread; the URL."""
    import werkzeug.serving
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    application = DomainDispatcherApplication(create_backend_app)
    server = werkzeug.serving.make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`mlflow server`; the URL."""
    home, port = tmp_path_factory.mktemp("mlflow"), free_port()
    url = f"http://127.0.0.1:{port}"
    with Servers(home / "logs") as servers:
        process = servers.start(
            "mlflow",
            mlflow_program(),
            "server",
            "--host=127.0.0.1",
            f"--port={port}",
            f"--backend-store-uri=sqlite:///{home}/store.db",
            "--serve-artifacts",
            f"--artifacts-destination={home}/artifacts",
            "--workers=1",
            env={"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"},
            cwd=home,
        )
        process.wait_for(lambda: answers(f"{url}/health"), seconds=120)
        yield url


class GitBackend(FaultyServer):
    """`git http-backend` behind the Common Gateway Interface (RFC 3875)."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.root = root
        self.app.router.add_route("*", "/{path:.*}", self._run)

    async def _run(self, request: web.Request) -> web.Response:
        environment = {
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "HTTP_GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
        }
        git = shutil.which("git")
        assert git is not None
        process = await asyncio.create_subprocess_exec(
            git,
            "http-backend",
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate(await request.read())
        head, _, body = output.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        status = int(headers.pop("Status", "200").split()[0])
        return web.Response(status=status, headers=headers, body=body)
