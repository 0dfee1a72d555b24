"""Reviews a second of one webhook process on a warm cache, beside a handler that always allows.

`python -m benchmarks.reviews [--requests N]` starts the control plane of the end-to-end tests, a registry with a signed
model and the real webhook, gives it 1, 20 and 200 policies, and posts reviews of Pods over TLS with keep-alive. Server
and generator have one core each. Prints a table.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from e2e.admission.installation import Webhook, apply_policy, define
from e2e.admission.workloads import pod, signed_by
from e2e.kit.certificates import SERVER, Authority
from e2e.kit.cosign import Layout, SigningKey
from e2e.kit.models import Model, push_model
from e2e.kit.plane import plane
from e2e.kit.ports import free_port
from e2e.kit.processes import Servers
from e2e.kit.registries import referrers_registry
from e2e.kit.waiting import until

_TICKS = os.sysconf("SC_CLK_TCK")
_CONNECTIONS = (1, 8, 16)


@click.command()
@click.option("--requests", default=20_000, show_default=True, help="Reviews of each run.")
@click.option(
    "--profile", is_flag=True, help="Leave the webhook running under 200 policies and wait."
)
def main(requests: int, *, profile: bool) -> None:
    """Measure."""
    home = Path(tempfile.mkdtemp(prefix="modeladmit-benchmark-"))
    table = Table("handler", "policies", "connections", "reviews/s", "p50 ms", "p99 ms", "CPU ms")
    with (
        plane(home / "cluster") as cluster,
        referrers_registry(home / "registry") as registry,
        Servers(home / "logs") as servers,
    ):
        key = SigningKey.generate(home / "keys", "release")
        model = push_model(registry, "models/tiny")
        key.sign(model, Layout.BUNDLE)
        define(cluster)
        webhook = Webhook(
            cluster,
            home / "webhook",
            servers,
            {"registries": [{"host": registry.host, "plainHTTP": True}]},
        )
        webhook.start()
        os.sched_setaffinity(webhook.running.pid, {0})
        namespace = cluster.create_namespace("benchmark", {"team": "a"})
        until(webhook.metrics, what="metrics")
        bodies = home / "bodies"
        bodies.write_bytes(b"\n".join(_reviews(namespace, model)))
        ca = home / "ca.pem"
        ca.write_bytes(webhook.authority.chain_pem)
        _floor(table, home, servers, webhook.authority, ca, bodies, requests)
        known = 0
        url = f"{webhook.url}/admit/enforced?timeout=10s"
        for policies in (1, 20, 200):
            _apply(webhook, registry.host, key, range(known, policies))
            known = policies
            _row(table, "modeladmit", str(policies), webhook.running.pid, url, ca, bodies, requests)
        if profile:
            print(f"pid {webhook.running.pid}: {url} {ca} {bodies}")
            input("press return to end ")
    Console().print(table)


def _reviews(namespace: str, model: Model) -> Iterator[bytes]:
    """Replicas of one Deployment: names, uids and the token volume differ, as they do in a cluster."""
    for _ in range(256):
        obj = pod(namespace, f"llm-{secrets.token_hex(4)}", model.by_digest)
        token = f"kube-api-access-{secrets.token_hex(3)[:5]}"
        projected = {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}
        obj["metadata"] |= {"labels": {"app": "llm", "pod-template-hash": "6d8f7c9b5"}}
        obj["spec"]["volumes"].append({"name": token, "projected": {"sources": [projected]}})
        mount = {"name": token, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
        obj["spec"]["containers"][0]["volumeMounts"].append(mount)
        obj["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": "1"}}
        yield json.dumps(_review(obj)).encode()


def _review(obj: dict[str, Any]) -> dict[str, Any]:
    kind = {"group": "", "version": "v1", "kind": "Pod"}
    resource = {"group": "", "version": "v1", "resource": "pods"}
    user = "system:serviceaccount:kube-system:replicaset-controller"
    groups = [
        "system:serviceaccounts",
        "system:serviceaccounts:kube-system",
        "system:authenticated",
    ]
    return {
        "kind": "AdmissionReview",
        "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": secrets.token_hex(16),
            "kind": kind,
            "resource": resource,
            "requestKind": kind,
            "requestResource": resource,
            "name": obj["metadata"]["name"],
            "namespace": obj["metadata"]["namespace"],
            "operation": "CREATE",
            "userInfo": {"username": user, "uid": "1", "groups": groups},
            "object": obj,
            "oldObject": None,
            "dryRun": False,
            "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
        },
    }


def _apply(webhook: Webhook, host: str, key: SigningKey, numbers: range) -> None:
    """The first policy is about the model; the others select the namespace, too, and are about other teams' models."""
    for number in numbers:
        spec = signed_by(key.public_pem, {})
        team = "models" if number == 0 else f"team-{number}"
        spec["match"] = {"models": [f"oci://{host}/{team}/**"]}
        if number == numbers[-1]:
            apply_policy(webhook, f"policy-{number}", spec)
            continue
        metadata = {"name": f"policy-{number}"}
        policy = {"apiVersion": "modeladmit.io/v1alpha1", "kind": "TrustPolicy"}
        webhook.cluster.kubectl(
            "create", "-f", "-", input={**policy, "metadata": metadata, "spec": spec}
        )


def _floor(
    table: Table,
    home: Path,
    servers: Servers,
    authority: Authority,
    ca: Path,
    bodies: Path,
    requests: int,
) -> None:
    certificate, key = authority.issue("floor", SERVER, hosts=("127.0.0.1",)).write(home, "floor")
    port = free_port()
    server = servers.start(
        "floor",
        sys.executable,
        Path(__file__).with_name("_always_allow.py"),
        str(port),
        certificate,
        key,
    )
    os.sched_setaffinity(server.pid, {0})
    url = f"https://127.0.0.1:{port}/?timeout=10s"
    until(lambda: _load(url, ca, bodies, 1, 10, check=False), what="the floor listens")
    _row(table, "always allow", "-", server.pid, url, ca, bodies, requests)
    server.terminate()


def _row(
    table: Table,
    handler: str,
    policies: str,
    pid: int,
    url: str,
    ca: Path,
    bodies: Path,
    requests: int,
) -> None:
    _load(url, ca, bodies, 8, 1000)  # warm
    for connections in _CONNECTIONS:
        before = _cpu(pid)
        found = _load(url, ca, bodies, connections, requests)
        cpu = (_cpu(pid) - before) / requests * 1000
        if found["denied"]:
            raise SystemExit(f"{found['denied']:.0f} reviews were not admitted")
        rate, p50, p99 = found["rate"], found["p50"] * 1000, found["p99"] * 1000
        row = (f"{rate:,.0f}", f"{p50:.2f}", f"{p99:.2f}", f"{cpu:.3f}")
        table.add_row(handler, policies, str(connections), *row)
        print(handler, policies, connections, *row, flush=True)


def _load(
    url: str, ca: Path, bodies: Path, connections: int, requests: int, *, check: bool = True
) -> dict[str, float]:
    command = (url, str(ca), str(bodies), str(connections), str(requests))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._load", *command],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        if check:
            raise SystemExit(done.stderr)
        return {}
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _cpu(pid: int) -> float:
    """CPU seconds of a process so far, user and system, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


if __name__ == "__main__":
    main()
