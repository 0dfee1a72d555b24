"""What has to be looked at next, and when: one queue of keys, each in it at most once.

kopf's timers and daemons are not used: they add finalizers, and a finalizer on a tenant's object blocks the deletion of
his namespace once the operator is gone.
"""

import asyncio
import heapq
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)


class Schedule(Generic[Key]):
    """Keys by the time at which they are due."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic: Final = monotonic
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._order = 0
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._due)

    def touch(self, key: Key, *, after: float = 0.0) -> None:
        """Look at it after so many seconds, or earlier if that is planned already."""
        at = self._monotonic() + after
        known = self._due.get(key)
        if known is not None and known <= at:
            return
        self._due[key] = at
        self._order += 1
        heapq.heappush(self._heap, (at, self._order, key))
        self._changed.set()

    def forget(self, key: Key) -> None:
        """Never look at it again."""
        self._due.pop(key, None)

    async def next(self) -> Key:
        """The next key, when it is due. It is no longer planned then."""
        while True:
            self._changed.clear()
            wait = self._wait()
            if wait is not None and wait <= 0:
                _, _, key = heapq.heappop(self._heap)
                del self._due[key]
                return key
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _wait(self) -> float | None:
        """Seconds until something is due; None: nothing is planned. Entries that were moved or forgotten are dropped."""
        while self._heap:
            at, _, key = self._heap[0]
            if self._due.get(key) == at:
                return at - self._monotonic()
            heapq.heappop(self._heap)
        return None
