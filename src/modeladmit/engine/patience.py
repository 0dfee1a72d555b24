"""How long whoever asks can still wait: known to everything that is done on the asker's behalf, and to nobody else.

Tasks inherit a context variable (PEP 567), so that a store's `Retry-After` can be weighed where it arrives, without every
port carrying a deadline. What goes on in the background afterwards keeps the patience of who asked first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import Final

_ENDS: Final[ContextVar[float | None]] = ContextVar("ends", default=None)


@contextmanager
def waiting(seconds: float) -> Iterator[None]:
    """What is started inside is done for somebody who waits that long."""
    before = _ENDS.set(perf_counter() + seconds)
    try:
        yield
    finally:
        _ENDS.reset(before)


def seconds_left() -> float | None:
    """Seconds, never negative; None when nobody in particular waits."""
    ends = _ENDS.get()
    return None if ends is None else max(0.0, ends - perf_counter())
