"""What policies keep elsewhere."""

from base64 import b64encode

from modeladmit.cluster.material import Materials, places
from modeladmit.cluster.policy_hosts import policy_hosts
from modeladmit.cluster.resources import CONFIG_MAPS, SECRETS
from modeladmit.core.patterns import ModelPattern
from modeladmit.core.policy import Requirements
from tests.building import policy
from tests.unit.cluster.apiserver import InMemory


def test_references_are_found_wherever_they_stand():
    spec = {
        "authorities": [
            {"key": {"secretRef": {"name": "a", "key": "k"}}},
            {"key": {"configMapRef": {"name": "b", "key": "k"}}},
        ],
        "sigstore": {"configMapRef": {"name": "c"}},
    }
    found = set(places({"spec": spec}))
    assert {(SECRETS, "a"), (CONFIG_MAPS, "b"), (CONFIG_MAPS, "c")} == found


def test_what_is_no_reference_is_none():
    assert [] == list(places({"spec": {"secretRef": "text", "configMapRef": [1]}}))
    assert [] == list(places({}))


async def test_values_are_decoded_by_their_kind():
    api = InMemory()
    where = {"namespace": "sys"}
    encoded = b64encode(b"value").decode()
    api.put(SECRETS, {"metadata": {"name": "s", **where}, "data": {"k": encoded, "bad": "!"}})
    api.put(
        CONFIG_MAPS,
        {"metadata": {"name": "c", **where}, "data": {"k": "value"}, "binaryData": {"b": encoded}},
    )
    materials = Materials(api, "sys")
    assert await materials.fetch([(SECRETS, "s"), (CONFIG_MAPS, "c")], again=False)
    assert materials.secret("s", "k") == b"value"
    assert materials.secret("s", "bad") is None
    assert materials.config_map("c", "k") == b"value"
    assert materials.config_map("c", "b") == b"value"
    assert materials.secret("c", "k") is None


async def test_what_nobody_refers_to_any_more_is_forgotten():
    api = InMemory()
    api.put(SECRETS, {"metadata": {"name": "s", "namespace": "sys"}, "data": {"k": "dg=="}})
    materials = Materials(api, "sys")
    await materials.fetch([(SECRETS, "s")], again=False)
    assert await materials.fetch([], again=False)
    assert materials.secret("s", "k") is None


def test_hosts_that_policies_name_may_be_asked():
    """Only whole names, or everything below one: nobody opens the internet with a star."""
    sources = [
        "oci://registry.example.com/models/**",
        "oci://*.example.org/**",
        "oci://reg*.example.net/x",
        "hf://meta-llama/*",
        "https://models.example.com:8443/x/*",
    ]
    patterns = tuple(ModelPattern.parse(text) for text in sources)
    hosts = policy_hosts([policy(Requirements(sources=patterns)), policy()])
    assert {"registry.example.com", "*.example.org", "models.example.com:8443"} == hosts
