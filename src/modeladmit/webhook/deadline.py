"""How long an answer may take: the API server's `?timeout=` less a margin."""

import re
from time import perf_counter
from typing import Final

DEFAULT: Final = 10.0
"""Seconds; what the API server waits when a configuration names no timeout."""
_LONGEST: Final = 30.0
_SHORTEST: Final = 0.05
_DURATION: Final = re.compile(r"(?:([0-9]{1,4})m)?(?:([0-9]{1,6}(?:\.[0-9]{1,9})?)s)?")
_MILLISECONDS: Final = re.compile(r"([0-9]{1,6})ms")


class Deadline:
    """A point in time at which the answer must be under way."""

    __slots__ = ("_ends", "started")

    def __init__(self, seconds: float) -> None:
        self.started: Final = perf_counter()
        self._ends: Final = self.started + seconds

    @property
    def left(self) -> float:
        """Seconds, never negative."""
        return max(0.0, self._ends - perf_counter())

    @property
    def elapsed(self) -> float:
        """Seconds since the request was seen."""
        return perf_counter() - self.started


def allowance(timeout: str | None, margin: float) -> float:
    """Seconds for an answer. `timeout` is a Go duration; what is none counts as the default."""
    return max(_SHORTEST, min(_seconds(timeout), _LONGEST) - margin)


def _seconds(text: str | None) -> float:
    if not text:
        return DEFAULT
    if match := _MILLISECONDS.fullmatch(text):
        return int(match[1]) / 1000
    match = _DURATION.fullmatch(text)
    if match is None or not match[0]:
        return DEFAULT
    return int(match[1] or 0) * 60 + float(match[2] or 0)
