"""An object may name many models, and many policies may have a say; not both without end."""

from dataclasses import replace

import pytest

from modeladmit.core.bounds import MAX_JUDGEMENTS, within_bounds
from modeladmit.core.facts import Facts
from modeladmit.core.judge import judge, judging
from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.plan import plan
from modeladmit.core.policy import Mode, Requirements
from modeladmit.core.situation import Operation
from modeladmit.core.steps import finished
from modeladmit.core.update import Update
from modeladmit.core.workload import Undetermined, UndeterminedReason
from tests.building import FIELD, NOW, SITUATION, exemption, policy, signed_by, use, workload

MANY = MAX_JUDGEMENTS // 64
USES = tuple(use(f"oci://registry.example.com/m{number}:v1") for number in range(MANY))


def policies(number=64, **changes):
    return [signed_by("release", name=f"p{n:02}", **changes) for n in range(number)]


def verdict(uses, asked, *, situation=SITUATION, exemptions=(), **changes):
    jurisdiction = Jurisdiction(asked, situation.namespace_labels, situation.namespace)
    return judge(workload(*uses, **changes), jurisdiction, exemptions, Facts(), situation, NOW)


def codes(found):
    return {finding.code for finding in found.findings}


def test_the_product_is_bounded():
    jurisdiction = Jurisdiction(policies())
    assert within_bounds(workload(*USES), jurisdiction)
    assert not within_bounds(workload(*USES, use()), jurisdiction)


def test_what_cannot_be_determined_counts_as_well():
    unread = Undetermined(UndeterminedReason.SHELL, FIELD, "eval", "vllm")
    jurisdiction = Jurisdiction(policies())
    assert not within_bounds(workload(*USES, undetermined=(unread,)), jurisdiction)


def test_beyond_the_bound_every_policy_says_so_and_nobody_is_asked():
    """Nothing is admitted because it was too much to look at."""
    uses, asked = (*USES, use()), policies()
    found = verdict(uses, asked)
    assert not found.allowed
    assert {"LimitExceeded"} == codes(found)
    assert {p.name for p in asked} == {finding.policy for finding in found.findings}
    assert () == plan(workload(*uses), Jurisdiction(asked), SITUATION)


def test_audit_does_not_deny_what_it_cannot_judge():
    found = verdict((*USES, use()), policies(mode=Mode.AUDIT))
    assert found.allowed
    assert 64 == len(found.would_deny)


def test_a_closed_namespace_without_an_enforced_policy_denies():
    found = verdict(
        (*USES, use()), policies(mode=Mode.AUDIT), situation=replace(SITUATION, closed=True)
    )
    assert not found.allowed
    assert {"LimitExceeded", "NotCovered"} == codes(found)


def test_no_exemption_excuses_it():
    """Attack: one harmless model is exempted, and a thousand others hide behind it."""
    excused = exemption("LimitExceeded", "NotCovered")
    situation = replace(SITUATION, closed=True)
    assert not verdict((*USES, use()), policies(), exemptions=[excused]).allowed
    assert not verdict(
        (*USES, use()),
        policies(mode=Mode.AUDIT),
        exemptions=[excused],
        situation=situation,
    ).allowed


def test_an_update_that_keeps_its_models_is_not_stuck():
    """What was stored before the policies came can still be scaled down."""
    uses = (*USES, use())
    update = replace(SITUATION, operation=Operation.UPDATE, old=workload(*uses))
    assert verdict(uses, policies(), situation=update).allowed
    assert within_bounds(workload(*uses), Jurisdiction(policies()), Update(workload(*uses), update))


@pytest.mark.parametrize("number", [1, 5])
def test_judging_stops_after_every_use_and_policy(number):
    """So that others can be served in between, however many there are."""
    asked = [policy(Requirements(), name=f"p{n}") for n in range(number)]
    uses = USES[:7]
    jurisdiction = Jurisdiction(asked, {}, SITUATION.namespace)
    steps = judging(workload(*uses), jurisdiction, (), Facts(), SITUATION, NOW)
    assert 7 * (number + 1) == sum(1 for _ in steps)


def test_steps_return_what_the_whole_returns():
    asked = policies(3)
    jurisdiction = Jurisdiction(asked, {}, SITUATION.namespace)
    arguments = (workload(*USES[:3]), jurisdiction, (), Facts(), SITUATION, NOW)
    assert judge(*arguments) == finished(judging(*arguments))
