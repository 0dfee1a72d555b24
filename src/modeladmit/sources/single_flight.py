"""One answer for everybody who asks the same question at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Calls with equal keys share one running task and its result, or its error.

    A caller that gives up does not stop the others; when all have given up, the task is cancelled.
    """

    def __init__(self) -> None:
        self._flights: dict[object, tuple[asyncio.Task[T], list[None]]] = {}

    async def run(self, key: object, work: Callable[[], Awaitable[T]]) -> T:
        """Return what `work` returns, or what the one already running for `key` will."""
        flight = self._flights.get(key)
        if flight is None:
            task = asyncio.ensure_future(_awaited(work))
            flight = self._flights[key] = (task, [])
            task.add_done_callback(lambda done: self._landed(key, done))
        task, passengers = flight
        passengers.append(None)
        try:
            return await asyncio.shield(task)
        finally:
            passengers.pop()
            if not passengers and not task.done():
                self._flights.pop(key, None)
                task.cancel()

    def _landed(self, key: object, task: asyncio.Task[T]) -> None:
        flight = self._flights.get(key)
        if (
            flight is not None and flight[0] is task
        ):  # a stopped task ends after its successor began
            del self._flights[key]
        if not task.cancelled():
            task.exception()  # read it: whoever waited has it, or has given up


async def _awaited(work: Callable[[], Awaitable[T]]) -> T:
    return await work()
