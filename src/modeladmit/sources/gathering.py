"""Several questions at once: the first inability ends all of them and is raised as itself, not as an ExceptionGroup."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def together(*questions: Awaitable[T]) -> list[T]:
    """Await all and return their results in order. Raises what the first failing one raises, after stopping the others."""
    return await each(questions)


async def each(questions: Iterable[Awaitable[T]]) -> list[T]:
    """The same for a computed list. One question is awaited in place: no task, no switch."""
    waiting = list(questions)
    if len(waiting) == 1:
        return [await waiting[0]]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_awaited(question)) for question in waiting]
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in tasks]


async def _awaited(question: Awaitable[T]) -> T:
    return await question
