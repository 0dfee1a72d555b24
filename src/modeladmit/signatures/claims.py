"""What an authenticated signature says: the last step, and the only one that reads signed content."""

from typing import Final

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Attestation, Evidence, EvidenceKind
from modeladmit.errors import SubjectMismatch, UnsupportedEvidence
from modeladmit.signatures import cosign, notation
from modeladmit.signatures.authentication import Authenticated
from modeladmit.signatures.model_signature import PREDICATE, ModelManifest
from modeladmit.signatures.signed import Signed
from modeladmit.signatures.statement import Statement

_SHOWN: Final = 3


def attested(
    evidence: Evidence, signed: Signed, who: Authenticated, subject: Digest | None, limit: int
) -> Attestation:
    """The statement as a fact. Raises MalformedEvidence, UnsupportedEvidence or SubjectMismatch."""
    if signed.envelope is not None:
        statement = Statement.parse(signed.envelope, limit)
        if evidence.kind is EvidenceKind.MODEL_SIGNATURE or statement.predicate_type == PREDICATE:
            return _model(evidence, who, ModelManifest.parse(statement))
        _about(statement.subjects, subject)
        return Attestation(
            signer=who.signer,
            subjects=statement.subjects,
            predicate_type=statement.predicate_type,
            predicate=statement.predicate,
            signed_at=who.signed_at,
            valid_from=who.valid_from,
            valid_until=who.valid_until,
            names=statement.names,
            origin=evidence.origin,
        )
    if evidence.kind is EvidenceKind.MODEL_SIGNATURE:
        raise UnsupportedEvidence(
            "a model signature is a DSSE envelope over a manifest of files, not a signature over bytes"
        )
    if evidence.kind is EvidenceKind.COSIGN_SIGNATURE:
        subjects: tuple[Digest, ...] = (cosign.signed_digest(evidence.content),)
    elif evidence.kind is EvidenceKind.NOTATION_JWS:
        subjects = (notation.signed_digest(signed.payload, limit),)
    else:
        # A signature over the artifact itself holds for the digest that it was verified with, and no other.
        subjects = (subject,) if subject is not None else ()
    _about(subjects, subject)
    return Attestation(
        signer=who.signer,
        subjects=subjects,
        predicate_type=None,
        signed_at=who.signed_at,
        valid_from=who.valid_from,
        valid_until=who.valid_until,
        origin=evidence.origin,
    )


def _model(evidence: Evidence, who: Authenticated, manifest: ModelManifest) -> Attestation:
    """Names files instead of a digest: whether they are those of an artifact, `core.model_manifest` says."""
    return Attestation(
        signer=who.signer,
        subjects=(),
        predicate_type=PREDICATE,
        signed_at=who.signed_at,
        valid_from=who.valid_from,
        valid_until=who.valid_until,
        manifest=manifest.entries,
        ignored_paths=manifest.ignored_paths,
        names=(manifest.model,) if manifest.model else (),
        origin=evidence.origin,
    )


def _about(subjects: tuple[Digest, ...], subject: Digest | None) -> None:
    if subject is None:
        raise SubjectMismatch("no digest is known that the statement could be about")
    if subject not in subjects:
        shown = (
            ", ".join(digest.short for digest in subjects[:_SHOWN])
            or "nothing that can be compared"
        )
        raise SubjectMismatch(f"the signature holds, but it is about {shown}, not {subject.short}")
