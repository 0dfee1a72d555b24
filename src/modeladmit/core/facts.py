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

    @property
    def cut_short(self) -> bool:
        """Whether something is missing for a reason that passes."""
        return any(gap is not None and gap.transient for gap in (self.gap, self.evidence_gap))


EMPTY = FactSheet(gap=Gap("SourceUnavailable", "nothing was asked"))


@dataclass(frozen=True, slots=True)
class Facts:
    """Sheets by `Reference.key`."""

    sheets: Mapping[str, FactSheet] = field(default_factory=dict)

    def renewed(self, later: "Facts") -> "Facts":
        """With later sheets in place of earlier ones, but for what an outage or a deadline cut short.

        What was proven absent a moment ago is not unknown now: a denial must not become a gap that a policy forgives.
        """
        kept = {key: sheet for key, sheet in later.sheets.items() if not sheet.cut_short}
        return Facts({**self.sheets, **kept})

    def about(self, reference: Reference) -> FactSheet:
        """The sheet; a missing one proves nothing."""
        return self.sheets.get(reference.key, EMPTY)
