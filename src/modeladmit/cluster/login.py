"""Where the API server is and who we are there: a kubeconfig, or the service account of our Pod.

Credentials become `kopf.ConnectionInfo`, so that the watch and our own client speak to the server with one identity.
Exec plugins (client.authentication.k8s.io/v1) work as in kubectl; legacy `auth-provider` entries do not.
"""

import os
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import kopf
import orjson
import yaml

from modeladmit.errors import ConfigurationError

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_EXEC_SECONDS: Final = 60
_Entry = tuple[Path, Mapping[str, Any]]
"""Where it is written, for relative paths, and what."""


@dataclass(frozen=True, slots=True)
class Login:
    """An identity on a server."""

    connection: kopf.ConnectionInfo
    token_file: Path | None = None
    """Read again and again: projected tokens live for an hour."""
    namespace: str | None = None
    """The namespace of the context or of our Pod."""


def login(
    kubeconfig: str | None = None,
    context: str | None = None,
    *,
    service_account: Path = SERVICE_ACCOUNT,
) -> Login:
    """The named kubeconfig (a `:`-separated list), or our service account. Raises ConfigurationError."""
    if kubeconfig:
        return _from_kubeconfig(
            [Path(part) for part in kubeconfig.split(os.pathsep) if part], context
        )
    if (service_account / "token").exists():
        return _from_service_account(service_account)
    default = Path.home() / ".kube" / "config"
    if default.exists():
        return _from_kubeconfig([default], context)
    raise ConfigurationError(
        "no Kubernetes cluster: not in a Pod with a service account, and no kubeconfig (KUBECONFIG)"
    )


def _from_service_account(folder: Path) -> Login:
    namespace = folder / "namespace"
    return Login(
        kopf.ConnectionInfo(
            server="https://kubernetes.default.svc", ca_path=str(folder / "ca.crt")
        ),
        folder / "token",
        namespace.read_text().strip() if namespace.exists() else None,
    )


def _from_kubeconfig(paths: list[Path], wanted: str | None) -> Login:
    """Merge files as kubectl does: the first mention of a name wins."""
    current = wanted
    contexts: dict[str, _Entry] = {}
    clusters: dict[str, _Entry] = {}
    users: dict[str, _Entry] = {}
    for path in paths:
        document = _document(path)
        current = current or document.get("current-context")
        for plural, singular, found in (
            ("contexts", "context", contexts),
            ("clusters", "cluster", clusters),
            ("users", "user", users),
        ):
            for item in document.get(plural) or []:
                found.setdefault(str(item.get("name")), (path.parent, item.get(singular) or {}))
    if current is None or current not in contexts:
        raise ConfigurationError(f"the kubeconfig has no context {current or '(none is current)'}")
    _, context = contexts[current]
    cluster_home, cluster = clusters.get(str(context.get("cluster")), (Path(), {}))
    user_home, user = users.get(str(context.get("user")), (Path(), {}))
    if not cluster.get("server"):
        raise ConfigurationError(f"the kubeconfig's context {current} names no server")
    if "exec" in user:
        user = {**user, **_exec(user["exec"])}
    connection = kopf.ConnectionInfo(
        server=str(cluster["server"]),
        insecure=bool(cluster.get("insecure-skip-tls-verify")),
        proxy_url=cluster.get("proxy-url"),
        username=user.get("username"),
        password=user.get("password"),
        token=user.get("token"),
        **_material("ca", "certificate-authority", cluster, cluster_home),
        **_material("certificate", "client-certificate", user, user_home),
        **_material("private_key", "client-key", user, user_home),
    )
    token_file = user.get("tokenFile")
    return Login(
        connection, user_home / token_file if token_file else None, context.get("namespace")
    )


def _document(path: Path) -> Mapping[str, Any]:
    try:
        document = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"the kubeconfig {path} cannot be read ({type(error).__name__})"
        ) from error
    if not isinstance(document, Mapping):
        raise ConfigurationError(f"the kubeconfig {path} holds no mapping")
    return document


def _material(target: str, key: str, entry: Mapping[str, Any], home: Path) -> dict[str, Any]:
    """Data wins over a path, which is relative to its file."""
    if entry.get(f"{key}-data"):
        try:
            return {f"{target}_data": b64decode(entry[f"{key}-data"], validate=True)}
        except ValueError as error:
            raise ConfigurationError(f"the kubeconfig's {key}-data is not base64") from error
    return {f"{target}_path": str(home / entry[key])} if entry.get(key) else {}


def _exec(plugin: Mapping[str, Any]) -> dict[str, Any]:
    """Ask a credential plugin, as kubectl does; what it prints is a secret and never quoted."""
    command = [str(plugin.get("command")), *map(str, plugin.get("args") or [])]
    version = str(plugin.get("apiVersion") or "client.authentication.k8s.io/v1")
    information = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
    environment = {
        **os.environ,  # a child's environment, not a setting of ours
        **{str(e["name"]): str(e["value"]) for e in plugin.get("env") or []},
        "KUBERNETES_EXEC_INFO": orjson.dumps(information).decode(),
    }
    try:
        done = subprocess.run(  # noqa: S603 - the user's own kubeconfig names it
            command, env=environment, capture_output=True, timeout=_EXEC_SECONDS, check=True
        )
        status = orjson.loads(done.stdout)["status"]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"the kubeconfig's credential plugin {command[0]} failed ({type(error).__name__})"
        ) from error
    found = {"token": status.get("token")}
    for key, target in (
        ("clientCertificateData", "client-certificate-data"),
        ("clientKeyData", "client-key-data"),
    ):
        if status.get(key):
            found[target] = b64encode(status[key].encode()).decode()
    return found
