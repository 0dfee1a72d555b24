"""Long pure work in small steps: a generator that yields nothing after each step and returns the result.

Whoever has nobody else to serve exhausts it; the engine lets other reviews in between. No clock, no thread.
"""

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]


def finished(steps: Steps[T]) -> T:
    """The result, in one go."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
