"""Equal questions asked at the same time share one answer, and nobody who stops waiting cancels it for the others.

Bounded on both sides: a flight ends when its time is up, and one owner has only so many. Attack: a store that never
answers, and a tenant who names a new model of it in every request.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from modeladmit.errors import DeadlineExceeded, LimitExceeded

T = TypeVar("T")
Work = Callable[[], Coroutine[Any, Any, T]]


class Flights:
    """Tasks by key. A task outlives the request that started it: the retry after a deadline finds it done (law 8)."""

    def __init__(self, *, seconds: float = 120.0, per_owner: int = 1024) -> None:
        self._seconds = seconds
        self._per_owner = per_owner
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._owned: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, key: str, work: Work[T], *, owner: str | None = None) -> asyncio.Task[T]:
        """The task under way for a key, or a new one. Raises LimitExceeded when its owner has too many.

        Without an owner it is part of another flight, which is counted.
        """
        task = self._tasks.get(key)
        if task is None:
            if owner is not None and self._owned[owner] >= self._per_owner:
                raise LimitExceeded(
                    "too many references of this namespace are being looked up; try again when some are answered"
                )
            name = f"flight {key[:80]!r}"
            task = asyncio.get_running_loop().create_task(self._bounded(work), name=name)
            self._tasks[key] = task
            if owner is not None:
                self._owned[owner] += 1
            task.add_done_callback(lambda done: self._landed(key, owner, done))
        return task

    async def share(self, key: str, work: Work[T]) -> T:
        """The result of `work`, started only when no equal work is under way. Raises what it raises, or DeadlineExceeded."""
        return await asyncio.shield(self.start(key, work))

    async def aclose(self) -> None:
        """Cancel what is still under way."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _bounded(self, work: Work[T]) -> T:
        try:
            async with asyncio.timeout(self._seconds):
                return await work()
        except TimeoutError:
            raise DeadlineExceeded(
                f"the store has not answered within {self._seconds:g} s"
            ) from None

    def _landed(self, key: str, owner: str | None, task: asyncio.Task[Any]) -> None:
        if self._tasks.get(key) is task:
            del self._tasks[key]
        if owner is not None:
            self._owned[owner] -= 1
            if not self._owned[owner]:
                del self._owned[owner]
        if not task.cancelled():
            task.exception()  # read it, so that a result nobody waits for any more is not reported as lost
