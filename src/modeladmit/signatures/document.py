"""Untrusted JSON, read strictly: bounded, UTF-8, no duplicate keys, and errors that name the place.

Duplicate keys are refused because two readers may believe two different ones: what a log or a person checked would not
be what is judged here.
"""

import base64
import binascii
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Self

from modeladmit.core.digest import Digest
from modeladmit.errors import InvalidDigest, MalformedEvidence

MAX_BYTES: Final = 1 << 20
"""Default bound of a bundle, envelope or payload: 1 MiB."""
MAX_DEPTH: Final = 100

_EXACT_FLOAT: Final = 2.0**53
_INTEGER: Final = re.compile(r"-?[0-9]{1,19}")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_BASE64URL_BARE: Final = re.compile(r"[A-Za-z0-9_-]*")
_BASE64URL: Final = re.compile(rb"[A-Za-z0-9_-]*={0,2}")


@dataclass(frozen=True, slots=True)
class Node:
    """A value inside a document, with its place for messages."""

    value: Any
    place: str

    @classmethod
    def read(cls, content: bytes, what: str, *, limit: int = MAX_BYTES) -> Self:
        """Parse a whole document. Raises MalformedEvidence."""
        if len(content) > limit:
            raise MalformedEvidence(f"{what} is larger than {limit} bytes")
        try:
            value = json.loads(
                content.decode("utf-8"),
                object_pairs_hook=_unique,
                parse_constant=_refuse,
                parse_float=_finite,
            )
        except (ValueError, RecursionError):
            raise MalformedEvidence(f"{what} is not JSON in UTF-8 with unique keys") from None
        if _too_deep(value):
            raise MalformedEvidence(f"{what} is nested deeper than {MAX_DEPTH} levels")
        return cls(value, what)

    def __contains__(self, key: str) -> bool:
        return isinstance(self.value, dict) and self.value.get(key) is not None

    def __getitem__(self, key: str) -> "Node":
        found = self.get(key)
        if found is None:
            raise MalformedEvidence(f"{self.place}.{key} is missing")
        return found

    def get(self, key: str) -> "Node | None":
        """A member, or None when it is absent or null."""
        if not isinstance(self.value, dict):
            raise MalformedEvidence(f"{self.place} is not an object")
        value = self.value.get(key)
        return None if value is None else Node(value, f"{self.place}.{key}")

    def items(self, limit: int) -> Iterator["Node"]:
        """The elements of a list that may hold at most `limit`."""
        if not isinstance(self.value, list):
            raise MalformedEvidence(f"{self.place} is not a list")
        if len(self.value) > limit:
            raise MalformedEvidence(
                f"{self.place} has {len(self.value)} elements, more than {limit}"
            )
        for index, value in enumerate(self.value):
            yield Node(value, f"{self.place}[{index}]")

    def text(self) -> str:
        """A string that can be written as UTF-8."""
        if not isinstance(self.value, str) or not _is_unicode(self.value):
            raise MalformedEvidence(f"{self.place} is not a string")
        return self.value

    def integer(self) -> int:
        """A non-negative 64-bit integer, as a number or, as protobuf writes it, as a string."""
        value = self.value
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT_FLOAT:
            value = int(value)  # protobuf's Struct knows no integers: model-signing writes 4.0
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 63:
            raise MalformedEvidence(f"{self.place} is not a non-negative integer")
        return value

    def base64(self) -> bytes:
        """Base64, standard or URL-safe as protobuf allows, in canonical form."""
        text = self.text().encode()
        try:
            return _decoded(text)
        except binascii.Error:
            raise MalformedEvidence(f"{self.place} is not base64") from None

    def base64url(self) -> bytes:
        """Base64url without padding, as JWS writes it (RFC 7515 section 2)."""
        text = self.text()
        if not _BASE64URL_BARE.fullmatch(text):
            raise MalformedEvidence(f"{self.place} is not base64url")
        try:
            return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except binascii.Error:
            raise MalformedEvidence(f"{self.place} is not base64url") from None

    def moment(self) -> datetime:
        """A time with its zone (RFC 3339), in UTC."""
        try:
            moment = datetime.fromisoformat(self.text())
        except ValueError:
            raise MalformedEvidence(f"{self.place} is not a time") from None
        if moment.tzinfo is None:
            raise MalformedEvidence(f"{self.place} has no time zone")
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            raise MalformedEvidence(f"{self.place} is not a time") from None

    def digest(self, algorithm: str) -> Digest:
        """A lower-case hexadecimal digest."""
        try:
            return Digest(algorithm, self.text())
        except InvalidDigest:
            raise MalformedEvidence(f"{self.place} is not a {algorithm} digest") from None


def _decoded(text: bytes) -> bytes:
    if _BASE64URL.fullmatch(text) and not _BASE64.fullmatch(text):
        text = text.translate(bytes.maketrans(b"-_", b"+/"))
    if len(text) % 4:
        raise binascii.Error  # some versions of Python let one `=` behind whole groups pass
    return base64.b64decode(text, validate=True)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _finite(text: str) -> float:
    """`1e999` is infinite to one reader and an error to another."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True
