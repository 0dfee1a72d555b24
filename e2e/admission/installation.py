"""modeladmit as the admission tests run it: a webhook process on this machine, called by the cluster's API server."""

import json
import re
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from e2e.kit.certificates import CLIENT, SERVER, Authority
from e2e.kit.chart import CHART, helm
from e2e.kit.cluster import Cluster
from e2e.kit.ports import free_port
from e2e.kit.processes import Server, Servers
from e2e.kit.waiting import answers, until
from modeladmit.api.crds import crd_documents

RELEASE = "modeladmit-system"
CLOSED = {"modeladmit.io/enforce": "true"}


@dataclass
class Webhook:
    """A webhook process on this machine that the cluster's API server calls. It can be stopped and started again."""

    cluster: Cluster
    home: Path
    servers: Servers
    settings: Mapping[str, Any] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    metrics_port: int = field(default_factory=free_port)
    authority: Authority = field(default_factory=lambda: Authority.root("webhook"))
    callers: Authority | None = None
    """Signs the certificate of the only client that the entries let in (`webhook.clientCA`)."""
    lame: float = 0
    """Seconds in which it still answers after SIGTERM."""
    server: Server | None = None
    starts: int = 0

    @property
    def url(self) -> str:
        return f"https://{self.cluster.address}:{self.port}"

    @property
    def running(self) -> Server:
        assert self.server is not None
        return self.server

    def start(self) -> None:
        """Run `modeladmit webhook` and wait until it is ready."""
        self.home.mkdir(parents=True, exist_ok=True)
        certificate, key = self.authority.issue(
            "webhook", SERVER, hosts=(self.cluster.address,)
        ).write(self.home, "tls")
        serving: dict[str, Any] = {
            "host": self.cluster.address,
            "port": self.port,
            "metricsPort": self.metrics_port,
            "certificate": str(certificate),
            "key": str(key),
            "writePins": True,
        }
        if self.callers is not None:
            serving["clientCA"] = str(self.home / "callers.pem")
            (self.home / "callers.pem").write_bytes(self.callers.chain_pem)
        settings = {**self.settings, "namespace": RELEASE, "webhook": serving}
        path = self.home / "settings.yaml"
        path.write_text(yaml.safe_dump(settings))
        self.starts += 1
        self.server = self.servers.start(
            f"webhook-{self.starts}",
            sys.executable,
            "-m",
            "modeladmit",
            "webhook",
            f"--config={path}",
            f"--kubeconfig={self.cluster.kubeconfig}",
            f"--lame-seconds={self.lame}",
        )
        ready = f"http://{self.cluster.address}:{self.metrics_port}/readyz"
        self.server.wait_for(lambda: answers(ready), seconds=60)

    def configure(self, template: str = "admission") -> None:
        """Register entries with the API server, as the chart renders them for a webhook outside the cluster."""
        bundle = self.home / "ca.pem"
        bundle.write_bytes(self.authority.chain_pem)
        rendered = helm(
            "template",
            "modeladmit",
            CHART,
            f"--namespace={RELEASE}",
            f"--show-only=templates/webhook/{template}.yaml",
            "--set=webhook.writePins.enabled=true",
            f"--set=webhook.external.url={self.url}",
            f"--set-file=webhook.external.caBundle={bundle}",
        )
        self.cluster.kubectl("apply", "--server-side", "-f", "-", input=rendered)

    def unconfigure(self) -> None:
        self.cluster.kubectl(
            "delete", "validatingwebhookconfiguration", "modeladmit", "--ignore-not-found"
        )

    def decisions(self) -> list[dict[str, Any]]:
        """The decision lines that the running process has written so far."""
        lines = (json.loads(line) for line in self.running.output().splitlines() if line[:1] == "{")
        return [line for line in lines if "decision" in line]

    def context(self, *, known: bool = True) -> ssl.SSLContext:
        """TLS towards the webhook itself, past the API server, as a caller that it knows or as a stranger."""
        context = ssl.create_default_context(cadata=self.authority.chain_pem.decode())
        if self.callers is not None and known:
            context.load_cert_chain(*self.callers.issue("e2e", CLIENT).write(self.home, "caller"))
        return context

    def post(self, path: str, body: bytes, *, known: bool = True) -> tuple[int, bytes]:
        """POST to the webhook itself; return status and body."""
        context = self.context(known=known)
        handlers = (urllib.request.HTTPSHandler(context=context), urllib.request.ProxyHandler({}))
        request = urllib.request.Request(  # noqa: S310
            self.url + path, data=body, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=30) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def metrics(self) -> dict[str, float]:
        """Every sample that Prometheus would scrape, by its name with labels."""
        url = f"http://{self.cluster.address}:{self.metrics_port}/metrics"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=10) as response:
            text = response.read().decode()
        found = re.findall(r"^(\w+(?:\{[^}]*\})?) ([-+.\w]+)$", text, re.MULTILINE)
        return {name: float(value) for name, value in found}

    def knows(self, policy: str, generation: int = 1) -> bool:
        """Whether it judges by this generation of a policy."""
        return any(
            name.startswith("modeladmit_policy_generation") and f'policy="{policy}"' in name
            and value >= generation
            for name, value in self.metrics().items()
        )  # fmt: skip


def define(cluster: Cluster) -> None:
    """Install our kinds and the release namespace."""
    documents = crd_documents()
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": RELEASE}}
    cluster.kubectl("apply", "--server-side", "-f", "-", input=[*documents, namespace])
    for document in documents:
        name = f"crd/{document['metadata']['name']}"
        cluster.kubectl("wait", "--for=condition=Established", name, "--timeout=30s")


def trust_policy(name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest of a TrustPolicy."""
    return {
        "apiVersion": "modeladmit.io/v1alpha1",
        "kind": "TrustPolicy",
        "metadata": {"name": name},
        "spec": spec,
    }


def apply_policy(webhook: Webhook, name: str, spec: Mapping[str, Any]) -> None:
    """Create or change a TrustPolicy and wait until the webhook judges by it."""
    webhook.cluster.kubectl("apply", "-f", "-", input=trust_policy(name, spec))
    generation = webhook.cluster.get("trustpolicy", name)["metadata"]["generation"]
    until(lambda: webhook.knows(name, generation), what=f"the webhook knows {name}")


@dataclass
class Operator:
    """Operator processes on this machine."""

    cluster: Cluster
    home: Path
    servers: Servers
    settings: Mapping[str, Any] = field(default_factory=dict)

    replicas_port: int | None = None
    """Where it finds the metrics of the webhook's Pods; its own are there, too, at an address of its own."""
    started: list[Server] = field(default_factory=list)

    def one(self) -> Server:
        """One that runs, started if there is none."""
        running = [server for server in self.started if server.running]
        return running[0] if running else self.start()

    def start(self) -> Server:
        """Run `modeladmit operator` and wait until it answers."""
        self.home.mkdir(parents=True, exist_ok=True)
        number = len(self.started)
        name, host = f"operator-{number}", f"127.0.1.{number + 1}"
        port = self.replicas_port or free_port()
        serving = {"host": host, "metricsPort": port}
        path = self.home / f"{name}.yaml"
        path.write_text(yaml.safe_dump({**self.settings, "namespace": RELEASE, "webhook": serving}))
        server = self.servers.start(
            name,
            sys.executable,
            "-m",
            "modeladmit",
            "operator",
            f"--config={path}",
            f"--kubeconfig={self.cluster.kubeconfig}",
        )
        self.started.append(server)
        server.wait_for(lambda: answers(f"http://{host}:{port}/healthz"))
        return server
