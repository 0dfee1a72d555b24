"""The API server of the kit really calls a webhook on this machine, and shows who it is."""

import base64
import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from e2e.kit.certificates import SERVER, Authority
from e2e.kit.cluster import Cluster
from e2e.kit.waiting import until


class Refusal(http.server.BaseHTTPRequestHandler):
    """Deny every review with a message that names the caller's certificate."""

    def do_POST(self) -> None:
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        caller: Any = self.connection.getpeercert()
        name = dict(pair for part in caller["subject"] for pair in part)["commonName"]
        status = {"message": f"refused for {name}"}
        answer = {"uid": review["request"]["uid"], "allowed": False, "status": status}
        body = json.dumps(
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def refusing_url(cluster: Cluster, tmp_path: Path) -> Iterator[tuple[str, Authority]]:
    """A webhook that lets only callers in whose certificate the cluster's webhook authority signed."""
    assert cluster.webhook_client_authority is not None
    authority = Authority.root("webhook")
    context = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cadata=cluster.webhook_client_authority.chain_pem.decode()
    )
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(
        *authority.issue("webhook", SERVER, hosts=(cluster.address,)).write(tmp_path, "webhook")
    )
    with http.server.ThreadingHTTPServer((cluster.address, 0), Refusal) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"https://{cluster.address}:{server.server_port}/", authority
        server.shutdown()
        thread.join()


def test_a_webhook_by_url_is_called_with_a_client_certificate(
    cluster: Cluster, refusing_url: tuple[str, Authority]
) -> None:
    """`clientConfig.url` on loopback works, and the caller can be told from a forger."""
    url, authority = refusing_url
    with cluster.namespace(labels={"refused": "all"}) as namespace:
        webhook = {
            "name": "refusal.e2e.test",
            "clientConfig": {
                "url": url,
                "caBundle": base64.b64encode(authority.chain_pem).decode(),
            },
            "rules": [
                {
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "resources": ["pods"],
                    "operations": ["CREATE"],
                }
            ],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
        }
        configuration = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": f"refusal-{namespace}"},
            "webhooks": [webhook],
        }
        cluster.kubectl("create", "-f", "-", input=configuration)
        try:
            command = ("run", "one", "--image=server:1", "-n", namespace, "--dry-run=server")
            denied = until(
                lambda: cluster.kubectl(*command, check=False).stderr,
                what="the webhook being called",
            )
            assert (
                'admission webhook "refusal.e2e.test" denied the request: refused for kube-apiserver'
                in denied
            )
        finally:
            cluster.kubectl("delete", "validatingwebhookconfiguration", f"refusal-{namespace}")
