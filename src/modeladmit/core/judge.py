"""The only place that decides. Pure: the same inputs, time among them, give the same verdict.

Laws (design section 3): every matching policy must pass; adding a finding never turns a denial into an allowance; all
findings are reported; Warn and Audit judge as Enforce does.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from modeladmit.core.case import Case
from modeladmit.core.checks import (
    attestation,
    content,
    declaration,
    guard,
    pinning,
    revocation,
    signature,
    source,
)
from modeladmit.core.facts import Facts
from modeladmit.core.fieldpath import ROOT
from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.model_manifest import assurance, match
from modeladmit.core.plan import unchanged
from modeladmit.core.policy import Exemption, Mode, Reaction
from modeladmit.core.situation import Situation
from modeladmit.core.verdict import Finding, Outcome, Verdict
from modeladmit.core.workload import ModelUse, Role, Undetermined, Workload

_CHECKS = (
    revocation.check,
    pinning.check,
    source.check,
    content.formats,
    content.remote_code,
    declaration.model_ref,
    declaration.inline_credentials,
    signature.check,
    attestation.attestations,
    attestation.stage,
    guard.check,
)
_NEVER_EXEMPT = frozenset(
    {"Revoked", "PolicyInvalid", "Unsynced", "InternalError", "InvalidReview"}
)


def judge(
    workload: Workload,
    jurisdiction: Jurisdiction,
    exemptions: Sequence[Exemption],
    facts: Facts,
    situation: Situation,
    now: datetime,
) -> Verdict:
    """Judge one object."""
    findings: list[Finding] = list(_unready(workload, jurisdiction, situation))
    digests: dict[str, str] = {}
    for use in workload.uses:
        if unchanged(use, situation):
            findings.append(_skip(use))
            continue
        findings += _use(use, workload, jurisdiction, facts, situation, now)
        artifact = facts.about(use.reference).artifact
        if artifact is not None and (artifact.digest or artifact.revision):
            digests[use.reference.uri] = str(artifact.digest or artifact.revision)
    for undetermined in workload.undetermined:
        if not _unchanged_undetermined(undetermined, situation):
            findings += _undetermined(undetermined, workload, jurisdiction, situation)
    return Verdict.of(
        workload.identity,
        _exempted(findings, exemptions, facts, workload, situation, now),
        digests=digests,
        policies=jurisdiction.generations,
        inference=workload.inference,
    )


def _unready(
    workload: Workload, jurisdiction: Jurisdiction, situation: Situation
) -> Iterator[Finding]:
    if not (workload.uses or workload.undetermined):
        return
    if not situation.synced:
        yield Finding(
            "Unsynced",
            Outcome.ERROR,
            "the policies of this cluster are not known yet, or not for ten minutes",
            fix="try again",
        )
    for policy in jurisdiction.broken:
        for problem in policy.problems:
            yield Finding(
                "PolicyInvalid",
                Outcome.FAIL,
                f"TrustPolicy/{policy.name} does not compile: {problem}",
                policy=policy.name,
                generation=policy.generation,
                mode=policy.mode,
                fix="the platform team mends the policy",
            )


def _use(
    use: ModelUse,
    workload: Workload,
    jurisdiction: Jurisdiction,
    facts: Facts,
    situation: Situation,
    now: datetime,
) -> Iterator[Finding]:
    covers = jurisdiction.covering(use)
    for policy in covers:
        yield from _case(Case(use, policy, facts.about(use.reference), situation, workload, now))
    yield from _lookalikes(use, jurisdiction)
    if (
        situation.closed
        and use.role is not Role.RUNTIME
        and not any(policy.mode is Mode.ENFORCE for policy in covers)
    ):
        yield Finding(
            "NotCovered",
            Outcome.FAIL,
            f"no Enforce policy covers {use.reference.uri} in the closed namespace {situation.namespace}",
            field=use.field,
            container=use.container,
            subject=use.reference.uri,
            fix="ask the platform team for a TrustPolicy that covers it",
        )


def _case(case: Case) -> Iterator[Finding]:
    found: list[Finding] = []
    gap = case.sheet.gap
    if gap is not None and _needs_artifact(case) and case.use.reference.resolvable:
        found.append(case.unknown(gap))
    elif _needs_artifact(case) and not case.use.reference.resolvable and not _guarded(case):
        found.append(
            case.fail(
                "NotResolvable",
                f"{case.use.reference.uri} has no identity at admission, so nobody can vouch for it",
                fix="load the model from a registry by digest, or put the load-time guard in front of it",
            )
        )
    for check in _CHECKS:
        found += check(case)
    if not any(finding.would_deny for finding in found):
        found.append(
            case.finding(
                "Satisfied",
                Outcome.PASS,
                f"{case.use.reference.uri} satisfies the policy{_assurance(case)}",
            )
        )
    yield from found


def _assurance(case: Case) -> str:
    """Whether the bytes behind a model signature were hashed, or only asserted by the store: different facts."""
    artifact = case.sheet.artifact
    if artifact is None or not case.policy.require.thresholds:
        return ""
    signed = [a for a in case.sheet.attestations if a.manifest and not match(a, artifact)]
    return f" ({assurance(signed[0], artifact)})" if signed else ""


def _needs_artifact(case: Case) -> bool:
    require = case.policy.require
    return (
        bool(require.thresholds)
        or require.formats is not None
        or require.remote_code is not None
        or require.model_ref
    )


def _guarded(case: Case) -> bool:
    """A counted guard gives a place without identity the one that it will prove; signatures still need an artifact."""
    return not case.policy.require.thresholds and any(
        guard.objection(found, case) is None for found in case.workload.guards
    )


def _lookalikes(use: ModelUse, jurisdiction: Jurisdiction) -> Iterator[Finding]:
    """A policy also covers, in the namespaces it selects, what is confusable with its patterns."""
    for policy, original in jurisdiction.imitated(use):
        yield Finding(
            "Lookalike",
            Outcome.FAIL,
            f"{use.reference.uri} resembles {original}, which TrustPolicy/{policy.name} is about",
            field=use.field,
            container=use.container,
            subject=use.reference.uri,
            policy=policy.name,
            generation=policy.generation,
            mode=policy.mode,
            fix=f"check the spelling: the original is probably {original}",
        )


def _undetermined(
    undetermined: Undetermined,
    workload: Workload,
    jurisdiction: Jurisdiction,
    situation: Situation,
) -> Iterator[Finding]:
    """A policy covers every undetermined use of its namespaces; templates only warn, their Pods are judged."""
    enforced = False
    for policy in jurisdiction.sound:
        enforced = enforced or policy.mode is Mode.ENFORCE
        lenient = policy.undetermined is Reaction.WARN or not workload.loads_models
        yield Finding(
            "Undetermined",
            Outcome.WARN if lenient else Outcome.FAIL,
            f"{undetermined.reason}: {undetermined.detail}",
            field=undetermined.field,
            container=undetermined.container,
            policy=policy.name,
            generation=policy.generation,
            mode=policy.mode,
            fix="name the model and its revision in plain arguments or variables of the object",
        )
    if situation.closed and not enforced:
        yield Finding(
            "NotCovered",
            Outcome.FAIL if workload.loads_models else Outcome.WARN,
            f"{undetermined.reason}: {undetermined.detail}; no Enforce policy covers the closed namespace {situation.namespace}",
            field=undetermined.field,
            container=undetermined.container,
            fix="ask the platform team for a TrustPolicy that covers the namespace",
        )


def _unchanged_undetermined(undetermined: Undetermined, situation: Situation) -> bool:
    if situation.old is None:
        return False
    plain = replace(undetermined, field=ROOT)
    return any(replace(old, field=ROOT) == plain for old in situation.old.undetermined)


def _skip(use: ModelUse) -> Finding:
    return Finding(
        "UnchangedUse",
        Outcome.SKIP,
        f"{use.reference.uri} is unchanged in this update",
        field=use.field,
        container=use.container,
        subject=use.reference.uri,
    )


def _exempted(
    findings: Iterable[Finding],
    exemptions: Sequence[Exemption],
    facts: Facts,
    workload: Workload,
    situation: Situation,
    now: datetime,
) -> Iterator[Finding]:
    """Turn what an unexpired exemption excuses into a skip that names it."""
    keys = {use.reference.uri: use for use in workload.uses}
    for finding in findings:
        exemption = next(
            (e for e in exemptions if _excuses(e, finding, keys, facts, situation, now)), None
        )
        if exemption is None:
            yield finding
        else:
            until = f"{exemption.expires_at:%Y-%m-%dT%H:%MZ}"
            yield replace(
                finding,
                code="Exempted",
                outcome=Outcome.SKIP,
                message=f"{finding.code} is exempted by PolicyExemption/{exemption.name} until {until} ({exemption.reason}): {finding.message}",
            )


def _excuses(
    exemption: Exemption,
    finding: Finding,
    uses: dict[str, ModelUse],
    facts: Facts,
    situation: Situation,
    now: datetime,
) -> bool:
    if (
        not finding.would_deny
        or finding.code in _NEVER_EXEMPT
        or finding.code not in exemption.codes
        or now >= exemption.expires_at
    ):
        return False
    if (
        exemption.policies
        and finding.policy is not None
        and finding.policy not in exemption.policies
    ):
        return False
    if exemption.namespaces and situation.namespace not in exemption.namespaces:
        return False
    use = uses.get(finding.subject or "")
    if use is None:
        return False
    artifact = facts.about(use.reference).artifact
    digest = artifact.digest if artifact is not None else use.reference.digest
    named = any(
        pattern.matches(use.reference, situation.namespace) for pattern in exemption.patterns
    )
    return named or (digest is not None and digest in exemption.digests)
