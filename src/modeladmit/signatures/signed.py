"""What every form of signature comes down to: bytes, a signature over them, and what came along to verify it."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from modeladmit.core.digest import Digest
from modeladmit.signatures.algorithms import Message
from modeladmit.signatures.envelope import Envelope
from modeladmit.signatures.material import Certificates, Material
from modeladmit.signatures.names import names_of
from modeladmit.signatures.transparency.entry import LogEntry


class ProofRule(Enum):
    """Which proof that a log entry exists a form asks for."""

    PROMISE = auto()
    """A promise (SignedEntryTimestamp); a proof is verified if there: bundle v0.1 and cosign's annotations."""
    PROOF = auto()
    """An inclusion proof with a checkpoint; a promise is verified if there: bundle v0.2 and later."""


@dataclass(frozen=True, slots=True)
class Signed:
    """One signature, parsed and not yet believed."""

    message: Message
    signature: bytes
    material: Material
    claimed_digest: Digest | None = None
    """What is said to be signed, where the message is the artifact: a hint that must not contradict."""
    envelope: Envelope | None = None
    """Set when the message is the encoding of an envelope."""
    entries: tuple[LogEntry, ...] = ()
    timestamps: tuple[bytes, ...] = ()
    """RFC 3161 responses in DER."""
    proof_rule: ProofRule = ProofRule.PROOF
    timestamped: bytes | None = None
    """What the timestamps cover, where it is not the signature."""
    stored: bytes | None = None
    """The envelope byte for byte, where the form keeps it."""
    payload: bytes = b""
    """What the message says, where it is neither an envelope nor the message itself."""
    expires: datetime | None = None
    """When the signer himself wants it to end."""
    algorithm: str | None = None
    """The one algorithm that the form allows (RFC 7518 name); None: whatever suits the key."""

    @property
    def claimed_signer(self) -> str | None:
        """Who says to have signed: unauthenticated, for messages."""
        if isinstance(self.material, Certificates):
            return (
                ", ".join(names_of(self.material.leaf)[:3])
                or self.material.leaf.subject.rfc4514_string()
                or None
            )
        return f"key hint {self.material.hint}" if self.material.hint else None
