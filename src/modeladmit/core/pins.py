"""`writePins: Pods`: which references of a Pod are written out as what they resolve to, and how. Pure.

What is written is judged afterwards like anything else: writing a pin admits nothing (law 5).
"""

from dataclasses import dataclass

from modeladmit.core.evidence import Artifact
from modeladmit.core.facts import Facts
from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.patch import JsonPatchOperation, patch
from modeladmit.core.plan import Question
from modeladmit.core.policy import Mode, Policy
from modeladmit.core.verdict import Finding, Outcome
from modeladmit.core.workload import ModelUse, Workload


@dataclass(frozen=True, slots=True)
class Pins:
    """The edits of one object."""

    operations: tuple[JsonPatchOperation, ...] = ()
    """JSON Patch (RFC 6902)."""
    findings: tuple[Finding, ...] = ()
    """`PinWritten`, one a reference: for the log and the metrics."""


NOTHING = Pins()


def questions(workload: Workload, jurisdiction: Jurisdiction) -> tuple[Question, ...]:
    """What must be resolved, each reference once; no evidence, because nothing is admitted here."""
    asked = {use.reference.key: use.reference for use in _weak(workload, jurisdiction)}
    return tuple(Question(reference, evidence=False) for reference in asked.values())


def pins(workload: Workload, jurisdiction: Jurisdiction, facts: Facts) -> Pins:
    """The edits that make every weak reference as strong as its policies ask. What could not be resolved stays as it is."""
    edits, findings = [], []
    for use in _weak(workload, jurisdiction):
        artifact = facts.about(use.reference).artifact
        if artifact is None or artifact.pin <= use.pin:
            continue
        known = [(edit, artifact.digest, artifact.revision) for edit in use.pin_edits]
        if any(edit.operation(digest=digest, revision=rev) is None for edit, digest, rev in known):
            continue  # half an edit would name something else
        edits += known
        findings.append(_finding(use, artifact))
    return Pins(tuple(patch(edits)), tuple(findings)) if edits else NOTHING


def _finding(use: ModelUse, artifact: Artifact) -> Finding:
    return Finding(
        "PinWritten",
        Outcome.PASS,
        f"{use.reference} is written as {artifact.pinned}",
        field=use.field,
        container=use.container,
        subject=use.reference.uri,
    )


def _weak(workload: Workload, jurisdiction: Jurisdiction) -> tuple[ModelUse, ...]:
    """Uses that an enforced policy which writes pins would deny for their pin. Audit and Warn change no object."""
    return tuple(
        use
        for use in workload.uses
        if use.pin_edits
        and use.reference.resolvable
        and not use.carrier.mutable
        and any(_writes(policy, use) for policy in jurisdiction.covering(use))
    )


def _writes(policy: Policy, use: ModelUse) -> bool:
    asked = policy.require.pinning
    return (
        policy.write_pins and policy.mode is Mode.ENFORCE and asked is not None and use.pin < asked
    )
