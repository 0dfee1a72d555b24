"""Where the tests' cluster comes from, by the name that the user typed."""

import contextlib
import json
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from e2e.kit.cluster import Cluster
from e2e.kit.plane import plane
from e2e.kit.tools import tool

NAMES = ("auto", "plane", "node", "kind", "existing")


class ProviderError(Exception):
    """The named provider cannot be used here; the text says why and what to do."""


def check(name: str, context: str | None) -> None:
    """Refuse with `ProviderError` what cannot work, before anything is started."""
    if name == "node":
        raise ProviderError(
            "--cluster=node (a control plane with a kubelet) is not built yet; use --cluster=plane"
        )
    if name == "existing" and not context:
        raise ProviderError(
            "--cluster=existing changes a live cluster: name it with --context NAME"
        )
    if name != "existing" and context:
        raise ProviderError("--context belongs to --cluster=existing")
    if name == "kind" and not shutil.which("kind"):
        raise ProviderError("--cluster=kind needs the program kind on PATH")
    if name == "kind" and not _docker_answers():
        raise ProviderError("--cluster=kind needs a Docker engine, and none answers")


@contextlib.contextmanager
def provide(name: str, context: str | None, home: Path) -> Iterator[Cluster]:
    """Lend a cluster of the named provider; `auto` is the control plane of the kit."""
    check(name, context)
    if name == "existing" and context:
        yield _existing(context, home)
    elif name == "kind":
        with _kind(home) as cluster:
            yield cluster
    else:
        with plane(home) as cluster:
            yield cluster


def _existing(context: str, home: Path) -> Cluster:
    """Copy one context out of the user's kubeconfig, so that no other can be reached by accident."""
    command = (
        str(tool("kubectl")),
        "config",
        "view",
        "--minify",
        "--flatten",
        f"--context={context}",
    )
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ProviderError(f"no context {context!r} in the kubeconfig: {done.stderr.strip()}")
    kubeconfig = home / "kubeconfig"
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_text(done.stdout)
    return Cluster("existing", home, kubeconfig, context)


@contextlib.contextmanager
def _kind(home: Path) -> Iterator[Cluster]:
    """Create a kind cluster; its API server reaches this machine at the Docker network's gateway."""
    name = f"modeladmit-{secrets.token_hex(4)}"
    kubeconfig = home / "kubeconfig"
    try:
        subprocess.run(
            (
                "kind",
                "create",
                "cluster",
                f"--name={name}",
                f"--kubeconfig={kubeconfig}",
                "--wait=180s",
            ),
            check=True,
        )
        command = ("docker", "network", "inspect", "kind")
        network = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        gateways = [
            entry["Gateway"]
            for entry in network[0]["IPAM"]["Config"]
            if "." in entry.get("Gateway", "")
        ]
        yield Cluster("kind", home, kubeconfig, f"kind-{name}", gateways[0])
    finally:
        subprocess.run(("kind", "delete", "cluster", f"--name={name}"), check=False)


def _docker_answers() -> bool:
    try:
        done = subprocess.run(("docker", "version"), capture_output=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
