"""What verifying a signature against an anchor proves."""

from dataclasses import dataclass
from datetime import datetime

from modeladmit.core.evidence import Signer


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A proven signer, and what is known of when."""

    signer: Signer
    signed_at: datetime | None = None
    """Earliest trusted time: the signature existed then."""
    valid_from: datetime | None = None
    """Without trusted time: since when the certificate chain is valid."""
    valid_until: datetime | None = None
    """Without trusted time: when the certificate chain expires."""
