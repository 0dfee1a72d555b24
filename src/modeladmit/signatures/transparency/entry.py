"""A transparency log entry as bundles carry it (protobuf-specs, sigstore_rekor.proto)."""

from dataclasses import dataclass
from typing import Final, Self

from modeladmit.errors import MalformedEvidence
from modeladmit.signatures.document import Node

MAX_PROOF_HASHES: Final = 64
"""Height of a Merkle tree of 2^64 leaves."""
_HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """An audit path (RFC 6962 section 2.1.1) and the checkpoint that it leads to."""

    index: int
    """In the tree of this log shard; the entry's own index counts over all shards."""
    size: int
    root: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str | None

    @classmethod
    def parse(cls, node: Node) -> Self:
        """Read it. Zero is absent in protobuf's JSON."""
        checkpoint = node.get("checkpoint")
        envelope = checkpoint.get("envelope") if checkpoint else None
        return cls(
            index=_integer(node, "logIndex"),
            size=_integer(node, "treeSize"),
            root=_hash(node["rootHash"]),
            hashes=tuple(_hash(item) for item in node["hashes"].items(MAX_PROOF_HASHES))
            if "hashes" in node
            else (),
            checkpoint=envelope.text() if envelope else None,
        )


@dataclass(frozen=True, slots=True)
class LogEntry:
    """What a log recorded, with its proof (v1 and v2) and its promise (v1 only)."""

    log_id: bytes
    kind: str
    version: str
    index: int
    body: bytes
    """Canonical JSON, as hashed into the tree."""
    integrated_time: int
    """Seconds since the epoch; 0 in Rekor v2. Believed only with a verified promise."""
    promise: bytes | None = None
    """SignedEntryTimestamp."""
    proof: InclusionProof | None = None

    @classmethod
    def parse(cls, node: Node) -> Self:
        """Read a `tlogEntries` element. Raises MalformedEvidence."""
        kind = node["kindVersion"]
        promise = node.get("inclusionPromise")
        return cls(
            log_id=node["logId"]["keyId"].base64(),
            kind=kind["kind"].text(),
            version=kind["version"].text(),
            index=_integer(node, "logIndex"),
            body=node["canonicalizedBody"].base64(),
            integrated_time=_integer(node, "integratedTime"),
            promise=promise["signedEntryTimestamp"].base64() if promise else None,
            proof=InclusionProof.parse(node["inclusionProof"])
            if "inclusionProof" in node
            else None,
        )

    @property
    def form(self) -> str:
        """Kind and version as one word: `hashedrekord/0.0.1`."""
        return f"{self.kind}/{self.version}"


def _integer(node: Node, key: str) -> int:
    found = node.get(key)
    return found.integer() if found else 0


def _hash(node: Node) -> bytes:
    value = node.base64()
    if len(value) != _HASH_BYTES:
        raise MalformedEvidence(f"{node.place} is not a SHA-256 hash")
    return value
