"""Which evidence is to be verified with what: every piece of it with every anchor, each combination once and for all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Artifact, Attestation, Evidence, EvidenceKind, Rejection
from modeladmit.core.trust import TrustAnchor
from modeladmit.engine.ports import SignatureVerifier


@dataclass(frozen=True, slots=True)
class Verification:
    """One piece of evidence, what it must be about, and one anchor; the key is the identity of all three."""

    key: str
    evidence: Evidence
    subject: Digest | None
    anchor: TrustAnchor

    def result(self, verify: SignatureVerifier) -> Attestation | Rejection:
        """Verify it."""
        return verify(self.evidence, self.subject, self.anchor)


def verifications(
    evidence: Sequence[Evidence], artifact: Artifact, anchors: Sequence[TrustAnchor]
) -> Iterator[Verification]:
    """A model signature names files, every other form the artifact's digest. Evidence is hashed once for all anchors."""
    for item in evidence:
        digest = item.digest
        subject = None if item.kind is EvidenceKind.MODEL_SIGNATURE else artifact.digest
        for anchor in anchors:
            key = f"proof\x1e{digest}\x1e{subject}\x1e{anchor.digest}"
            yield Verification(key, item, subject, anchor)
