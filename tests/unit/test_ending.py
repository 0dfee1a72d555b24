"""Work goes on until it is done, fails, or somebody asks the process to end."""

import asyncio
import os
import signal

import pytest

from modeladmit.in_cluster.ending import Ending


async def done() -> None:
    """Nothing to do."""


async def for_ever() -> None:
    await asyncio.Event().wait()


async def test_work_that_is_done_was_done_before_the_end():
    assert await Ending().unless(done())


async def test_of_several_the_first_one_counts_and_the_others_are_stopped():
    stopped = asyncio.Event()

    async def other() -> None:
        try:
            await for_ever()
        finally:
            stopped.set()

    assert await Ending().unless(done(), other())
    assert stopped.is_set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_work(number):
    ending = Ending()
    asyncio.get_running_loop().call_soon(os.kill, os.getpid(), number)
    assert not await ending.unless(for_ever())
    assert ending.asked
    assert not await ending.unless(for_ever())


async def test_work_that_fails_is_not_work_that_is_done():
    """A leader that stands still must not go on holding its Lease."""

    async def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Ending().unless(for_ever(), broken())
