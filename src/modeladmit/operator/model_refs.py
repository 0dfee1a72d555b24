"""A ModelRef resolved, verified by every policy that covers it, and said so in its status."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from modeladmit.api.compile import Compiled, CompiledModelRef, compile_model_ref
from modeladmit.cluster.model_refs import applicable, declaring, workload
from modeladmit.core.credentials import CredentialScope
from modeladmit.core.evidence import Artifact
from modeladmit.core.facts import FactSheet
from modeladmit.core.pin import Pin
from modeladmit.core.plan import Question, plan
from modeladmit.core.policy import Policy
from modeladmit.core.rendering import plain
from modeladmit.core.verdict import Finding, Outcome, Verdict
from modeladmit.core.workload import Workload
from modeladmit.engine.snapshot import Snapshot
from modeladmit.in_cluster.composition import Cluster
from modeladmit.operator.conditions import FALSE, TRUE, UNKNOWN, Condition, merged

_log: Final = logging.getLogger(__name__)
_SECONDS: Final = 60.0
"""How long stores may take; nobody waits for the answer."""
_MAX_VERDICTS: Final = 64
_MAX_FINDINGS: Final = 16


@dataclass(frozen=True, slots=True)
class ModelRefReport:
    """A new status, and what is worth an Event."""

    status: Mapping[str, Any]
    ready: bool
    reason: str
    message: str


async def report(
    obj: Mapping[str, Any], cluster: Cluster, snapshot: Snapshot, *, refresh: bool
) -> tuple[ModelRefReport, float]:
    """The status of a ModelRef by today's facts and policies, and the seconds until it has to be looked at again.

    `refresh`: stores are asked again, whatever is remembered.
    """
    compiled: Compiled[CompiledModelRef | None] = compile_model_ref(obj)
    model = compiled.value
    if model is None:
        problems = "; ".join(str(problem) for problem in compiled.problems)
        conditions = [
            Condition(type_, FALSE, "InvalidReference", problems) for type_ in ("Resolved", "Ready")
        ]
        return _report(obj, conditions, cluster, {}), 3600.0
    labels = snapshot.namespaces.get(model.namespace)
    situation = declaring(cluster.circumstances.situation(snapshot, model.namespace, labels), model)
    asked = workload(model)
    scope = CredentialScope(model.namespace, model.pull_secrets)
    jurisdiction = snapshot.jurisdiction(model.namespace, labels or {})
    questions = plan(asked, jurisdiction, situation) or (Question(model.reference, evidence=False),)
    facts = await cluster.engine.investigation.answer(
        questions, scope=scope, seconds=_SECONDS, refresh={model.reference.key} if refresh else ()
    )
    verdict = applicable(
        await cluster.engine.admitter.judge(
            asked, situation, snapshot, seconds=_SECONDS, scope=scope
        )
    )
    sheet = facts.about(model.reference)
    covering = jurisdiction.covering(asked.uses[0])
    conditions = _conditions(asked, sheet, verdict, covering)
    details = {
        "resolved": _resolved(model, sheet.artifact),
        "signedBy": _signed_by(model, sheet, covering),
        "verdicts": _verdicts(verdict, covering),
    }
    return _report(obj, conditions, cluster, details), model.interval.total_seconds()


def _report(
    obj: Mapping[str, Any],
    conditions: Sequence[Condition],
    cluster: Cluster,
    details: Mapping[str, Any],
) -> ModelRefReport:
    generation = int((obj.get("metadata") or {}).get("generation") or 0)
    known = (obj.get("status") or {}).get("conditions")
    now = cluster.engine.clock.now()
    status = {
        "observedGeneration": generation,
        "conditions": merged(known, conditions, generation=generation, now=now),
        # Null takes away what no longer holds (RFC 7386).
        **{key: details.get(key) for key in ("resolved", "signedBy", "verdicts")},
    }
    ready = next(condition for condition in conditions if condition.type == "Ready")
    return ModelRefReport(status, ready.status is TRUE, ready.reason, ready.message)


def _conditions(
    asked: Workload, sheet: FactSheet, verdict: Verdict, covering: Sequence[Policy]
) -> list[Condition]:
    reference = asked.uses[0].reference
    artifact, gap = sheet.artifact, sheet.gap
    if artifact is not None:
        resolved = Condition("Resolved", TRUE, "Resolved", f"it is {artifact.pinned}")
    elif gap is not None:
        resolved = Condition("Resolved", UNKNOWN if gap.transient else FALSE, gap.code, gap.detail)
    else:
        resolved = Condition("Resolved", UNKNOWN, "SourceUnavailable", "nothing was found out")
    pinned = (
        Condition("Pinned", TRUE, reference.pin.label, "the declared reference names bytes")
        if reference.pin is not Pin.NONE
        else Condition("Pinned", FALSE, "MutableReference", "the declared reference can change")
    )
    failed = [finding for finding in verdict.findings if finding.would_deny]
    verified = _verified(failed, covering)
    blocking = verdict.denials
    if blocking:
        ready = Condition("Ready", FALSE, blocking[0].code, _words(blocking))
    elif resolved.status is not TRUE:
        ready = Condition("Ready", resolved.status, resolved.reason, resolved.message)
    else:
        ready = Condition("Ready", TRUE, "Ready", "workloads that use it are admitted")
    return [resolved, pinned, verified, ready]


def _verified(failed: Sequence[Finding], covering: Sequence[Policy]) -> Condition:
    if failed:
        unknown = all(finding.outcome is Outcome.ERROR for finding in failed)
        return Condition("Verified", UNKNOWN if unknown else FALSE, failed[0].code, _words(failed))
    if not covering:
        return Condition("Verified", UNKNOWN, "NotCovered", "no policy says anything about it")
    names = ", ".join(policy.name for policy in covering)
    return Condition("Verified", TRUE, "Satisfied", f"it satisfies {names}")


def _words(findings: Sequence[Finding]) -> str:
    return "; ".join(f"[{finding.code}] {finding.message}" for finding in findings[:4])


def _resolved(model: CompiledModelRef, artifact: Artifact | None) -> dict[str, Any] | None:
    if artifact is None:
        return None
    sizes = [file.size for file in artifact.files]
    known = sum(size for size in sizes if size is not None)
    return {
        "revision": artifact.revision,
        "digest": str(artifact.digest) if artifact.digest else None,
        "pin": model.reference.pin.label,
        "files": len(artifact.files),
        "bytes": artifact.size if artifact.size is not None else known,
        "formats": [str(format_) for format_ in artifact.formats],
    }


def _signed_by(model: CompiledModelRef, sheet: FactSheet, covering: Sequence[Policy]) -> str | None:
    """Authorities of covering policies whose statements about it are proven."""
    names = {
        authority.name
        for policy in covering
        for authority in policy.authorities.values()
        if authority.speaks_for(model.reference, model.namespace)
        and any(authority.is_signer(found.signer) for found in sheet.attestations)
    }
    return ", ".join(sorted(names)) or None


def _verdicts(verdict: Verdict, covering: Sequence[Policy]) -> list[dict[str, Any]]:
    found = []
    for policy in covering[:_MAX_VERDICTS]:
        about = [finding for finding in verdict.findings if finding.policy == policy.name]
        found.append(
            {
                "policy": policy.name,
                "generation": policy.generation,
                "mode": policy.mode.value,
                "outcome": "Denied" if any(f.would_deny for f in about) else "Allowed",
                "findings": [_finding(f) for f in about[:_MAX_FINDINGS]],
            }
        )
    return found


def _finding(finding: Finding) -> dict[str, Any]:
    shown = {
        "code": finding.code,
        "outcome": finding.outcome.value,
        "message": plain(finding.message),
    }
    return {**shown, "fix": plain(finding.fix)} if finding.fix else shown
