"""Our own kinds at admission: what is wrong is refused, what does nothing is said."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from modeladmit.api.compile import MappedReferents, compile_exemption, compile_policy
from modeladmit.core.policy import Mode
from modeladmit.engine.admitter import Admitter
from modeladmit.engine.circumstances import Circumstances
from modeladmit.engine.investigation import Investigation
from modeladmit.engine.memory import Memory
from modeladmit.engine.snapshot import Snapshot
from modeladmit.webhook.configuration import ConfigurationReview
from modeladmit.webhook.deadline import Deadline
from modeladmit.workloads.inspect import inspect_object
from tests.building import NOW, policy
from tests.unit.engine.test_investigation import Counting, Hand, Nobody
from tests.unit.webhook.reviews import request
from tests.unit.webhook.test_reviewer import Known

API = "modeladmit.io/v1alpha1"
NAMESPACES: Mapping[str, Mapping[str, str]] = {
    "team-a": {"tier": "gold"},
    "kube-system": {"tier": "system"},
    "cni": {"tier": "cni"},
}


class Drafts:
    """Compiles as the policy store does, without trust roots and keys."""

    async def draft(self, obj, *, seconds):
        assert seconds > 0
        if obj["kind"] == "TrustPolicy":
            return compile_policy(obj, trust_roots={}, keys=MappedReferents({}, {}))
        return compile_exemption(obj)


def written(kind: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": "x"}, "spec": dict(spec)}


def exemption(**changes: Any) -> dict[str, Any]:
    ends = NOW + timedelta(days=1)
    spec = {
        "uris": ["oci://registry.example.com/**"],
        "codes": ["SignatureMissing"],
        "reason": "migration",
        "expiresAt": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
    }
    return written("PolicyExemption", {**spec, **changes})


def trust_policy(**match: Any) -> dict[str, Any]:
    spec = {"mode": "Audit", "require": {"pinning": "Digest"}, "match": match}
    return written("TrustPolicy", spec)


async def validated(obj: dict[str, Any], *, synced: bool = True, **changes: Any):
    snapshot = Snapshot((policy(name="production"),), namespaces=NAMESPACES, synced=synced)
    clock = Hand()
    investigation = Investigation(
        sources={},
        verify=Counting(),
        memory=Memory(1_000_000),
        clock=clock,
        observer=Nobody(),
    )
    review = ConfigurationReview(
        Admitter(inspect_object, investigation, clock, Nobody()),
        Known(snapshot),
        Drafts(),
        Circumstances("modeladmit-system", excluded_namespaces=frozenset({"cni"})),
    )
    kind = {"group": "modeladmit.io", "version": "v1alpha1", "kind": obj["kind"]}
    return await review.validate(request(obj, kind=kind, namespace=None, **changes), Deadline(5))


def said(verdict) -> list[tuple[str, str, str]]:
    return [(f.code, str(f.field), f.message) for f in verdict.warnings]


async def test_what_is_right_is_stored_without_a_word():
    for obj in (exemption(policies=["production"]), trust_policy()):
        verdict = await validated(obj)
        assert verdict.allowed
        assert [] == said(verdict)


async def test_every_problem_is_refused_at_once():
    verdict = await validated(written("TrustPolicy", {"mode": "enforce", "require": {}}))
    assert not verdict.allowed
    assert {"spec.mode", "spec.require"} == {str(found.field) for found in verdict.denials}


async def test_an_exemption_that_has_ended_is_stored_with_a_warning():
    """A wrong year excuses nothing, and nobody would notice before the next rollout."""
    verdict = await validated(exemption(expiresAt="2025-11-25T12:00:00Z"))
    assert verdict.allowed
    assert [
        ("NoEffect", "spec.expiresAt", "it ended at 2025-11-25T12:00Z, before it was written")
    ] == said(verdict)


async def test_an_exemption_from_a_policy_that_does_not_exist_is_told_the_closest():
    verdict = await validated(exemption(policies=["prodution"]))
    assert verdict.allowed
    (finding,) = verdict.warnings
    assert ("NoEffect", "did you mean production?") == (finding.code, finding.fix)
    assert "TrustPolicy/prodution" in finding.message


@pytest.mark.parametrize("tier", ["glod", "system", "cni"])
async def test_a_policy_that_selects_no_namespace_is_stored_with_a_warning(tier):
    """Those that are never asked about are none."""
    verdict = await validated(trust_policy(namespaceSelector={"matchLabels": {"tier": tier}}))
    assert verdict.allowed
    assert ["NoEffect"] == [code for code, *_ in said(verdict)]


async def test_without_the_policies_nothing_is_said_about_them():
    """A replica that has seen nothing yet must not say that nothing is there."""
    assert [] == said(await validated(exemption(policies=["other"]), synced=False))


async def test_an_update_that_leaves_the_spec_alone_is_not_judged():
    """Whoever removes a finalizer or a label of an old object must not mend it first."""
    broken = written("TrustPolicy", {"mode": "enforce"})
    assert (await validated(broken, operation="UPDATE", oldObject=broken)).allowed


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ({"wouldDeny": 2}, "2 live workloads would be denied"),
        ({}, "no scan has counted yet"),
        ({"wouldDeny": 0}, None),
    ],
)
async def test_switching_to_enforce_says_what_it_denies_today(status, says):
    old = {**trust_policy(), "status": status}
    new = written("TrustPolicy", {**old["spec"], "mode": Mode.ENFORCE.value})
    verdict = await validated(new, operation="UPDATE", oldObject=old)
    assert verdict.allowed
    assert [says is not None] * (says is not None) == [
        says in message for _, _, message in said(verdict)
    ]
