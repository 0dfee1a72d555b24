"""The webhook's certificate is renewed in the last third of its life, under the same authority."""

import datetime as dt
import ssl
from base64 import b64decode, b64encode
from typing import Any

import pytest
import trustme
from cryptography import x509

from modeladmit.cluster.resources import SECRETS
from modeladmit.operator.serving_certificate import NOT_AFTER, ServingCertificates, renewal
from tests.unit.cluster.apiserver import InMemory

HOST = "modeladmit-webhook.modeladmit-system.svc"


class At:
    """A clock that stands."""

    def __init__(self, now: dt.datetime) -> None:
        self.time = now

    def now(self) -> dt.datetime:
        return self.time


class Patching(InMemory):
    """Merges patches of Secrets."""

    async def patch(self, resource, name, body, *, namespace):
        known = self.objects[resource.plural, namespace, name]
        known["data"] |= body["data"]
        known["metadata"]["annotations"] |= body["metadata"]["annotations"]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def end() -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(days=90)


def secret(certificate: bytes, key: bytes, name: str, **annotations: str) -> dict[str, Any]:
    data = {"tls.crt": b64encode(certificate).decode(), "tls.key": b64encode(key).decode()}
    metadata = {"name": name, "namespace": "sys", "annotations": annotations}
    return {"metadata": metadata, "type": "kubernetes.io/tls", "data": data}


def leaf(authority: trustme.CA, end: dt.datetime) -> dict[str, Any]:
    found = authority.issue_cert(HOST, not_after=end)
    return secret(
        found.cert_chain_pems[0].bytes(),
        found.private_key_pem.bytes(),
        "x-webhook-tls",
        **{NOT_AFTER: "1"},
    )


def root(authority: trustme.CA) -> dict[str, Any]:
    return secret(authority.cert_pem.bytes(), authority.private_key_pem.bytes(), "x-webhook-ca")


def test_a_young_certificate_stays(authority, end):
    """trustme's begin in the year 2000, so two thirds of their life are over in 2018."""
    early = dt.datetime(2010, 1, 1, tzinfo=dt.UTC)
    assert renewal(leaf(authority, end), root(authority), early) is None


def test_an_old_one_is_renewed_for_the_same_names(authority, end, tmp_path):
    old = leaf(authority, end)
    found = renewal(old, root(authority), dt.datetime.now(dt.UTC))
    assert found is not None
    certificate, key, _ = found
    names = x509.load_pem_x509_certificate(certificate).extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    )
    assert names.value.get_values_for_type(x509.DNSName) == [HOST]
    assert key != b64decode(old["data"]["tls.key"])
    shake_hands(authority, certificate, key, tmp_path)


def shake_hands(authority: trustme.CA, certificate: bytes, key: bytes, folder) -> None:
    """A client that trusts the authority accepts the pair for the host. Raises ssl.SSLError."""
    (folder / "c").write_bytes(certificate)
    (folder / "k").write_bytes(key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "c", folder / "k")
    client = ssl.create_default_context()
    authority.configure_trust(client)
    ours, theirs = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(ours, theirs, server_hostname=HOST),
        server.wrap_bio(theirs, ours, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ends[0].getpeercert()


def test_no_certificate_outlives_its_authority(authority):
    """trustme's roots end in the year 3000; the leaf asks for nine hundred more."""
    far = dt.datetime(2990, 1, 1, tzinfo=dt.UTC)
    found = renewal(leaf(authority, far), root(authority), dt.datetime(2950, 1, 1, tzinfo=dt.UTC))
    assert found is not None
    issuer = x509.load_pem_x509_certificate(authority.cert_pem.bytes())
    assert found[2] == issuer.not_valid_after_utc


@pytest.mark.parametrize("key", ["tls.crt", "tls.key"])
def test_a_broken_authority_is_an_error_of_one_kind(authority, end, key):
    broken = root(authority)
    broken["data"][key] = b64encode(b"garbage").decode()
    with pytest.raises(ValueError, match=r"."):
        renewal(leaf(authority, end), broken, dt.datetime.now(dt.UTC))


async def test_only_what_the_chart_marked_is_touched(authority, end):
    """cert-manager's and other people's Secrets are theirs."""
    api = Patching()
    api.put(SECRETS, root(authority))
    unmarked = leaf(authority, end)
    unmarked["metadata"] = {"name": "y-webhook-tls", "namespace": "sys"}
    for obj in (leaf(authority, end), unmarked):
        api.put(SECRETS, obj)
    before = {name: dict(obj["data"]) for (_, _, name), obj in api.objects.items()}
    now = dt.datetime.now(dt.UTC)
    await ServingCertificates(api, namespace="sys", clock=At(now)).renew()
    changed = {n for (_, _, n), obj in api.objects.items() if before[n] != obj["data"]}
    assert changed == {"x-webhook-tls"}
    annotation = api.objects["secrets", "sys", "x-webhook-tls"]["metadata"]["annotations"]
    assert int(annotation[NOT_AFTER]) > now.timestamp()
