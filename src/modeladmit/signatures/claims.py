"""What an authenticated signature says: the last step, and the only one that reads signed content."""

from typing import Final

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Attestation, Evidence, EvidenceKind
from modeladmit.errors import SubjectMismatch, UnsupportedEvidence
from modeladmit.signatures import cosign
from modeladmit.signatures.authentication import Authenticated
from modeladmit.signatures.signed import Signed
from modeladmit.signatures.statement import Statement

_SHOWN: Final = 3


def attested(
    evidence: Evidence, signed: Signed, who: Authenticated, subject: Digest | None, limit: int
) -> Attestation:
    """The statement as a fact. Raises MalformedEvidence, UnsupportedEvidence or SubjectMismatch."""
    if signed.envelope is not None:
        statement = Statement.parse(signed.envelope, limit)
        _about(statement.subjects, subject)
        return Attestation(
            signer=who.signer,
            subjects=statement.subjects,
            predicate_type=statement.predicate_type,
            predicate=statement.predicate,
            signed_at=who.signed_at,
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
        _about(subjects, subject)
    else:
        # A signature over the artifact itself holds for the digest that it was verified with, and no other.
        subjects = (subject,) if subject is not None else ()
        _about(subjects, subject)
    return Attestation(
        signer=who.signer,
        subjects=subjects,
        predicate_type=None,
        signed_at=who.signed_at,
        valid_until=who.valid_until,
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
