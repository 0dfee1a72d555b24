"""Checkpoints: what a log signs about its tree (C2SP tlog-checkpoint in a C2SP signed-note)."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final, Self

from modeladmit.errors import BadSignature, UntrustedLog
from modeladmit.signatures.algorithms import Message, verify_with
from modeladmit.signatures.trusted_root import Log

MAX_CHARACTERS: Final = 64 << 10
MAX_SIGNATURES: Final = 64
_HASH_BYTES: Final = 32
_KEY_HINT_BYTES: Final = 4
_HEADER_LINES: Final = 3
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNATURE: Final = re.compile("\u2014 ([^ +]+) ([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One line of a signed note: by a log or by a witness."""

    name: str
    hint: bytes
    """First four bytes of the key id."""
    signature: bytes


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and root hash of a tree, as signed."""

    origin: str
    size: int
    root: bytes
    signed: bytes
    signatures: tuple[NoteSignature, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a signed note. Raises UntrustedLog."""
        body, separator, listed = text.partition("\n\n")
        if (
            len(text) > MAX_CHARACTERS
            or not separator
            or not listed.endswith("\n")
            or "\n\n" in listed
        ):
            raise UntrustedLog("checkpoint: not a signed note (text, blank line, signatures)")
        lines = body.split("\n")
        if len(lines) < _HEADER_LINES:
            raise UntrustedLog("checkpoint: origin, tree size or root hash is missing")
        origin, size, root = lines[:_HEADER_LINES]
        if not origin:
            raise UntrustedLog("checkpoint: the origin is missing")
        if not _SIZE.fullmatch(size):
            raise UntrustedLog("checkpoint: the tree size is missing or not a decimal number")
        hashed = _base64(root)
        if hashed is None or len(hashed) != _HASH_BYTES:
            raise UntrustedLog("checkpoint: the root hash is missing or not a SHA-256 hash")
        return cls(origin, int(size), hashed, (body + "\n").encode(), _signatures(listed))

    def verify(self, log: Log) -> None:
        """Some signature must be by the log's key; cosignatures of witnesses are left alone. Raises UntrustedLog."""
        own = [item for item in self.signatures if item.hint == log.key_id[:_KEY_HINT_BYTES]]
        if not own:
            raise UntrustedLog(f"checkpoint: not signed by the log's key {log.key_id.hex()[:12]}")
        for item in own:
            try:
                verify_with(log.key, log.algorithm, item.signature, Message(self.signed))
            except BadSignature:
                continue
            return
        raise UntrustedLog(
            f"checkpoint: the signature by the log's key {log.key_id.hex()[:12]} does not verify"
        )


def _signatures(listed: str) -> tuple[NoteSignature, ...]:
    lines = listed.split("\n")[:-1]
    if len(lines) > MAX_SIGNATURES:
        raise UntrustedLog(f"checkpoint: more than {MAX_SIGNATURES} signatures")
    found: list[NoteSignature] = []
    for line in lines:
        matched = _SIGNATURE.fullmatch(line)
        value = _base64(matched[2]) if matched else None
        if matched is None or value is None or len(value) <= _KEY_HINT_BYTES:
            raise UntrustedLog("checkpoint: a signature line is malformed")
        found.append(NoteSignature(matched[1], value[:_KEY_HINT_BYTES], value[_KEY_HINT_BYTES:]))
    return tuple(found)


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
