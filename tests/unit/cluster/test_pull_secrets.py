"""Whose credentials are shown to a registry (design section 6)."""

import json
from base64 import b64encode
from typing import Any

import pytest

from modeladmit.cluster.errors import ClusterUnreachable, Forbidden
from modeladmit.cluster.pull_secrets import FRESH, PullSecrets
from modeladmit.cluster.resources import SECRETS, SERVICE_ACCOUNTS
from modeladmit.core.credentials import BasicCredential, CredentialScope
from modeladmit.errors import SourceUnavailable
from modeladmit.sources.docker_config import parse
from tests.unit.cluster.apiserver import Hours, InMemory

HOST = "registry.example.com"
RELEASE = "modeladmit-system"


def secret(name: str, namespace: str, user: str, host: str = HOST) -> dict[str, Any]:
    config = {"auths": {host: {"username": user, "password": "secret"}}}
    return {
        "metadata": {"name": name, "namespace": namespace},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": b64encode(json.dumps(config).encode()).decode()},
    }


@pytest.fixture
def api() -> InMemory:
    found = InMemory()
    found.put(SECRETS, secret("pull", RELEASE, "release"))
    found.put(SECRETS, secret("pull", "team-a", "tenant"))
    found.put(SECRETS, secret("other", "team-a", "other"))
    return found


@pytest.fixture
def clock() -> Hours:
    return Hours()


def keychain(api, clock, *, tenants: bool = True) -> PullSecrets:
    return PullSecrets(
        api, parse, release_namespace=RELEASE, tenants=lambda _: tenants, monotonic=clock
    )


async def user(secrets: PullSecrets, scope: CredentialScope, host: str = HOST) -> str | None:
    found = await secrets.credentials(host, "models/llama", scope)
    assert found is None or isinstance(found, BasicCredential)
    return found.username if found else None


async def test_the_secrets_that_a_workload_names_come_first(api, clock):
    scope = CredentialScope("team-a", ("pull",))
    assert await user(keychain(api, clock), scope) == "tenant"


async def test_in_mode_release_nobodys_own_secrets_are_read(api, clock):
    scope = CredentialScope("team-a", ("pull",))
    assert await user(keychain(api, clock, tenants=False), scope) == "release"
    assert ("get", "secrets") not in api.asked


async def test_without_names_those_of_the_service_account_count(api, clock):
    """As the kubelet takes them."""
    account = {"metadata": {"name": "default", "namespace": "team-a"}}
    api.put(SERVICE_ACCOUNTS, {**account, "imagePullSecrets": [{"name": "other"}]})
    assert await user(keychain(api, clock), CredentialScope("team-a")) == "other"


async def test_a_name_in_one_namespace_is_not_the_same_name_in_another(api, clock):
    """team-b names `pull` and has none: it gets the release's, never team-a's."""
    scope = CredentialScope("team-b", ("pull",))
    secrets = keychain(api, clock)
    assert await user(secrets, CredentialScope("team-a", ("pull",))) == "tenant"
    assert await user(secrets, scope) == "release"


async def test_what_we_may_not_read_is_not_there(api, clock):
    """In mode Namespaces a Role says which ones."""
    secrets = keychain(api, clock)
    assert await user(secrets, CredentialScope("team-b")) == "release"
    api.failure = Forbidden("no")
    assert await user(secrets, CredentialScope("team-c", ("pull",)), "other.example.com") is None


async def test_a_secret_that_cannot_be_read_now_is_no_anonymous_request(api, clock):
    """It would come back as `AccessDenied`, and blame the author."""
    api.failure = ClusterUnreachable("away")
    with pytest.raises(SourceUnavailable):
        await user(keychain(api, clock), CredentialScope("team-a", ("pull",)))


async def test_what_was_read_once_outlives_an_outage(api, clock):
    secrets = keychain(api, clock)
    scope = CredentialScope("team-a", ("pull",))
    assert await user(secrets, scope) == "tenant"
    clock.now += FRESH + 1
    api.failure = ClusterUnreachable("away")
    assert await user(secrets, scope) == "tenant"


async def test_secrets_are_read_once_a_minute(api, clock):
    secrets = keychain(api, clock)
    scope = CredentialScope("team-a", ("pull",))
    for _ in range(5):
        await user(secrets, scope)
    assert [("get", "secrets")] == [entry for entry in api.asked if entry == ("get", "secrets")]
    clock.now += FRESH + 1
    api.put(SECRETS, secret("pull", "team-a", "rotated"))
    assert await user(secrets, scope) == "rotated"


async def test_an_unreadable_secret_does_not_hide_the_others(api, clock):
    broken = secret("broken", RELEASE, "x")
    broken["data"][".dockerconfigjson"] = "!!!"
    api.put(SECRETS, broken)
    assert await user(keychain(api, clock), CredentialScope("team-b")) == "release"


async def test_a_secret_of_another_type_is_no_login(api, clock):
    """A tenant names any Secret of his namespace; only pull secrets are parsed."""
    opaque = {**secret("opaque", "team-a", "opaque"), "type": "Opaque"}
    api.put(SECRETS, opaque)
    assert await user(keychain(api, clock), CredentialScope("team-a", ("opaque",))) == "release"
