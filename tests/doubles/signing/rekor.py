"""Transparency logs: Rekor v1 (promises and proofs, ECDSA) and Rekor v2 (proofs only, Ed25519)."""

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from tests.doubles.signing.certificates import ec_key, public_der


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@dataclass(frozen=True)
class LogLies:
    """What a log, or whoever copies its entries, may get wrong."""

    unknown_log: bool = False
    no_proof: bool = False
    no_checkpoint: bool = False
    checkpoint_by_stranger: bool = False
    checkpoint_key_hint: bool = False
    checkpoint_size: bool = False
    checkpoint_root: bool = False
    checkpoint_cut: bool = False
    proof_hash: bool = False
    proof_index: bool = False
    proof_length: bool = False
    forged_promise: bool = False
    no_promise: bool = False
    later_time: bool = False
    other_kind: bool = False
    unknown_kind: bool = False


class Log:
    """An append-only tree. Older leaves are made up."""

    version = 1
    promises = True

    def __init__(self, origin: str = "rekor.example - 1", size: int = 11) -> None:
        self.key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey = ec_key()
        self.origin = origin
        self.older = [f"older leaf {number}".encode() for number in range(size)]

    @property
    def name(self) -> str:
        return self.origin.partition(" ")[0]

    @property
    def log_id(self) -> bytes:
        return hashlib.sha256(public_der(self.key)).digest()

    @property
    def details(self) -> str:
        return "PKIX_ECDSA_P256_SHA_256"

    def sign(self, data: bytes) -> bytes:
        assert isinstance(self.key, ec.EllipticCurvePrivateKey)
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))

    def entry(
        self, body: dict[str, Any], moment: datetime, lies: LogLies | None = None, *, index: int = 5
    ) -> dict[str, Any]:
        """Record a body and say so as bundles do."""
        lies = lies or LogLies()
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        leaves = [*self.older[:index], canonical, *self.older[index:]]
        root, path = _tree(leaves, index)
        key_id = hashlib.sha256(b"another log").digest() if lies.unknown_log else self.log_id
        kind = {"kind": body["kind"], "version": body["apiVersion"]}
        if lies.other_kind:
            kind = {"kind": "intoto", "version": "0.0.2"}
        entry: dict[str, Any] = {
            "logIndex": str(1000 + index if self.promises else index),
            "logId": {"keyId": b64(key_id)},
            "kindVersion": kind,
            "canonicalizedBody": b64(canonical),
        }
        if self.promises:
            seconds = int(moment.timestamp())
            entry["integratedTime"] = str(seconds + (60 if lies.later_time else 0))
            if not lies.no_promise:
                promise = self.promise(canonical, seconds, 1000 + index)
                entry["inclusionPromise"] = {
                    "signedEntryTimestamp": b64(self.sign(b"x") if lies.forged_promise else promise)
                }
        if not lies.no_proof:
            entry["inclusionProof"] = self._proof(root, path, index, len(leaves), lies)
        return entry

    def promise(self, canonical: bytes, seconds: int, index: int) -> bytes:
        payload = {
            "body": b64(canonical),
            "integratedTime": seconds,
            "logID": self.log_id.hex(),
            "logIndex": index,
        }
        return self.sign(json.dumps(payload, sort_keys=True, separators=(",", ":")).encode())

    def checkpoint(self, root: bytes, size: int, lies: LogLies) -> str:
        shown_size = size + 1 if lies.checkpoint_size else size
        shown_root = hashlib.sha256(b"other root").digest() if lies.checkpoint_root else root
        text = f"{self.origin}\n{shown_size}\n{b64(shown_root)}\n"
        if lies.checkpoint_cut:
            text = f"{self.origin}\n{shown_size}\n"
        signer = type(self)(self.origin) if lies.checkpoint_by_stranger else self
        hint = b"none" if lies.checkpoint_key_hint else self.log_id[:4]
        # Only Rekor v2 is witnessed; clients of v1 want every line to be the log's.
        cosigned = f"\u2014 witness.example {b64(b'wits' + b'cosignature')}\n"
        witness = "" if self.promises else cosigned
        return f"{text}\n\u2014 {self.name} {b64(hint + signer.sign(text.encode()))}\n{witness}"

    def _proof(
        self, root: bytes, path: list[bytes], index: int, size: int, lies: LogLies
    ) -> dict[str, Any]:
        if lies.proof_hash:
            path = [hashlib.sha256(b"other").digest(), *path[1:]]
        if lies.proof_length:
            path = path[1:]
        proof: dict[str, Any] = {
            "logIndex": str(index + 1 if lies.proof_index else index),
            "treeSize": str(size),
            "rootHash": b64(root),
            "hashes": [b64(item) for item in path],
        }
        if not lies.no_checkpoint:
            proof["checkpoint"] = {"envelope": self.checkpoint(root, size, lies)}
        return proof


class TiledLog(Log):
    """Rekor v2."""

    version = 2
    promises = False

    def __init__(self, origin: str = "log2026.example", size: int = 11) -> None:
        super().__init__(origin, size)
        self.key = ed25519.Ed25519PrivateKey.generate()

    @property
    def log_id(self) -> bytes:
        """Key id of a signed note: name, algorithm, key."""
        assert isinstance(self.key, ed25519.Ed25519PrivateKey)
        return hashlib.sha256(
            f"{self.name}\n".encode() + b"\x01" + self.key.public_key().public_bytes_raw()
        ).digest()

    @property
    def details(self) -> str:
        return "PKIX_ED25519"

    def sign(self, data: bytes) -> bytes:
        assert isinstance(self.key, ed25519.Ed25519PrivateKey)
        return self.key.sign(data)


def _tree(leaves: list[bytes], index: int) -> tuple[bytes, list[bytes]]:
    """Root and audit path by the recursive definition of RFC 6962: not the code under test."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest(), []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        left, path = _tree(leaves[:split], index)
        right, _ = _tree(leaves[split:], 0)
        path = [*path, right]
    else:
        left, _ = _tree(leaves[:split], 0)
        right, path = _tree(leaves[split:], index - split)
        path = [*path, left]
    return hashlib.sha256(b"\1" + left + right).digest(), path
