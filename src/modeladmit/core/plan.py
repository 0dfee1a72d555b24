"""What must be found out before anybody can judge: pure, so that an unpinned reference costs no network it does not need."""

from dataclasses import dataclass
from datetime import timedelta

from modeladmit.core.bounds import within_bounds
from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.policy import Mode, Policy
from modeladmit.core.reference import Reference
from modeladmit.core.situation import Situation
from modeladmit.core.steps import Steps, finished
from modeladmit.core.trust import TrustAnchor
from modeladmit.core.update import Update
from modeladmit.core.workload import ModelUse, Workload


@dataclass(frozen=True, slots=True)
class Question:
    """One reference, to be asked once whatever the number of uses and policies."""

    reference: Reference
    evidence: bool
    """Whether signatures and attestations are needed, or only what it resolves to."""
    anchors: tuple[TrustAnchor, ...] = ()
    urgent: bool = True
    """Asked for an Enforce policy: first; the others get the remaining time (law 8)."""
    max_staleness: timedelta = timedelta(hours=24)
    """The shortest of the policies that ask."""


def plan(
    workload: Workload, jurisdiction: Jurisdiction, situation: Situation
) -> tuple[Question, ...]:
    """One question a distinct reference that some covering policy needs an answer about, urgent ones first."""
    return finished(planning(workload, jurisdiction, situation))


def planning(
    workload: Workload, jurisdiction: Jurisdiction, situation: Situation
) -> Steps[tuple[Question, ...]]:
    """The same in small steps, for whoever has others to serve in between: one use is a step."""
    asked: dict[str, Question] = {}
    update = Update(workload, situation)
    if not within_bounds(workload, jurisdiction, update):
        return ()
    for use in workload.uses:
        yield
        covering = jurisdiction.covering(use)
        if not use.reference.resolvable or update.keeps(use, covering):
            continue
        questions = [_question(use, policy) for policy in covering]
        questions += [_question_of_denial(use, policy) for policy in jurisdiction.revoking(use)]
        for question in questions:
            if question is not None:
                key = use.reference.key
                asked[key] = _merged(asked[key], question) if key in asked else question
    return tuple(sorted(asked.values(), key=lambda question: not question.urgent))


def _question(use: ModelUse, policy: Policy) -> Question | None:
    require = policy.require
    names = {name for threshold in require.thresholds for name in threshold.of}
    anchors = tuple(
        anchor
        for name in sorted(names)
        if name in policy.authorities
        for anchor in policy.authorities[name].anchors
    )
    needs_artifact = (
        require.formats is not None
        or require.remote_code is not None
        or require.model_ref
        or require.verify_at_load
        or _denies_digests(policy)
        # A denial carries its cure: what the mutable reference is today.
        or (require.pinning is not None and use.reference.pin < require.pinning)
    )
    if not names and not needs_artifact:
        return None
    return Question(
        use.reference,
        bool(names),
        anchors,
        policy.mode is Mode.ENFORCE,
        policy.max_staleness,
    )


def _question_of_denial(use: ModelUse, policy: Policy) -> Question | None:
    """A digest that is denied may stand behind a name that the policy does not judge."""
    if not _denies_digests(policy):
        return None
    return Question(
        use.reference,
        evidence=False,
        urgent=policy.mode is Mode.ENFORCE,
        max_staleness=policy.max_staleness,
    )


def _denies_digests(policy: Policy) -> bool:
    return any(revocation.digest is not None for revocation in policy.deny)


def _merged(left: Question, right: Question) -> Question:
    return Question(
        left.reference,
        left.evidence or right.evidence,
        tuple(dict.fromkeys((*left.anchors, *right.anchors))),
        left.urgent or right.urgent,
        min(left.max_staleness, right.max_staleness),
    )
