"""What the cluster says must hold, and what holds when the cluster says nothing."""

from typing import Any

import pytest

from modeladmit.cluster.compiling import Compiler
from modeladmit.cluster.errors import ClusterUnreachable, ObjectNotFound
from modeladmit.cluster.policies import STALE, PolicyStore
from modeladmit.cluster.resources import (
    EXEMPTIONS,
    MODEL_REFS,
    NAMESPACES,
    SECRETS,
    TRUST_POLICIES,
)
from modeladmit.core.trust import KeyAnchor, SigstoreAnchor
from tests.building import NOW
from tests.unit.cluster.apiserver import Hours, InMemory
from tests.unit.cluster.keys import public_key

RELEASE = "modeladmit-system"


class Bug(Compiler):
    """Fails where no compiler may fail."""

    __slots__ = ()

    def policy(self, *_):
        raise ZeroDivisionError


@pytest.fixture
def api() -> InMemory:
    found = InMemory()
    found.put(NAMESPACES, {"metadata": {"name": "team-a", "labels": {"tier": "gold"}}})
    found.put(TRUST_POLICIES, policy("production"))
    return found


@pytest.fixture
def clock() -> Hours:
    return Hours()


def store_of(api: InMemory, clock: Hours, compiler: type[Compiler] = Compiler) -> PolicyStore:
    return PolicyStore(api, compiler(SigstoreAnchor(b"{}")), namespace=RELEASE, monotonic=clock)


@pytest.fixture
async def store(api, clock) -> PolicyStore:
    found = store_of(api, clock)
    await found.refresh()
    return found


def policy(name: str, generation: int = 1, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "generation": generation, "uid": name},
        "spec": {"mode": "Enforce", "require": {"pinning": "Digest"}, **spec},
    }


async def test_before_the_first_list_nothing_is_known(api, clock):
    """An empty store must not look like a cluster without policies."""
    store = store_of(api, clock)
    assert not store.ready
    assert not store.snapshot().synced


async def test_a_complete_list_makes_it_ready(store):
    snapshot = store.snapshot()
    assert store.ready
    assert snapshot.synced
    assert ["production"] == [policy.name for policy in snapshot.policies]
    assert {"team-a": {"tier": "gold"}} == snapshot.namespaces


@pytest.mark.parametrize("failure", [ClusterUnreachable("away"), ObjectNotFound("no such kind")])
async def test_a_list_that_fails_keeps_what_is_known(api, store, failure):
    """404 too: somebody deleted the definition, and with it every policy, or so it seems."""
    api.failure, api.fails = failure, {"trustpolicies"}
    await store.refresh()
    assert ["production"] == [policy.name for policy in store.snapshot().policies]
    assert store.snapshot().synced


async def test_after_ten_minutes_without_a_list_nothing_is_known_any_more(api, clock, store):
    api.failure, api.fails = ClusterUnreachable("away"), {"trustpolicies"}
    clock.now += STALE + 1
    await store.refresh()
    assert not store.snapshot().synced
    assert store.ready, "an unready replica would fail open"
    api.failure = None
    await store.refresh()
    assert store.snapshot().synced


async def test_a_missing_kind_is_no_first_sync(api, clock):
    """Without our definitions there is nothing to judge by, so the webhook is not ready."""
    api.failure, api.fails = ObjectNotFound("no such kind"), {"policyexemptions"}
    store = store_of(api, clock)
    await store.refresh()
    assert not store.ready


async def test_a_new_status_compiles_nothing_again(api, store):
    """The operator writes status every few minutes."""
    before = store.snapshot().policies[0]
    api.put(TRUST_POLICIES, {**policy("production"), "status": {"conditions": []}})
    await store.refresh()
    assert store.snapshot().policies[0] is before


async def test_a_new_generation_is_compiled(api, store):
    api.put(TRUST_POLICIES, policy("production", 2, mode="Audit"))
    await store.refresh()
    found = store.snapshot().policies[0]
    assert (2, "Audit") == (found.generation, found.mode)


async def test_a_key_that_is_rotated_in_its_secret_is_the_new_key(api, clock):
    """Nobody touches the policy."""
    first, second = public_key(), public_key()
    asked: dict[str, Any] = {
        "require": {"signatures": {"of": ["release"]}},
        "authorities": [{"name": "release", "key": {"secretRef": {"name": "release"}}}],
    }
    api.put(TRUST_POLICIES, policy("production", **asked))
    api.put(SECRETS, secret("release", first))
    store = store_of(api, clock)
    await store.refresh()
    before = store.snapshot().policies[0].authorities["release"].anchors
    api.put(SECRETS, secret("release", second))
    await store.refresh()
    after = store.snapshot().policies[0].authorities["release"].anchors
    assert before != after
    assert isinstance(after[0], KeyAnchor)
    assert second.strip() == after[0].pem.decode().strip()


async def test_a_policy_whose_secret_vanished_has_problems(api, clock):
    """It then denies what it selects."""
    asked: dict[str, Any] = {
        "require": {"signatures": {"of": ["release"]}},
        "authorities": [{"name": "release", "key": {"secretRef": {"name": "release"}}}],
    }
    api.put(TRUST_POLICIES, policy("production", **asked))
    store = store_of(api, clock)
    await store.refresh()
    assert store.snapshot().policies[0].problems


async def test_a_secret_that_cannot_be_read_now_is_what_it_was(api, clock):
    key = public_key()
    asked: dict[str, Any] = {
        "require": {"signatures": {"of": ["release"]}},
        "authorities": [{"name": "release", "key": {"secretRef": {"name": "release"}}}],
    }
    api.put(TRUST_POLICIES, policy("production", **asked))
    api.put(SECRETS, secret("release", key))
    store = store_of(api, clock)
    await store.refresh()
    api.failure, api.fails = ClusterUnreachable("away"), {"secrets"}
    await store.refresh()
    assert not store.snapshot().policies[0].problems


async def test_a_namespace_that_was_made_a_moment_ago_is_asked_for(api, store):
    api.put(NAMESPACES, {"metadata": {"name": "team-b", "labels": {"tier": "silver"}}})
    assert {"tier": "silver"} == await store.labels("team-b", seconds=1)


async def test_a_namespace_that_cannot_be_asked_for_is_unknown(api, store):
    """None, not an empty set of labels: whoever judges must deny."""
    api.failure = ClusterUnreachable("away")
    assert await store.labels("team-b", seconds=1) is None


async def test_exemptions_and_declarations_are_part_of_it(api, store):
    spec = {
        "uris": ["hf://meta-llama/*"],
        "codes": ["SignatureMissing"],
        "reason": "migration",
        "expiresAt": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
    }
    api.put(EXEMPTIONS, {"metadata": {"name": "migration"}, "spec": spec})
    api.put(EXEMPTIONS, {"metadata": {"name": "broken"}, "spec": {**spec, "codes": ["Revoked"]}})
    where = {"name": "llama", "namespace": "team-a"}
    api.put(MODEL_REFS, {"metadata": where, "spec": {"uri": "hf://meta-llama/Llama-3.1-8B"}})
    await store.refresh()
    snapshot = store.snapshot()
    assert ["migration"] == [exemption.name for exemption in snapshot.exemptions]
    assert ["llama"] == [model.name for model in snapshot.declared["team-a"]]


async def test_a_bug_in_compiling_is_not_an_empty_set_of_policies(api, clock):
    """`run` catches it and says that nothing is known; `refresh` lets it out."""
    store = store_of(api, clock, Bug)
    with pytest.raises(ZeroDivisionError):
        await store.refresh()
    assert not store.snapshot().synced
    assert not store.ready


async def test_a_draft_is_compiled_with_what_it_refers_to(api, store):
    """A policy and its Secret are often applied in one go; the store has not seen the Secret yet."""
    api.put(SECRETS, secret("release", public_key()))
    asked = policy(
        "new",
        require={"signatures": {"of": ["release"]}},
        authorities=[{"name": "release", "key": {"secretRef": {"name": "release"}}}],
    )
    draft = await store.draft(
        {"apiVersion": "modeladmit.io/v1alpha1", "kind": "TrustPolicy", **asked}, seconds=1
    )
    assert () == draft.problems


def secret(name: str, key: str) -> dict[str, Any]:
    from base64 import b64encode

    return {
        "metadata": {"name": name, "namespace": RELEASE},
        "data": {"cosign.pub": b64encode(key.encode()).decode()},
    }
