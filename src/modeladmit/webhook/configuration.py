"""The `configuration` entry: our own kinds. Everything is compiled as the policy store would, and refused with the field's path."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, Protocol

from modeladmit.api.compile import Compiled, CompiledModelRef, Problem
from modeladmit.cluster.model_refs import applicable, declaring, workload
from modeladmit.core.credentials import CredentialScope
from modeladmit.core.fieldpath import ROOT, FieldPath
from modeladmit.core.policy import Exemption, Mode, Policy
from modeladmit.core.situation import Operation
from modeladmit.core.verdict import Finding, Outcome, Verdict
from modeladmit.engine.admitter import Admitter
from modeladmit.engine.circumstances import Circumstances
from modeladmit.errors import InvalidFieldPath
from modeladmit.webhook.deadline import Deadline
from modeladmit.webhook.policies import Policies
from modeladmit.webhook.request import AdmissionRequest
from modeladmit.webhook.skips import identity

_FIX: Final = "mend the field; `kubectl explain` shows what it takes"


class Drafts(Protocol):
    """Compiles objects that are not stored yet, with what they refer to."""

    async def draft(self, obj: Mapping[str, Any], *, seconds: float) -> Compiled[Any]:
        """The object by its kind."""


@dataclass(frozen=True, slots=True)
class ConfigurationReview:
    """Validates TrustPolicy, TrustRoot, PolicyExemption; validates and judges ModelRef."""

    admitter: Admitter
    policies: Policies
    drafts: Drafts
    circumstances: Circumstances

    async def validate(self, request: AdmissionRequest, deadline: Deadline) -> Verdict:
        """Every problem of the object; an update that leaves `spec` alone has none that are new."""
        obj = request.obj
        if obj is None:
            problem = Problem("", "the review holds no object")
            return Verdict.of(identity(request), [_finding(problem, request.kind)])
        if request.old is not None and request.old.get("spec") == obj.get("spec"):
            return Verdict(identity(request), inference=False)
        compiled = await self.drafts.draft(obj, seconds=deadline.left)
        if compiled.problems:
            return Verdict.of(
                identity(request),
                [_finding(problem, request.kind) for problem in compiled.problems],
                inference=False,
            )
        if isinstance(compiled.value, CompiledModelRef):
            return await self._judge(compiled.value, request, deadline)
        notes = (*_notes(request), *self._idle(request), *self._without_effect(compiled.value))
        return Verdict.of(identity(request), notes, inference=False)

    def _idle(self, request: AdmissionRequest) -> Iterable[Finding]:
        """A field that does nothing in this cluster would look like protection."""
        asked = request.kind == "TrustPolicy" and _spec(request.obj).get("writePins") == "Pods"
        if asked and not self.circumstances.writes_pins:
            yield Finding(
                "PinsNotWritten",
                Outcome.WARN,
                "this cluster writes no pins: unpinned Pods are denied as if it said Never",
                field=ROOT / "spec" / "writePins",
                fix="ask the cluster operator for webhook.writePins.enabled=true in the chart",
            )

    def _without_effect(self, value: object) -> Iterable[Finding]:
        """What is stored and does nothing: a wrong year, a policy or label that is misspelt."""
        snapshot, now = self.policies.snapshot(), self.admitter.clock.now()
        if not snapshot.synced:
            return
        match value:
            case Exemption(expires_at=end) if end <= now:
                yield _no_effect(
                    ROOT / "spec" / "expiresAt",
                    f"it ended at {end:%Y-%m-%dT%H:%MZ}, before it was written",
                    "write a time to come",
                )
            case Exemption(policies=named):
                known = [policy.name for policy in snapshot.policies]
                for name in sorted(named.difference(known)):
                    close = get_close_matches(name, known, n=1)
                    yield _no_effect(
                        ROOT / "spec" / "policies",
                        f"there is no TrustPolicy/{name}, so nothing of it is excused",
                        f"did you mean {close[0]}?" if close else "name a TrustPolicy that exists",
                    )
            case Policy() as policy if not any(
                policy.selects(labels)
                for namespace, labels in snapshot.namespaces.items()
                if self.circumstances.asked_about(namespace)
            ):
                yield _no_effect(
                    ROOT / "spec" / "match" / "namespaceSelector",
                    "it selects no namespace of today",
                    "compare it with `kubectl get namespaces --show-labels`",
                )

    async def _judge(
        self, model: CompiledModelRef, request: AdmissionRequest, deadline: Deadline
    ) -> Verdict:
        snapshot = self.policies.snapshot()
        namespace = request.namespace or model.namespace
        labels = await self.policies.labels(namespace, seconds=deadline.left / 2)
        situation = self.circumstances.situation(
            snapshot, namespace, labels, operation=Operation(request.operation)
        )
        verdict = await self.admitter.judge(
            workload(model),
            declaring(situation, model),
            snapshot,
            seconds=deadline.left,
            scope=CredentialScope(namespace, model.pull_secrets),
        )
        return applicable(verdict)


def _no_effect(field: FieldPath, message: str, fix: str) -> Finding:
    return Finding("NoEffect", Outcome.WARN, message, field=field, fix=fix)


def _finding(problem: Problem, kind: str) -> Finding:
    """A field that the path grammar cannot say stays in the message."""
    code = "InvalidReference" if kind == "ModelRef" else "PolicyInvalid"
    try:
        return Finding(
            code, Outcome.FAIL, problem.message, field=FieldPath.parse(problem.field), fix=_FIX
        )
    except InvalidFieldPath:
        return Finding(code, Outcome.FAIL, str(problem), fix=_FIX)


def _notes(request: AdmissionRequest) -> Iterable[Finding]:
    """What an administrator should know before a policy begins to deny."""
    if request.kind != "TrustPolicy" or _mode(request.obj) != Mode.ENFORCE:
        return
    if request.old is None or _mode(request.old) == Mode.ENFORCE:
        return
    status = request.old.get("status")
    status = status if isinstance(status, Mapping) else {}
    denied = status.get("wouldDeny")
    if isinstance(denied, int) and denied > 0:
        yield Finding(
            "WouldDeny",
            Outcome.WARN,
            f"by the last scan, {denied} live workload{'' if denied == 1 else 's'} would be denied under Enforce",
            field=ROOT / "spec" / "mode",
            fix=f"`modeladmit preview` lists them; `kubectl describe trustpolicy {request.name}` names the first",
        )
    elif not isinstance(denied, int):
        yield Finding(
            "WouldDeny",
            Outcome.WARN,
            "no scan has counted yet which live workloads this denies",
            field=ROOT / "spec" / "mode",
            fix="`modeladmit preview` shows them",
        )


def _mode(obj: Mapping[str, Any] | None) -> object:
    return _spec(obj).get("mode")


def _spec(obj: Mapping[str, Any] | None) -> Mapping[str, Any]:
    spec = (obj or {}).get("spec")
    return spec if isinstance(spec, Mapping) else {}
