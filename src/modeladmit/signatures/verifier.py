"""The door of the room: evidence and trust in, an attestation or the reason why there is none out.

The result depends on nothing but the arguments: it may be cached under (evidence digest, subject, anchor digest). What
depends on the time of day stands in it as `signed_at` and `valid_until`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import (
    Attestation,
    CertificateSigner,
    Evidence,
    EvidenceKind,
    KeySigner,
    Rejection,
    Signer,
)
from modeladmit.core.trust import CertificateAnchor, KeyAnchor, SigstoreAnchor, TrustAnchor
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
from modeladmit.signatures import claims, cosign, notation
from modeladmit.signatures.algorithms import Message
from modeladmit.signatures.authentication import Authenticated
from modeladmit.signatures.bundle import Bundle
from modeladmit.signatures.certified import by_certificate
from modeladmit.signatures.document import MAX_BYTES
from modeladmit.signatures.keyless import by_sigstore
from modeladmit.signatures.managed_key import by_key
from modeladmit.signatures.model_signature import ModelManifest, refuse_legacy
from modeladmit.signatures.signed import Signed
from modeladmit.signatures.statement import Statement

_Proof = TypeVar("_Proof")
_BOUNDS: Final = {EvidenceKind.MODEL_SIGNATURE: 4 << 20}
"""Bytes. It lists every file of a model, and there is one beside the files; of others anybody may push many."""

STEPS: Final[dict[type[VerificationError], str]] = {
    MalformedEvidence: "parse",
    UnsupportedEvidence: "parse",
    BadSignature: "signature",
    UntrustedSigner: "certificate",
    UntrustedTime: "time",
    UntrustedLog: "log",
    SubjectMismatch: "subject",
}


@dataclass(frozen=True, slots=True)
class VerifiedModel:
    """A model signature whose signer is proven, with everything it covers: for those who have the files."""

    signer: Signer
    manifest: ModelManifest
    signed_at: datetime | None
    valid_from: datetime | None
    valid_until: datetime | None


def verify(
    evidence: Evidence,
    subject: Digest | None,
    anchor: TrustAnchor,
    *,
    artifact: bytes | None = None,
    limit: int | None = None,
) -> Attestation | Rejection:
    """Verify evidence against one anchor.

    `subject` is the digest that a statement must be about; a model signature names files instead and needs none.
    `artifact` are the bytes behind the digest, where the caller has them: only Ed25519 over a whole artifact needs them.
    `limit` bounds the evidence in bytes; None: as its kind does.
    """
    bound = limit or _BOUNDS.get(evidence.kind, MAX_BYTES)

    def attest(signed: Signed, who: Authenticated) -> Attestation:
        return claims.attested(evidence, signed, who, subject, bound)

    return _guarded(evidence, Message(artifact, subject), anchor, bound, attest)


def verify_model(
    evidence: Evidence, anchor: TrustAnchor, *, limit: int = MAX_BYTES
) -> VerifiedModel | Rejection:
    """Verify an OpenSSF model signature for comparing files on disk: shards and every hash are understood."""

    def model(signed: Signed, who: Authenticated) -> VerifiedModel:
        if signed.envelope is None:
            raise UnsupportedEvidence(
                "a model signature is a DSSE envelope over a manifest of files"
            )
        manifest = ModelManifest.parse(Statement.parse(signed.envelope, limit))
        return VerifiedModel(who.signer, manifest, who.signed_at, who.valid_from, who.valid_until)

    return _guarded(evidence, Message(), anchor, limit, model)


def _guarded(
    evidence: Evidence,
    artifact: Message,
    anchor: TrustAnchor,
    limit: int,
    then: Callable[[Signed, Authenticated], _Proof],
) -> _Proof | Rejection:
    if evidence.problem:
        return Rejection(evidence.origin, "read", evidence.problem)
    claimed: str | None = None
    try:
        signed = _read(evidence, artifact, limit)
        claimed = signed.claimed_signer
        _check_artifact(artifact)
        who = authenticate(signed, anchor)
        claimed = claimed or _named(who.signer)
        return then(signed, who)
    except VerificationError as failure:
        return Rejection(evidence.origin, STEPS[type(failure)], str(failure), claimed)
    except BaseException as problem:
        # A stranger's bytes must not hide the good signature beside them, nor end the review. Rust libraries panic with
        # an exception that is no Exception.
        if not isinstance(problem, Exception) and type(problem).__name__ != "PanicException":
            raise
        return Rejection(evidence.origin, "parse", "the evidence cannot be read", claimed)


def _named(signer: Signer) -> str:
    match signer:
        case KeySigner(fingerprint):
            return f"key {fingerprint.short}"
        case CertificateSigner():
            return ", ".join(signer.names[:3]) or signer.subject


def _check_artifact(artifact: Message) -> None:
    """A signature over the artifact is verified with its bytes and reported for its digest: they must belong together."""
    subject = artifact.digest
    if artifact.content is None or subject is None:
        return
    if artifact.hashed(subject.algorithm) != bytes.fromhex(subject.hex):
        raise SubjectMismatch("the bytes of the artifact do not hash to its digest")


def _read(evidence: Evidence, artifact: Message, limit: int) -> Signed:
    match evidence.kind:
        case EvidenceKind.SIGSTORE_BUNDLE | EvidenceKind.MODEL_SIGNATURE:
            signed = Bundle.parse(evidence.content, limit=limit).signed(artifact)
            if evidence.kind is EvidenceKind.MODEL_SIGNATURE and signed.envelope is not None:
                refuse_legacy(Statement.parse(signed.envelope, limit))
            return signed
        case EvidenceKind.COSIGN_SIGNATURE:
            return cosign.simple_signature(evidence)
        case EvidenceKind.COSIGN_ATTESTATION:
            return cosign.attestation(evidence, limit)
        case EvidenceKind.NOTATION_JWS:
            return notation.envelope(evidence.content, limit)


def authenticate(signed: Signed, anchor: TrustAnchor) -> Authenticated:
    """Who signed, by one anchor. Raises VerificationError."""
    _check_claim(signed)
    match anchor:
        case KeyAnchor():
            return by_key(signed, anchor)
        case SigstoreAnchor():
            return by_sigstore(signed, anchor)
        case CertificateAnchor():
            return by_certificate(signed, anchor)


def _check_claim(signed: Signed) -> None:
    claimed = signed.claimed_digest
    actual = signed.message.hashed(claimed.algorithm) if claimed is not None else None
    if claimed is not None and actual is not None and actual.hex() != claimed.hex:
        raise BadSignature(
            f"the bundle signs {claimed.short}, which is not the digest of the artifact"
        )
