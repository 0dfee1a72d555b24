"""Settings become the sources' own, and what cannot be is said before anything starts."""

import sys
from ipaddress import ip_network

import pytest

from modeladmit.core.digest import Digest
from modeladmit.errors import ConfigurationError
from modeladmit.settings import Credentials, Registry, Settings, Stores
from modeladmit.sources.settings import ClientCertificate
from modeladmit.wiring import circumstances_of, open_engine, public_good, source_settings
from tests.building import DIGEST


def test_registries_become_hosts(tmp_path):
    bundle = tmp_path / "ca.pem"
    bundle.write_text("PEM")
    registry = Registry(
        host="r.example.com",
        mirrors=("m.example.com",),
        ca_bundle=str(bundle),
        client_certificate="client.pem",
        networks=("10.0.0.0/8",),
        token_hosts=("auth.example.com",),
    )
    host = source_settings(Settings(registries=(registry,))).hosts[0]
    assert ("r.example.com", ("m.example.com",), "PEM") == (host.host, host.mirrors, host.ca_bundle)
    assert ClientCertificate("client.pem", "client.pem") == host.client_certificate
    assert ((ip_network("10.0.0.0/8"),), ("auth.example.com",)) == (host.networks, host.token_hosts)


def test_stores_and_bounds_are_handed_over():
    stores = Stores(s3_endpoint="https://s3.example.com", requests_per_host=3, evidence_count=5)
    found = source_settings(Settings(stores=stores))
    assert ("https://s3.example.com", 3, 5) == (
        found.s3_endpoint,
        found.traffic.per_host,
        found.limits.evidence_count,
    )


@pytest.mark.parametrize(
    "registry",
    [
        Registry(host="r.example.com", ca_bundle="/no-such-file"),
        Registry(host="r.example.com", ca_bundle=sys.executable),
        Registry(host="r.example.com", networks=("ten",)),
    ],
)
def test_a_registry_that_cannot_be_set_up_is_named(registry):
    with pytest.raises(ConfigurationError, match=r"r\.example\.com"):
        source_settings(Settings(registries=(registry,)))


def test_guard_images_are_digests():
    assert (
        frozenset({DIGEST}) == circumstances_of(Settings(guard_images=(str(DIGEST),))).guard_images
    )
    with pytest.raises(ConfigurationError, match="guardImages"):
        circumstances_of(Settings(guard_images=("latest",)))


def test_a_trusted_root_of_ones_own_stands_for_the_public_one(tmp_path):
    root = tmp_path / "trusted_root.json"
    root.write_bytes(b"{}")
    assert b"{}" == public_good(Settings(trusted_root=str(root))).trusted_root
    assert isinstance(public_good(Settings()).digest, Digest)
    with pytest.raises(ConfigurationError, match="trustedRoot"):
        public_good(Settings(trusted_root="/no-such-file"))


async def test_the_engine_opens_with_every_cloud_identity_and_closes():
    settings = Settings(credentials=Credentials(cloud=("AWS", "Azure", "Google")))
    async with open_engine(settings) as engine:
        assert {"oci", "hf", "s3"} <= set(engine.sources)
