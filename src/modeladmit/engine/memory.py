"""A memory of facts, bounded in bytes: what was used least recently goes first."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from modeladmit.core.evidence import Artifact, Attestation, Evidence, Rejection

T = TypeVar("T")

_ENTRY = 600
"""Bytes that an entry costs beside its content: key, wrapper, table slots. Measured with tracemalloc, rounded up."""
_FILE = 450
_STATEMENT = 2_000


@dataclass(frozen=True, slots=True)
class Remembered(Generic[T]):
    """A fact and when it was found out."""

    value: T
    at: datetime


class Memory:
    """Facts by key. Not shared between threads: it lives on the event loop."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[str, tuple[Remembered[Any], int]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def used(self) -> int:
        """Bytes, as estimated."""
        return self._bytes

    def recall(self, key: str) -> Remembered[Any] | None:
        """What is remembered under a key, or None."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def keep(self, key: str, value: object, *, at: datetime) -> None:
        """Remember a fact, and forget the least recently used ones that no longer fit."""
        self._drop(key)
        size = _ENTRY + 2 * len(key) + weigh(value)
        if size > self._max_bytes:
            return
        self._entries[key] = (Remembered(value, at), size)
        self._bytes += size
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= entry[1]


def weigh(value: object) -> int:
    """An estimate of a fact's size in memory, in bytes."""
    match value:
        case Artifact():
            return (
                _STATEMENT
                + _FILE * (len(value.files) + len(value.executables))
                + 100 * len(value.platforms)
            )
        case Attestation():
            return _STATEMENT + _FILE * len(value.manifest) + 8 * len(str(value.predicate))
        case Rejection():
            return _STATEMENT
        case tuple():
            return sum(weigh(item) for item in value)
        case Evidence():
            return (
                _ENTRY
                + len(value.content)
                + sum(len(key) + len(text) for key, text in value.annotations.items())
            )
        case _:
            return _ENTRY
