"""Everything that can be found out about one reference: the artifact, and who signed it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modeladmit.cli.signers import described
from modeladmit.core.authority import Authority
from modeladmit.core.credentials import ANONYMOUS
from modeladmit.core.evidence import Artifact, Attestation, Evidence, Rejection
from modeladmit.core.reference import Reference
from modeladmit.core.trust import CertificateAnchor
from modeladmit.engine.patience import waiting
from modeladmit.errors import DeadlineExceeded, EvidenceError
from modeladmit.signatures.verifier import verify
from modeladmit.wiring import Engine

_NOBODY: Final = CertificateAnchor(b"")
"""Trusts no one: what evidence claims about its signer is read, and nothing is believed."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One piece of evidence: who claims it, and which authority it is proven to be by."""

    origin: str
    kind: str
    about: str
    """The predicate type, or `signature`."""
    signer: str
    authority: str | None
    """Name of the authority that it verified for; None: nobody that was named."""
    problem: str | None = None
    read: bool = True
    """Whether it could be read at all."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is known of a reference today."""

    artifact: Artifact
    signatures: tuple[Signature, ...]
    unknown: str | None = None
    """Why the list of signatures could not be had."""


async def investigate(
    engine: Engine, reference: Reference, authorities: Sequence[Authority], *, seconds: float
) -> Dossier:
    """Ask the store what the reference is, then for its signatures. Raises leaves of EvidenceError."""
    source = engine.sources[reference.scheme]
    try:
        with waiting(seconds):
            async with asyncio.timeout(seconds):
                artifact = await source.resolve(reference, scope=ANONYMOUS)
                try:
                    evidence = (await source.evidence(artifact, scope=ANONYMOUS)).evidence
                except EvidenceError as error:
                    return Dossier(artifact, (), str(error))
    except TimeoutError:
        raise DeadlineExceeded(f"no answer within {seconds:g} s") from None
    return Dossier(artifact, tuple(_signature(item, artifact, authorities) for item in evidence))


def _signature(
    evidence: Evidence, artifact: Artifact, authorities: Sequence[Authority]
) -> Signature:
    if evidence.problem:
        return Signature(
            evidence.origin, evidence.kind, "", "nobody", None, evidence.problem, read=False
        )
    problem: str | None = None
    for authority in authorities:
        for anchor in authority.anchors:
            found = verify(evidence, artifact.digest, anchor)
            if isinstance(found, Attestation) and authority.is_signer(found.signer):
                about = found.predicate_type or "signature"
                return Signature(
                    evidence.origin,
                    evidence.kind,
                    about,
                    described(found.signer, found.signed_at),
                    authority.name,
                )
            if isinstance(found, Rejection):
                problem = found.detail
    claimed = verify(evidence, artifact.digest, _NOBODY)
    signer = claimed.signer if isinstance(claimed, Rejection) else described(claimed.signer, None)
    return Signature(evidence.origin, evidence.kind, "", signer or "unknown", None, problem)
