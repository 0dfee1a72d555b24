"""A control plane on loopback: etcd, kube-apiserver and kube-controller-manager, ready in seconds.

Webhooks are really called and controllers really make ReplicaSets and Pods; no kubelet runs, so Pods
stay Pending. `python -m e2e.kit.plane [-- COMMAND ...]` starts one by hand, until Ctrl-C or the end of
the command, which finds KUBECONFIG set.
"""

import base64
import contextlib
import os
import signal
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import yaml

from e2e.kit.certificates import CLIENT, SERVER, Authority, Credential, key_pem, new_key
from e2e.kit.cluster import Cluster, write_kubeconfig
from e2e.kit.ports import free_port
from e2e.kit.processes import Servers
from e2e.kit.tools import tool
from e2e.kit.waiting import answers

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl")


@contextlib.contextmanager
def plane(home: Path | None = None, *, flags: tuple[str, ...] = ()) -> Iterator[Cluster]:
    """Run a control plane in the folder `home` (default: a temporary one); `flags` go to kube-apiserver.

    The default admission plugins stay on. The API server shows a client certificate to every webhook,
    so a webhook can know its caller. `ServerError` with the log's end when a part does not come up.
    """
    for program in PROGRAMS:
        tool(program)
    with contextlib.ExitStack() as stack:
        if home is None:
            home = Path(
                stack.enter_context(
                    tempfile.TemporaryDirectory(
                        prefix="modeladmit-plane-", ignore_cleanup_errors=True
                    )
                )
            )
        home.mkdir(parents=True, exist_ok=True)
        servers = stack.enter_context(Servers(home / "logs"))
        etcd = _start_etcd(servers, home)
        cluster = _start_api_server(servers, home, etcd, flags)
        _start_controllers(servers, cluster)
        cluster.kubectl(
            "wait", "--for=create", "serviceaccount/default", "--namespace=default", "--timeout=60s"
        )
        yield cluster


def _start_etcd(servers: Servers, home: Path) -> str:
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    servers.start(
        "etcd",
        tool("etcd"),
        f"--data-dir={home / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",  # the data lives as long as the tests
        "--log-level=warn",
    )
    return client


def _start_api_server(servers: Servers, home: Path, etcd: str, flags: tuple[str, ...]) -> Cluster:
    authority, webhook_clients = (
        Authority.root("e2e-cluster"),
        Authority.root("e2e-webhook-clients"),
    )
    hosts = ("127.0.0.1", "10.0.0.1", "localhost", "kubernetes.default.svc")
    certificate, key = authority.issue("kube-apiserver", SERVER, hosts=hosts).write(home, "server")
    authority_file = home / "ca.crt"
    authority_file.write_bytes(authority.chain_pem)
    account_key = home / "service-accounts.key"
    account_key.write_bytes(key_pem(new_key()))
    admin = authority.issue("admin", CLIENT, organizations=("system:masters",))
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    kubeconfig = home / "kubeconfig"
    server = {"server": url, "certificate-authority-data": _base64(authority.chain_pem)}
    write_kubeconfig(kubeconfig, server, _user(admin))
    api = servers.start(
        "kube-apiserver",
        tool("kube-apiserver"),
        f"--etcd-servers={etcd}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={certificate}",
        f"--tls-private-key-file={key}",
        f"--client-ca-file={authority_file}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={account_key}",
        f"--service-account-signing-key-file={account_key}",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--authorization-mode=RBAC",
        "--allow-privileged=true",
        f"--admission-control-config-file={_webhook_client(home, webhook_clients)}",
        *flags,
    )
    context = ssl.create_default_context(cadata=authority.chain_pem.decode())
    context.load_cert_chain(*admin.write(home, "admin"))
    api.wait_for(lambda: answers(f"{url}/readyz", context))
    return Cluster(
        "plane", home, kubeconfig, "e2e", "127.0.0.1", authority, webhook_clients, servers
    )


def _start_controllers(servers: Servers, cluster: Cluster) -> None:
    servers.start(
        "kube-controller-manager",
        tool("kube-controller-manager"),
        f"--kubeconfig={cluster.kubeconfig}",
        f"--service-account-private-key-file={cluster.home / 'service-accounts.key'}",
        f"--root-ca-file={cluster.home / 'ca.crt'}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--secure-port=0",
        "--kube-api-qps=1000",  # the default, 20, makes 5 s of start-up out of 1
        "--kube-api-burst=2000",
    )


def _webhook_client(home: Path, authority: Authority) -> Path:
    """Write the API server's admission configuration: which certificate it shows to any webhook."""
    client = authority.issue("kube-apiserver", CLIENT)
    clients = home / "webhook-clients.yaml"
    clients.touch(mode=0o600)
    clients.write_text(
        yaml.safe_dump(
            {"apiVersion": "v1", "kind": "Config", "users": [{"name": "*", "user": _user(client)}]}
        )
    )
    version = "apiserver.config.k8s.io/v1"
    configuration = {
        "apiVersion": version,
        "kind": "WebhookAdmissionConfiguration",
        "kubeConfigFile": str(clients),
    }
    names = ("ValidatingAdmissionWebhook", "MutatingAdmissionWebhook")
    plugins = [{"name": name, "configuration": configuration} for name in names]
    path = home / "admission.yaml"
    path.write_text(
        yaml.safe_dump(
            {"apiVersion": version, "kind": "AdmissionConfiguration", "plugins": plugins}
        )
    )
    return path


def _user(credential: Credential) -> dict[str, str]:
    return {
        "client-certificate-data": _base64(credential.chain_pem),
        "client-key-data": _base64(credential.key_pem),
    }


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _main(command: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with plane() as cluster, contextlib.suppress(KeyboardInterrupt):
        print(f"export KUBECONFIG={cluster.kubeconfig}", flush=True)
        if command:
            path = f"{tool('kubectl').parent}:{os.environ['PATH']}"
            environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig), "PATH": path}
            return subprocess.run(command, env=environment, check=False).returncode
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[2:] if sys.argv[1:2] == ["--"] else sys.argv[1:]))
