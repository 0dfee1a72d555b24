"""What the status of a policy says."""

from datetime import timedelta

from modeladmit.api.compile import Compiled, Problem
from modeladmit.core.policy import Mode
from modeladmit.core.selector import LabelOperator, LabelRequirement, LabelSelector
from modeladmit.engine.circumstances import Circumstances
from modeladmit.engine.snapshot import Snapshot
from modeladmit.operator.policy_status import conditions, status
from tests.building import NOW, exemption, policy

CIRCUMSTANCES = Circumstances("sys", excluded_namespaces=frozenset({"cni"}))
NAMESPACES = {
    "closed": {"tier": "gold", "modeladmit.io/enforce": "true"},
    "open": {"tier": "gold"},
    "other": {},
}
GOLD = LabelSelector((LabelRequirement("tier", LabelOperator.IN, ("gold",)),))


def said(
    compiled, kind: str = "TrustPolicy", namespaces=NAMESPACES
) -> dict[str, tuple[str, str, str]]:
    snapshot = Snapshot(namespaces=namespaces, synced=True)
    found = conditions({"kind": kind}, compiled, snapshot, CIRCUMSTANCES, NOW)
    return {c.type: (c.status.value, c.reason, c.message) for c in found}


def test_problems_are_named_with_their_fields():
    found = said(Compiled(policy(), (Problem("spec.mode", "must be one of"),)))
    assert found["Ready"] == ("False", "PolicyInvalid", "spec.mode: must be one of")


def test_an_enforced_policy_names_the_namespaces_that_are_open():
    found = said(Compiled(policy(selector=GOLD)))
    assert found["Ready"][0] == "True"
    assert found["FailClosed"][:2] == ("False", "OpenNamespaces")
    assert found["FailClosed"][2].endswith(": open")


def test_closed_namespaces_only():
    namespaces = {"closed": NAMESPACES["closed"], "other": {}}
    assert said(Compiled(policy(selector=GOLD)), namespaces=namespaces)["FailClosed"][0] == "True"


def test_namespaces_that_are_never_asked_about_are_no_reason():
    """They cannot be closed, so a policy for everything could never be `FailClosed`."""
    namespaces = {"closed": NAMESPACES["closed"], "kube-system": {}, "sys": {}, "cni": {}}
    assert said(Compiled(policy()), namespaces=namespaces)["FailClosed"][0] == "True"


def test_audit_closes_nothing_and_says_nothing_about_it():
    assert said(Compiled(policy(mode=Mode.AUDIT))).keys() == {"Ready"}


def test_exemptions_are_active_until_they_expire():
    kind = "PolicyExemption"
    active = said(Compiled(exemption("SignatureMissing")), kind)
    assert active["Active"][:2] == ("True", "Active")
    over = exemption("SignatureMissing", expires_at=NOW - timedelta(seconds=1))
    assert said(Compiled(over), kind)["Active"][:2] == ("False", "Expired")
    assert said(Compiled(None, (Problem("spec", "is required"),)), kind)["Active"][0] == "False"


def test_the_status_speaks_of_a_generation():
    obj = {"kind": "TrustPolicy", "metadata": {"generation": 7}}
    compiled = Compiled(policy())
    found = conditions(obj, compiled, Snapshot(), CIRCUMSTANCES, NOW)
    patch = status(obj, compiled, found, NOW)
    assert patch["observedGeneration"] == 7
    assert {entry["observedGeneration"] for entry in patch["conditions"]} == {7}
