"""Memory for requests in flight: a flood of large objects waits instead of filling the process."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

FACTOR: Final = 8
"""Bytes of memory for a byte of JSON that is parsed and read, measured on Pods and deployments, rounded up."""


class MemoryBudget:
    """Bytes that may be in use at once. First come, first served, so that large requests do not starve."""

    def __init__(self, limit: int) -> None:
        self._limit: Final = limit
        self._used = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @property
    def used(self) -> int:
        """Bytes lent out."""
        return self._used

    @asynccontextmanager
    async def lend(self, body: int, seconds: float) -> AsyncIterator[None]:
        """Room for a body of so many bytes. Raises TimeoutError."""
        size = min(body * FACTOR, self._limit)
        if self._waiting or self._used + size > self._limit:
            await self._queue(size, seconds)
        else:
            self._used += size
        try:
            yield
        finally:
            self._used -= size
            self._admit()

    async def _queue(self, size: int, seconds: float) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await asyncio.wait_for(turn, seconds)
        except (TimeoutError, asyncio.CancelledError):
            if turn.done() and not turn.cancelled():
                self._used -= size
            self._admit()
            raise

    def _admit(self) -> None:
        while self._waiting:
            size, turn = self._waiting[0]
            if not turn.done() and self._used + size > self._limit:
                return
            self._waiting.popleft()
            if not turn.done():
                self._used += size
                turn.set_result(None)
