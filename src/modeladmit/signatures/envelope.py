"""DSSE envelopes (secure-systems-lab/dsse, protocol.md and envelope.md, version 1)."""

from dataclasses import dataclass
from typing import Final, Self

from modeladmit.core.digest import Digest
from modeladmit.errors import MalformedEvidence, UnsupportedEvidence
from modeladmit.signatures.document import Node

IN_TOTO: Final = "application/vnd.in-toto+json"
_MAX_LISTED: Final = 64


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with exactly one signature."""

    payload_type: str
    payload: bytes
    signature: bytes

    @classmethod
    def parse(cls, node: Node) -> Self:
        """Read it.

        More than one signature is refused: which of them counts would depend on the reader. `keyid` is an
        unauthenticated hint and is not read. Raises MalformedEvidence or UnsupportedEvidence.
        """
        signatures = list(node["signatures"].items(_MAX_LISTED))
        if not signatures:
            raise MalformedEvidence(f"{node.place} has no signature")
        if len(signatures) > 1:
            raise UnsupportedEvidence(
                f"{node.place} has {len(signatures)} signatures; exactly one is accepted: store one envelope for each signer"
            )
        signature = signatures[0]["sig"].base64()
        if not signature:
            raise MalformedEvidence(f"{node.place} has an empty signature")
        return cls(node["payloadType"].text(), node["payload"].base64(), signature)

    @property
    def pae(self) -> bytes:
        """The signed bytes: the pre-authentication encoding of type and payload."""
        kind = self.payload_type.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)

    @property
    def payload_digest(self) -> Digest:
        """SHA-256 of the payload, as Rekor v1 records it."""
        return Digest.sha256(self.payload)
