"""One webhook for all admission tests, and namespaces that one policy of their own selects."""

import http.server
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from e2e.admission.installation import CLOSED, Webhook, apply_policy, define
from e2e.admission.workloads import signed_by
from e2e.kit.cluster import Cluster
from e2e.kit.cosign import Layout, SigningKey
from e2e.kit.models import Model, model_files, push_model
from e2e.kit.ports import free_port
from e2e.kit.processes import Servers
from e2e.kit.registries import Registry, referrers_registry
from e2e.kit.sigstore import Sigstore
from e2e.kit.tuf_mirror import TufMirror, tuf_mirror


@dataclass(frozen=True, slots=True)
class Tenant:
    """A namespace, and the policy that asks for a digest and a signature by the release key there."""

    namespace: str
    policy: str
    labels: dict[str, str]


@pytest.fixture(scope="session")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A registry that tests pause and stop."""
    with referrers_registry(tmp_path_factory.mktemp("fragile")) as registry:
        yield registry


@pytest.fixture(scope="session")
def mortal_host() -> str:
    """`host:port` where a test may start a registry and end it again."""
    return f"127.0.0.1:{free_port()}"


@pytest.fixture(scope="session")
def babbler() -> Iterator[str]:
    """`host:port` of something that answers every request with 200 and nonsense."""

    class Nonsense(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<html>" + b"welcome to nginx " * 1000
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nonsense) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def mirror(sigstore: Sigstore, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TufMirror]:
    """The TUF mirror of the private Sigstore."""
    with tuf_mirror(tmp_path_factory.mktemp("mirror"), sigstore) as mirror:
        yield mirror


@pytest.fixture(scope="session")
def webhook(
    cluster: Cluster,
    distribution: Registry,
    referrers: Registry,
    fragile: Registry,
    mortal_host: str,
    babbler: str,
    mirror: TufMirror,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Webhook]:
    """The webhook process, configured at the API server, allowed to ask every registry of the tests."""
    home = tmp_path_factory.mktemp("webhook")
    define(cluster)
    tuf = mirror.url.partition("://")[2].partition("/")[0]
    hosts = [distribution.host, referrers.host, fragile.host, mortal_host, babbler, tuf]
    registries = [{"host": host, "plainHTTP": True} for host in hosts]
    with Servers(home / "logs") as servers:
        webhook = Webhook(
            cluster,
            home,
            servers,
            {"registries": registries},
            callers=cluster.webhook_client_authority,
        )
        webhook.start()
        webhook.configure()
        yield webhook
        webhook.unconfigure()


@pytest.fixture
def door(webhook: Webhook) -> Webhook:
    """The webhook, up whatever a test before did to it."""
    if not webhook.running.running:
        webhook.start()
    return webhook


@pytest.fixture
def tenant(cluster: Cluster, door: Webhook, signing_key: SigningKey) -> Iterator[Tenant]:
    """A closed namespace under an Enforce policy."""
    name = f"production-{secrets.token_hex(3)}"
    labels = {"e2e.modeladmit.io/policy": name}
    apply_policy(door, name, signed_by(signing_key.public_pem, labels))
    with cluster.namespace("tenant", {**CLOSED, **labels}) as namespace:
        yield Tenant(namespace, name, labels)
    cluster.kubectl("delete", "trustpolicy", name)


@pytest.fixture(scope="session")
def unsigned(referrers: Registry) -> Model:
    """A model that nobody signed."""
    return push_model(referrers, "models/unsigned", files=model_files(1))


@pytest.fixture(scope="session")
def signed(referrers: Registry, signing_key: SigningKey) -> Model:
    """A model with a bundle of the release key."""
    model = push_model(referrers, "models/signed", files=model_files(2))
    signing_key.sign(model, Layout.BUNDLE)
    return model


@pytest.fixture(scope="session")
def signed_in_tag(distribution: Registry, signing_key: SigningKey) -> Model:
    """A model with a signature in a tag, in a registry without the referrers API."""
    model = push_model(distribution, "models/signed", files=model_files(3))
    signing_key.sign(model, Layout.TAG)
    return model
