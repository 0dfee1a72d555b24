"""What was found out for one request: one sheet a reference."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from modeladmit.core.evidence import Artifact, Attestation, Gap, Rejection
from modeladmit.core.reference import Reference


@dataclass(frozen=True, slots=True)
class FactSheet:
    """One reference, resolved once in a request, and what is proven about it."""

    artifact: Artifact | None = None
    gap: Gap | None = None
    """Why there is no artifact."""
    attestations: tuple[Attestation, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    evidence_gap: Gap | None = None
    """Why the evidence could not be read."""
    stale: bool = False
    """From the cache, past its freshness, because the store is away (law 6)."""


EMPTY = FactSheet(gap=Gap("SourceUnavailable", "nothing was asked"))


@dataclass(frozen=True, slots=True)
class Facts:
    """Sheets by `Reference.key`."""

    sheets: Mapping[str, FactSheet] = field(default_factory=dict)

    def about(self, reference: Reference) -> FactSheet:
        """The sheet; a missing one proves nothing."""
        return self.sheets.get(reference.key, EMPTY)
