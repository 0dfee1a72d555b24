"""`require.signatures`: enough distinct authorities signed the artifact."""

from collections.abc import Iterator

from modeladmit.core.case import Case
from modeladmit.core.checks.remedy import sign
from modeladmit.core.checks.vouching import listed, strangers, vouching
from modeladmit.core.evidence import Attestation
from modeladmit.core.verdict import Finding

SIGNATURE_PREDICATES = frozenset(
    {None, "https://sigstore.dev/cosign/sign/v1", "https://model_signing/signature/v1.0"}
)
"""What "signed" means: a plain signature, cosign's statement that says nothing else, or a model signature."""


def check(case: Case) -> Iterator[Finding]:
    """Count the authorities that signed."""
    threshold = case.policy.require.signatures
    if threshold is None or case.sheet.artifact is None:
        return
    found = vouching(case, threshold, _is_signature)
    if found.reaches(threshold):
        return
    if case.sheet.evidence_gap is not None:
        yield case.unknown(case.sheet.evidence_gap)
        return
    wanted = listed(threshold.of)
    if found.voices:
        message = f"{found.count} of {threshold.minimum} signatures needed from {wanted}; signed by {listed(found.voices)}"
    else:
        needed = "any of" if threshold.minimum == 1 else f"{threshold.minimum} of"
        message = f"no signature by {needed} {wanted}"
    own = f"; {'; '.join(found.problems[:3])}" if found.problems else ""
    yield case.fail(
        "SignatureMissing",
        f"{case.use.reference.uri}: {message}{own}{strangers(case)}",
        fix=sign(case, threshold),
    )


def _is_signature(attestation: Attestation) -> str | None:
    if attestation.predicate_type in SIGNATURE_PREDICATES:
        return None
    return f"a statement of type {attestation.predicate_type} is not a signature of the model"
