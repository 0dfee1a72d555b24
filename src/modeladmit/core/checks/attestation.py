"""`require.attestations` and `require.stage`: signed statements, fresh enough, that say the right thing."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from modeladmit.core.case import Case
from modeladmit.core.checks.remedy import attest
from modeladmit.core.checks.vouching import Vouching, listed, strangers, vouching
from modeladmit.core.evidence import Attestation
from modeladmit.core.policy import (
    PROMOTION_PREDICATE,
    AttestationRequirement,
    Stage,
    StageRequirement,
)
from modeladmit.core.verdict import Finding

_CLOCK_SKEW = timedelta(minutes=5)
"""How far a trusted clock may be ahead of ours."""


def attestations(case: Case) -> Iterator[Finding]:
    """Every required statement."""
    if case.sheet.artifact is None:
        return
    for requirement in case.policy.require.attestations:
        yield from _attestation(case, requirement)


def stage(case: Case) -> Iterator[Finding]:
    """A promotion to at least the asked stage."""
    requirement = case.policy.require.stage
    if requirement is None or case.sheet.artifact is None:
        return
    found = vouching(
        case, requirement.signed_by, lambda statement: _promotion(statement, requirement, case.now)
    )
    if found.reaches(requirement.signed_by):
        return
    if case.sheet.evidence_gap is not None:
        yield case.unknown(case.sheet.evidence_gap)
        return
    yield case.fail(
        "StageNotReached",
        f"{case.use.reference.uri} is not proven to be promoted to {requirement.at_least}: {_count(found, requirement.signed_by.minimum)}"
        f" of {listed(requirement.signed_by.of)}{_problems(found)}{strangers(case)}",
        fix=f'echo \'{{"stage":"{requirement.at_least}"}}\' | {attest(case, requirement.signed_by, PROMOTION_PREDICATE, "-")}',
    )


def _attestation(case: Case, requirement: AttestationRequirement) -> Iterator[Finding]:
    kind, threshold = requirement.predicate_type, requirement.signed_by
    typed = vouching(
        case,
        threshold,
        lambda statement: None if statement.predicate_type == kind else "another statement",
    )
    if not typed.reaches(threshold):
        if case.sheet.evidence_gap is not None:
            yield case.unknown(case.sheet.evidence_gap)
            return
        yield case.fail(
            "AttestationMissing",
            f"{case.use.reference.uri}: {_count(typed, threshold.minimum)} of {listed(threshold.of)} attest {kind}{_problems(typed)}{strangers(case)}",
            fix=attest(case, threshold, kind),
        )
        return
    fresh = vouching(
        case,
        threshold,
        lambda statement: (
            _typed(statement, kind) or stale(statement, requirement.max_age, case.now)
        ),
    )
    if not fresh.reaches(threshold):
        yield case.fail(
            "AttestationStale",
            f"{case.use.reference.uri}: {kind} is too old{_problems(fresh)}",
            fix=f"repeat it, and sign the new result with a trusted timestamp: {attest(case, threshold, kind)}",
        )
        return
    good = vouching(case, threshold, lambda statement: _objection(statement, requirement, case.now))
    if not good.reaches(threshold):
        yield case.fail(
            "AttestationRuleFailed",
            f"{case.use.reference.uri}: {kind} does not hold{_problems(good)}",
            fix=f"{_rules(requirement, good)}: {attest(case, threshold, kind)}",
        )


def _typed(statement: Attestation, kind: str) -> str | None:
    return None if statement.predicate_type == kind else "another statement"


def _objection(
    statement: Attestation, requirement: AttestationRequirement, now: datetime
) -> str | None:
    objection = _typed(statement, requirement.predicate_type) or stale(
        statement, requirement.max_age, now
    )
    if objection:
        return objection
    return next(
        (rule.message for rule in requirement.rules if not rule.holds(statement.predicate)), None
    )


def stale(statement: Attestation, max_age: timedelta | None, now: datetime) -> str | None:
    """Without trusted time nothing is fresh: whoever signs could sign an old result again."""
    if max_age is None:
        return None
    if statement.signed_at is None:
        return "maxAge needs a trusted timestamp, and it has none"
    if statement.signed_at - now > _CLOCK_SKEW:
        return f"signed at {statement.signed_at:%Y-%m-%dT%H:%MZ}, which has not come yet"
    if now - statement.signed_at > max_age:
        return f"signed at {statement.signed_at:%Y-%m-%dT%H:%MZ}, older than maxAge {_duration(max_age)}"
    return None


def _duration(span: timedelta) -> str:
    """As policies write it: `720h`, `1h30m`."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count)


def _rules(requirement: AttestationRequirement, good: Vouching) -> str:
    """What the predicate has to satisfy, in the policy's own words."""
    failed = [
        rule.text
        for rule in requirement.rules
        if any(problem.endswith(f": {rule.message}") for problem in good.problems)
    ]
    wanted = " && ".join(failed or [rule.text for rule in requirement.rules])
    return f"publish a version whose result satisfies {wanted}, and attest it"


def _promotion(statement: Attestation, requirement: StageRequirement, now: datetime) -> str | None:
    if statement.predicate_type != PROMOTION_PREDICATE:
        return "another statement"
    claimed = statement.predicate.get("stage") if isinstance(statement.predicate, dict) else None
    if claimed not in tuple(Stage):
        return "its stage is unknown"
    if Stage(claimed).rank < requirement.at_least.rank:
        return f"promoted only to {claimed}"
    return stale(statement, requirement.max_age, now)


def _count(found: Vouching, minimum: int) -> str:
    return f"{found.count} of {minimum} needed" if minimum > 1 or found.voices else "none"


def _problems(found: Vouching) -> str:
    told = [problem for problem in found.problems if not problem.endswith("another statement")]
    return f" ({'; '.join(told[:3])})" if told else ""
