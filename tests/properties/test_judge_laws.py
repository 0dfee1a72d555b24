"""The laws of judging (design section 3), for verdicts and situations that nobody thought of."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from modeladmit.core.evidence import Gap
from modeladmit.core.facts import FactSheet
from modeladmit.core.judge import judge as judge_by
from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.patterns import ModelPattern
from modeladmit.core.pin import Pin
from modeladmit.core.policy import Mode, Reaction, Requirements, Threshold
from modeladmit.core.verdict import Finding, Outcome, Verdict
from modeladmit.core.workload import Role
from tests.building import (
    DIGEST,
    IDENTITY,
    NOW,
    OTHER_DIGEST,
    PINNED,
    SITUATION,
    TAGGED,
    artifact,
    authority,
    facts,
    policy,
    sheet,
    signature,
    use,
    workload,
)

NAMES = ("a", "b", "c")
findings = st.builds(
    Finding,
    code=st.sampled_from(["MutableReference", "SignatureMissing", "Satisfied"]),
    outcome=st.sampled_from(Outcome),
    message=st.text(max_size=8),
    policy=st.sampled_from(["one", "two", None]),
    mode=st.sampled_from(Mode),
)
thresholds = st.builds(
    Threshold, st.integers(0, 3), st.lists(st.sampled_from(NAMES), unique=True).map(tuple)
)
requirements = st.builds(
    Requirements,
    pinning=st.sampled_from([None, Pin.REVISION, Pin.DIGEST]),
    sources=st.sampled_from(
        [
            None,
            (ModelPattern.parse("oci://registry.example.com/**"),),
            (ModelPattern.parse("hf://o/*"),),
        ]
    ),
    signatures=st.none() | thresholds,
)
policies = st.builds(
    lambda require, name, mode, undetermined: policy(
        require,
        name=name,
        mode=mode,
        undetermined=undetermined,
        authorities={key: authority(key) for key in NAMES},
    ),
    requirements,
    st.sampled_from(["one", "two", "three"]),
    st.sampled_from(Mode),
    st.sampled_from(Reaction),
)
statements = st.builds(
    signature, st.sampled_from((*NAMES, "stranger")), st.sampled_from([DIGEST, OTHER_DIGEST])
)
sheets = st.builds(
    lambda found: sheet(*found, artifact=artifact()), st.lists(statements, max_size=5)
) | st.builds(
    lambda transient: FactSheet(gap=Gap("SourceUnavailable", "away", transient=transient)),
    st.booleans(),
)
uses = st.builds(
    lambda uri, role: use(uri, role=role), st.sampled_from([TAGGED, PINNED]), st.sampled_from(Role)
)
situations = st.builds(
    lambda closed, synced: replace(SITUATION, closed=closed, synced=synced),
    st.booleans(),
    st.booleans(),
)


def judge(one, found, exemptions, facts_, situation, now):
    jurisdiction = Jurisdiction(found, situation.namespace_labels, situation.namespace)
    return judge_by(one, jurisdiction, exemptions, facts_, situation, now)


def known(found):
    return facts(found, PINNED)


@given(st.lists(findings), findings)
def test_adding_a_finding_never_turns_a_denial_into_an_allowance(found, more):
    before = Verdict.of(IDENTITY, found)
    assert before.allowed or not before.adding([more]).allowed


@given(st.lists(findings), st.randoms())
def test_the_order_in_which_findings_arise_does_not_matter(found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    assert Verdict.of(IDENTITY, found) == Verdict.of(IDENTITY, shuffled)


@given(st.lists(findings), st.lists(findings))
def test_adding_is_associative(left, right):
    assert Verdict.of(IDENTITY, left + right) == Verdict.of(IDENTITY, left).adding(right)


@given(st.lists(policies, max_size=4), policies, uses, sheets, situations)
def test_an_additional_policy_never_allows_what_was_denied_but_by_covering(
    found, more, one, facts_, situation
):
    """Only the rule of closed namespaces, which asks for a covering policy, may be satisfied by adding one."""
    before = judge(workload(one), found, (), known(facts_), situation, NOW)
    after = judge(workload(one), [*found, more], (), known(facts_), situation, NOW)
    if not before.allowed and after.allowed:
        assert {finding.code for finding in before.denials} == {"NotCovered"}


@given(st.lists(policies, max_size=4), st.lists(uses, max_size=3), uses, sheets, situations)
def test_an_additional_use_never_allows_what_was_denied(found, some, more, facts_, situation):
    before = judge(workload(*some), found, (), known(facts_), situation, NOW)
    after = judge(workload(*some, more), found, (), known(facts_), situation, NOW)
    assert before.allowed or not after.allowed


@given(policies, uses, sheets, situations)
def test_warn_and_audit_find_what_enforce_finds(one, single, facts_, situation):
    open_ = replace(situation, closed=False)
    found = {
        mode: [
            (f.code, f.message)
            for f in judge(
                workload(single), [replace(one, mode=mode)], (), known(facts_), open_, NOW
            ).findings
        ]
        for mode in Mode
    }
    assert sorted(found[Mode.ENFORCE]) == sorted(found[Mode.WARN])
    assert sorted(found[Mode.ENFORCE]) == sorted(found[Mode.AUDIT])


@given(st.lists(policies, max_size=3), uses, sheets, situations)
def test_judging_twice_gives_the_same(found, one, facts_, situation):
    once = judge(workload(one), found, (), known(facts_), situation, NOW)
    assert once == judge(workload(one), list(reversed(found)), (), known(facts_), situation, NOW)


@given(
    uses.filter(lambda one: one.role is not Role.RUNTIME),
    st.lists(policies.filter(lambda p: p.mode is not Mode.ENFORCE), max_size=3),
    sheets,
)
def test_nothing_but_an_enforced_policy_covers_a_closed_namespace(one, found, facts_):
    assert not judge(
        workload(one), found, (), known(facts_), replace(SITUATION, closed=True), NOW
    ).allowed
