"""The only place that decides. Pure: the same inputs, time among them, give the same verdict.

Laws (design section 3): every matching policy must pass; adding a finding never turns a denial into an allowance; all
findings are reported; Warn and Audit judge as Enforce does.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from modeladmit.core.bounds import within_bounds
from modeladmit.core.case import Case
from modeladmit.core.checks import (
    attestation,
    content,
    declaration,
    guard,
    identity,
    pinning,
    revocation,
    signature,
    source,
)
from modeladmit.core.evidence import Artifact
from modeladmit.core.exemptions import Exemptions
from modeladmit.core.facts import Facts
from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.model_manifest import assurance, match
from modeladmit.core.policy import Exemption, Mode, Reaction
from modeladmit.core.situation import Situation
from modeladmit.core.steps import Steps, finished
from modeladmit.core.update import Update
from modeladmit.core.verdict import Finding, Outcome, Verdict
from modeladmit.core.workload import ModelUse, Role, Undetermined, UndeterminedReason, Workload

_NAME_IT: Final = "name the model and its revision in plain arguments or variables of the object"
_CURES: Final = {
    UndeterminedReason.INVALID: "correct the reference; what is wrong with it stands above",
    UndeterminedReason.RUNTIME_LOADING: "take the setting away that lets models be loaded while the server runs",
    UndeterminedReason.UNKNOWN_VERSION: "use an API version whose fields are known",
    UndeterminedReason.LIMIT: "make the object smaller",
}
"""Where a name is not what is missing."""
_CHECKS = (
    identity.check,
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


def judge(
    workload: Workload,
    jurisdiction: Jurisdiction,
    exemptions: Sequence[Exemption],
    facts: Facts,
    situation: Situation,
    now: datetime,
) -> Verdict:
    """Judge one object."""
    return finished(judging(workload, jurisdiction, exemptions, facts, situation, now))


def judging(
    workload: Workload,
    jurisdiction: Jurisdiction,
    exemptions: Sequence[Exemption],
    facts: Facts,
    situation: Situation,
    now: datetime,
) -> Steps[Verdict]:
    """The same in small steps, for whoever has others to serve in between: one use by one policy is a step."""
    update = Update(workload, situation)
    valid = Exemptions(exemptions, situation, now)
    findings: list[Finding] = []
    digests: dict[str, str] = {}
    judged = False
    if not within_bounds(workload, jurisdiction, update):
        return Verdict.of(
            workload.identity,
            [*_too_many(workload, jurisdiction, situation), *_unready(jurisdiction, situation)],
            policies=jurisdiction.generations,
            inference=workload.inference,
        )
    for use in workload.uses:
        if update.keeps(use, jurisdiction.covering(use)):
            findings.append(_skip(use))
            continue
        judged = True
        sheet = facts.about(use.reference)
        found = yield from _listed(_use(use, workload, jurisdiction, facts, situation, now))
        findings += valid.applied(found, use, sheet)
        if sheet.artifact is not None:
            _note(digests, sheet.artifact, use)
    unread = [found for found in workload.undetermined if not update.keeps_undetermined(found)]
    findings += yield from _listed(_undetermined(unread, workload, jurisdiction, situation))
    # A change that touches no model, such as scaling down, asks nothing of policies.
    if judged or unread:
        findings += _unready(jurisdiction, situation)
    return Verdict.of(
        workload.identity,
        findings,
        digests=digests,
        policies=jurisdiction.generations,
        inference=workload.inference,
    )


def _listed(found: Iterator[Finding | None]) -> Steps[list[Finding]]:
    """The findings; each None ends a step."""
    listed: list[Finding] = []
    for finding in found:
        if finding is None:
            yield
        else:
            listed.append(finding)
    return listed


def _too_many(
    workload: Workload, jurisdiction: Jurisdiction, situation: Situation
) -> Iterator[Finding]:
    """Every policy that would have judged denies what it cannot judge; so does a closed namespace that none enforces in."""
    enforced = False
    for policy in jurisdiction.sound:
        enforced = enforced or policy.mode is Mode.ENFORCE
        yield Finding.by(
            policy,
            "LimitExceeded",
            Outcome.FAIL,
            f"{_models(workload)} by {len(jurisdiction.policies)} policies are more than one object may ask for",
            fix="spread the models over several objects",
        )
    if situation.closed and not enforced:
        yield Finding(
            "NotCovered",
            Outcome.FAIL,
            f"{_models(workload)}, and no Enforce policy covers {_place(situation)}",
            fix="ask the platform team for a TrustPolicy that covers them",
        )


def _models(workload: Workload) -> str:
    return f"{len(workload.uses) + len(workload.undetermined)} models"


def _place(situation: Situation) -> str:
    """Objects of cluster scope are in no namespace; they are closed where every namespace is by default."""
    if situation.namespace is None:
        return "cluster-scoped objects, which are closed like namespaces"
    return f"the closed namespace {situation.namespace}"


def _note(digests: dict[str, str], artifact: Artifact, use: ModelUse) -> None:
    """Keep what a reference was when it was judged; two revisions of one URI are two entries."""
    pin = artifact.digest or artifact.revision
    if pin is not None:
        uri, revision = use.reference.uri, use.reference.revision
        taken = digests.get(uri, str(pin)) != str(pin)
        digests[f"{uri}@{revision}" if taken else uri] = str(pin)


def _unready(jurisdiction: Jurisdiction, situation: Situation) -> Iterator[Finding]:
    if not situation.synced:
        yield Finding(
            "Unsynced",
            Outcome.ERROR,
            "the policies of this cluster are not known yet, or not for ten minutes",
            fix="try again",
        )
    for policy in jurisdiction.broken:
        for problem in policy.problems:
            yield Finding.by(
                policy,
                "PolicyInvalid",
                Outcome.FAIL,
                f"TrustPolicy/{policy.name} does not compile: {problem}",
                fix="the platform team mends the policy",
            )


def _use(
    use: ModelUse,
    workload: Workload,
    jurisdiction: Jurisdiction,
    facts: Facts,
    situation: Situation,
    now: datetime,
) -> Iterator[Finding | None]:
    """What is found about one use; a None ends each step."""
    covers = jurisdiction.covering(use)
    yield None
    for policy in covers:
        yield from _case(Case(use, policy, facts.about(use.reference), situation, workload, now))
        yield None
    for policy in jurisdiction.revoking(use):
        yield from revocation.check(
            Case(use, policy, facts.about(use.reference), situation, workload, now)
        )
    yield from _lookalikes(use, jurisdiction)
    if (
        situation.closed
        and use.role is not Role.RUNTIME
        and not any(policy.mode is Mode.ENFORCE for policy in covers)
    ):
        yield Finding(
            "NotCovered",
            Outcome.FAIL,
            f"no Enforce policy covers {use.reference.uri} in {_place(situation)}",
            field=use.field,
            container=use.container,
            subject=use.reference.uri,
            fix="ask the platform team for a TrustPolicy that covers it",
        )


def _case(case: Case) -> Iterator[Finding]:
    found = [finding for check in _CHECKS for finding in check(case)]
    if not found:
        found.append(
            case.finding(
                "Satisfied",
                Outcome.PASS,
                f"{case.use.reference.uri} satisfies the policy{_assurance(case)}{_staleness(case)}",
            )
        )
    yield from found


def _staleness(case: Case) -> str:
    return "; its store cannot be reached; this was proven before" if case.sheet.stale else ""


def _assurance(case: Case) -> str:
    """Whether the bytes behind a model signature were hashed, or only asserted by the store: different facts."""
    artifact = case.sheet.artifact
    if artifact is None or not case.policy.require.thresholds:
        return ""
    signed = [a for a in case.sheet.attestations if a.manifest and not match(a, artifact)]
    return f" ({assurance(signed[0], artifact)})" if signed else ""


def _lookalikes(use: ModelUse, jurisdiction: Jurisdiction) -> Iterator[Finding]:
    """A policy also covers, in the namespaces it selects, what is confusable with its patterns."""
    for policy, original in jurisdiction.imitated(use):
        yield Finding.by(
            policy,
            "Lookalike",
            Outcome.FAIL,
            f"{use.reference.uri} resembles {original}, which TrustPolicy/{policy.name} is about",
            field=use.field,
            container=use.container,
            subject=use.reference.uri,
            fix=f"check the spelling: the original is probably {original}",
        )


def _undetermined(
    unread: Sequence[Undetermined],
    workload: Workload,
    jurisdiction: Jurisdiction,
    situation: Situation,
) -> Iterator[Finding | None]:
    """What is found about everything that cannot be determined; a None ends each step."""
    for undetermined in unread:
        yield from _unread(undetermined, workload, jurisdiction, situation)
        yield None
    for policy in jurisdiction.sound if unread else ():
        # The object's own credentials: once a policy, however much cannot be determined.
        yield from declaration.credentials_of(workload, policy)
        yield None


def _unread(
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
        yield Finding.by(
            policy,
            "Undetermined",
            Outcome.WARN if lenient else Outcome.FAIL,
            f"{undetermined.reason}: {undetermined.detail}",
            field=undetermined.field,
            container=undetermined.container,
            fix=_CURES.get(undetermined.reason, _NAME_IT),
        )
    if situation.closed and not enforced:
        yield Finding(
            "NotCovered",
            Outcome.FAIL if workload.loads_models else Outcome.WARN,
            f"{undetermined.reason}: {undetermined.detail}; no Enforce policy covers {_place(situation)}",
            field=undetermined.field,
            container=undetermined.container,
            fix="ask the platform team for a TrustPolicy that covers the namespace",
        )


def _skip(use: ModelUse) -> Finding:
    return Finding(
        "UnchangedUse",
        Outcome.SKIP,
        f"{use.reference.uri} is unchanged in this update",
        field=use.field,
        container=use.container,
        subject=use.reference.uri,
    )
