"""Pure work on the event loop, in turns with everything else that waits there."""

import asyncio
from typing import Final, TypeVar

from modeladmit.core.steps import Steps

T = TypeVar("T")
TURN: Final = 128
"""Steps: about a millisecond, so that nobody's large object holds up another tenant's review."""


async def in_turns(steps: Steps[T]) -> T:
    """The result; after each turn everybody else who is ready goes first. What is small is done in one."""
    while True:
        for _ in range(TURN):
            try:
                next(steps)
            except StopIteration as end:
                result: T = end.value
                return result
        await asyncio.sleep(0)
