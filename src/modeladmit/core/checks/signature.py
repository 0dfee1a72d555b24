"""`require.signatures`: enough distinct authorities signed the artifact."""

from collections.abc import Iterator

from modeladmit.core.case import Case
from modeladmit.core.checks.vouching import listed, strangers, vouching
from modeladmit.core.evidence import Artifact, Attestation
from modeladmit.core.policy import Threshold
from modeladmit.core.reference import Scheme
from modeladmit.core.trust import KeyAnchor, SigstoreAnchor
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
    artifact = case.sheet.artifact
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
        fix=_fix(case, threshold, artifact),
    )


def _fix(case: Case, threshold: Threshold, artifact: Artifact) -> str:
    """The command that makes the kind of signature that the named authorities make."""
    if case.use.reference.scheme != Scheme.OCI:
        return (
            "sign the files with an accepted authority (model_signing sign) and publish model.sig"
        )
    target = str(artifact.pinned.uri).removeprefix("oci://")
    named = [
        case.policy.authorities[name] for name in threshold.of if name in case.policy.authorities
    ]
    anchors = [anchor for authority in named for anchor in authority.anchors]
    if any(isinstance(anchor, KeyAnchor) for anchor in anchors):
        return f"cosign sign --key KEY {target}"
    if any(isinstance(anchor, SigstoreAnchor) for anchor in anchors):
        return f"cosign sign {target} (as an identity that the policy names)"
    return f"sign {target} with a certificate that the policy names"


def _is_signature(attestation: Attestation) -> str | None:
    if attestation.predicate_type in SIGNATURE_PREDICATES:
        return None
    return f"a statement of type {attestation.predicate_type} is not a signature of the model"
