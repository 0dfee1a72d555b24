"""Whether a trusted log recorded an entry, and since when that is known."""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from modeladmit.core.digest import Digest
from modeladmit.errors import BadSignature, UntrustedLog
from modeladmit.signatures.algorithms import Message, verify_with
from modeladmit.signatures.transparency.checkpoint import Checkpoint
from modeladmit.signatures.transparency.entry import InclusionProof, LogEntry
from modeladmit.signatures.transparency.merkle import root_of
from modeladmit.signatures.trusted_root import Log

PROMISING: Final = frozenset({"hashedrekord/0.0.1", "dsse/0.0.1", "intoto/0.0.1", "intoto/0.0.2"})
"""Rekor v1 kinds. Rekor v2 promises nothing and knows no time: `integratedTime` means nothing there."""


def find_log(entry: LogEntry, logs: Sequence[Log]) -> Log:
    """The trusted log that an entry names. Raises UntrustedLog."""
    for log in logs:
        if log.key_id == entry.log_id:
            return log
    name = Digest("sha256", entry.log_id.hex()).short if len(entry.log_id) == 32 else "unknown"  # noqa: PLR2004 (SHA-256)
    raise UntrustedLog(f"the entry is from log {name}, which is not in the trusted root")


def verify_proof(entry: LogEntry, log: Log) -> None:
    """Inclusion proof and checkpoint. Raises UntrustedLog."""
    proof = entry.proof
    if proof is None:
        raise UntrustedLog("the inclusion proof is missing")
    if proof.checkpoint is None:
        raise UntrustedLog("inclusion proof: the checkpoint is missing")
    checkpoint = Checkpoint.parse(proof.checkpoint)
    checkpoint.verify(log)
    _verify_path(entry, proof, checkpoint)


def _verify_path(entry: LogEntry, proof: InclusionProof, checkpoint: Checkpoint) -> None:
    if checkpoint.root != proof.root or checkpoint.size != proof.size:
        raise UntrustedLog("inclusion proof: root hash or tree size is not that of the checkpoint")
    if root_of(entry.body, proof.index, proof.size, proof.hashes) != proof.root:
        raise UntrustedLog("inclusion proof: the hashes do not lead to the root")


def verify_promise(entry: LogEntry, log: Log) -> datetime:
    """The SignedEntryTimestamp, and the time that it vouches for. Raises UntrustedLog."""
    if entry.promise is None:
        raise UntrustedLog("the inclusion promise (SignedEntryTimestamp) is missing")
    if entry.form not in PROMISING:
        raise UntrustedLog(f"entries of kind {entry.form} carry no promise")
    if not entry.integrated_time:
        raise UntrustedLog("inclusion promise: the integrated time is missing")
    try:
        verify_with(log.key, log.algorithm, entry.promise, Message(_promised(entry)))
    except BadSignature:
        raise UntrustedLog("inclusion promise: the log's signature does not verify") from None
    try:
        return datetime.fromtimestamp(entry.integrated_time, tz=UTC)
    except (OverflowError, ValueError, OSError):
        raise UntrustedLog("inclusion promise: the integrated time is out of range") from None


def _promised(entry: LogEntry) -> bytes:
    """RFC 8785 form of what Rekor signs: all keys sorted, all values plain."""
    recorded = {
        "body": base64.b64encode(entry.body).decode(),
        "integratedTime": entry.integrated_time,
        "logID": entry.log_id.hex(),
        "logIndex": entry.index,
    }
    return json.dumps(recorded, separators=(",", ":"), sort_keys=True).encode()
