"""The door of the room: evidence and trust in, an attestation or the reason why there is none out.

The result depends on nothing but the arguments: it may be cached under (evidence digest, subject, anchor digest). What
depends on the time of day stands in it as `signed_at` and `valid_until`.
"""

from typing import Final

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Attestation, Evidence, EvidenceKind, Rejection
from modeladmit.core.trust import KeyAnchor, TrustAnchor
from modeladmit.errors import (
    BadSignature,
    MalformedEvidence,
    SubjectMismatch,
    UnsupportedEvidence,
    UntrustedLog,
    UntrustedSigner,
    UntrustedTime,
    VerificationError,
)
from modeladmit.signatures import claims, cosign
from modeladmit.signatures.authentication import Authenticated, by_key
from modeladmit.signatures.bundle import Bundle
from modeladmit.signatures.document import MAX_BYTES
from modeladmit.signatures.keys import Message
from modeladmit.signatures.signed import Signed

STEPS: Final[dict[type[VerificationError], str]] = {
    MalformedEvidence: "parse",
    UnsupportedEvidence: "parse",
    BadSignature: "signature",
    UntrustedSigner: "certificate",
    UntrustedTime: "time",
    UntrustedLog: "log",
    SubjectMismatch: "subject",
}


def verify(
    evidence: Evidence,
    subject: Digest | None,
    anchor: TrustAnchor,
    *,
    artifact: bytes | None = None,
    limit: int = MAX_BYTES,
) -> Attestation | Rejection:
    """Verify evidence against one anchor.

    `subject` is the digest that a statement must be about; a model signature names files instead and needs none.
    `artifact` are the bytes behind the digest, where the caller has them: only Ed25519 over a whole artifact needs them.
    `limit` bounds the evidence in bytes.
    """
    claimed: str | None = None
    try:
        signed = _read(evidence, _message(artifact, subject), limit)
        claimed = signed.claimed_signer
        authenticated = _authenticate(signed, anchor)
        return claims.attested(evidence, signed, authenticated, subject, limit)
    except VerificationError as failure:
        return Rejection(evidence.origin, STEPS[type(failure)], str(failure), claimed)
    except Exception:  # noqa: BLE001 (a stranger's bytes must not hide the good signature beside them)
        return Rejection(evidence.origin, "parse", "the evidence cannot be read", claimed)


def _message(artifact: bytes | None, subject: Digest | None) -> Message:
    message = Message(artifact, subject)
    if (
        artifact is not None
        and subject is not None
        and message.hashed(subject.algorithm) != bytes.fromhex(subject.hex)
    ):
        raise SubjectMismatch("the bytes of the artifact do not hash to its digest")
    return message


def _read(evidence: Evidence, artifact: Message, limit: int) -> Signed:
    match evidence.kind:
        case EvidenceKind.SIGSTORE_BUNDLE | EvidenceKind.MODEL_SIGNATURE:
            return Bundle.parse(evidence.content, limit=limit).signed(artifact)
        case EvidenceKind.COSIGN_SIGNATURE:
            return cosign.simple_signature(evidence)
        case EvidenceKind.COSIGN_ATTESTATION:
            return cosign.attestation(evidence, limit)
        case EvidenceKind.NOTATION_JWS:
            raise UnsupportedEvidence("Notation signatures are not read yet")


def _authenticate(signed: Signed, anchor: TrustAnchor) -> Authenticated:
    match anchor:
        case KeyAnchor():
            return by_key(signed, anchor)
        case _:
            raise UnsupportedEvidence("not yet")
