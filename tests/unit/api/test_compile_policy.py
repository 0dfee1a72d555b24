"""A policy is compiled with every problem at once, and one that does not compile still stands in the way."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeladmit.api.compile import NOTHING, PUBLIC_GOOD, CompiledTrustRoot, compile_policy
from modeladmit.core.pin import Pin
from modeladmit.core.policy import Mode, Reaction, Stage, Threshold
from modeladmit.core.trust import SigstoreAnchor
from modeladmit.core.workload import Role
from tests.building import use
from tests.policy_vectors import TRUSTED_ROOT, certificate, good, public_key

ROOT = SigstoreAnchor(TRUSTED_ROOT.encode())
ROOTS = {name: CompiledTrustRoot(name, ROOT) for name in (PUBLIC_GOOD, "corp")}


def compiled(document, roots=ROOTS):
    return compile_policy(document, trust_roots=roots, keys=NOTHING)


def policy(**spec):
    document = good("minimal")
    document["spec"].update(spec)
    return document


def test_every_field_arrives():
    """What people write is what is judged by."""
    value = compiled(good("full")).value
    assert value.mode is Mode.ENFORCE
    assert value.require.pinning is Pin.DIGEST
    assert value.require.signatures == Threshold(2, ("release-key", "ci", "corp-pki"))
    assert value.require.attestations[0].max_age == timedelta(hours=720)
    assert value.require.stage.at_least is Stage.PRODUCTION
    assert (value.undetermined, value.on_error) == (Reaction.WARN, Reaction.WARN)
    assert value.write_pins
    assert value.max_staleness == timedelta(hours=12, minutes=30)
    assert set(value.authorities) == {"release-key", "ci", "eval-team", "corp-pki"}
    assert [revocation.reason for revocation in value.deny] == ["backdoor", "typosquatter"]
    assert value.selects({"tier": "production", "team": "a"})
    assert not value.selects({"tier": "production", "team": "a", "sandbox": "yes"})
    assert value.covers(use("hf://Meta-Llama/Llama-3.1-8B"), "team-a")
    assert not value.covers(use("oci://registry.example.com/scratch/x:1"), "team-a")


def test_defaults_are_strict():
    """What is not written denies."""
    value = compiled(good("minimal")).value
    assert (value.undetermined, value.on_error, value.write_pins) == (
        Reaction.DENY,
        Reaction.DENY,
        False,
    )
    assert value.models is None
    assert value.roles == frozenset(Role) - {Role.RUNTIME}
    assert value.selects({})


def test_null_is_absent():
    """The API server drops `field: null`; a file on disk means the same."""
    value = compiled(policy(match=None, deny=None, undetermined=None))
    assert (value.problems, value.value.undetermined) == ((), Reaction.DENY)


def test_all_problems_are_told_at_once():
    """Nobody mends a policy in ten rounds."""
    document = good("full")
    spec = document["spec"]
    spec["mode"] = "enforce"
    spec["extra"] = 1
    spec["match"]["models"][0] = "meta"
    spec["require"]["signatures"] = {"min": 3, "of": ["nobody", "ci"]}
    spec["require"]["attestations"][0]["rules"][0]["cel"] = "predicat.x"
    spec["authorities"][0]["key"]["pem"] = "x"
    spec["authorities"][2]["keyless"]["trustRootRef"]["name"] = "nowhere"
    spec["authorities"][3]["certificate"]["identities"][0] = {}
    assert {problem.field for problem in compiled(document).problems} == {
        "spec.mode",
        "spec.extra",
        "spec.match.models[0]",
        "spec.require.signatures",
        "spec.require.signatures.min",
        "spec.require.attestations[0].rules[0].cel",
        "spec.authorities[0].key.pem",
        "spec.authorities[2].keyless.trustRootRef",
        "spec.authorities[3].certificate.identities[0]",
    }


def test_a_broken_policy_still_selects():
    """It denies what its selector selects, in its own mode, and no more."""
    document = policy(
        mode="Warn",
        match={"namespaceSelector": {"matchLabels": {"tier": "production"}}},
        surprise="a newer field",
    )
    broken = compiled(document).value
    assert broken.problems == ("spec.surprise: is not a field of this kind",)
    assert (broken.mode, broken.name) == (Mode.WARN, "minimal")
    assert broken.selects({"tier": "production"})
    assert not broken.selects({})


@pytest.mark.parametrize(
    "selector", [7, [], {"matchLabels": 7}, {"matchExpressions": [{"key": "a"}]}]
)
def test_a_selector_that_cannot_be_read_selects_everything(selector):
    """Fail closed."""
    broken = compiled(policy(match={"namespaceSelector": selector})).value
    assert broken.problems
    assert broken.selects({})


def test_a_mode_that_cannot_be_read_is_the_strictest():
    """Fail closed."""
    assert compiled(policy(mode="off")).value.mode is Mode.ENFORCE


def test_keyless_without_root_believes_the_public_good_sigstore():
    """And says so where it is not known, as in an air-gapped cluster."""
    document = good("full")
    anchors = compiled(document).value.authorities["ci"].anchors
    assert anchors == (ROOT,)
    problems = compiled(document, {"corp": ROOTS["corp"]}).problems
    assert [problem.field for problem in problems] == ["spec.authorities[1].keyless"]


def test_one_voice_under_two_names_is_refused():
    """Thresholds count authorities: the same key twice would be two."""
    document = policy(
        require={"signatures": {"min": 2, "of": ["a", "b"]}},
        authorities=[{"name": name, "key": {"pem": public_key("key")}} for name in "ab"],
    )
    (problem,) = compiled(document).problems
    assert (problem.field, "would count as two" in problem.message) == ("spec.authorities[1]", True)


def test_two_keys_are_two_voices():
    """And are not."""
    document = policy(
        require={"signatures": {"min": 2, "of": ["a", "b"]}},
        authorities=[{"name": name, "key": {"pem": public_key(name)}} for name in "ab"],
    )
    assert compiled(document).problems == ()


def test_certificates_come_from_the_policy_itself():
    """Roots in the policy are an anchor of their own."""
    authority = compiled(good("full")).value.authorities["corp-pki"]
    assert [anchor.roots for anchor in authority.anchors] == [certificate().encode()]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=12), children, max_size=4)
    ),
    max_leaves=20,
)
FIELDS = st.sampled_from(
    ["mode", "match", "require", "authorities", "deny", "maxStaleness", "undetermined", "writePins"]
)


@given(st.dictionaries(FIELDS, JSON, max_size=4), JSON)
def test_compilation_is_total(changes, metadata):
    """Whatever stands in an object, it compiles or has problems; it never raises."""
    document = policy(**changes)
    document["metadata"] = metadata
    result = compiled(document)
    assert bool(result.problems) == bool(result.value.problems)


@given(JSON)
def test_specs_of_nonsense_are_problems(spec):
    """A spec that is nothing of ours is refused."""
    document = {**good("minimal"), "spec": spec}
    assert compiled(document).problems


def test_deep_nesting_is_a_problem_and_no_crash():
    """An object may be nested ten thousand levels deep."""
    deep: dict[str, object] = {}
    for _ in range(10_000):
        deep = {"a": deep}
    (problem,) = compiled({**good("minimal"), "spec": deep}).problems
    assert problem.message == "is nested deeper than 32 levels"


@pytest.mark.parametrize("change", [{"apiVersion": "modeladmit.io/v2"}, {"kind": "Policy"}])
def test_other_kinds_and_versions_are_refused(change):
    """A file of another kind is not half a policy."""
    (problem,) = compiled({**good("minimal"), **change}).problems
    assert problem.field in change
