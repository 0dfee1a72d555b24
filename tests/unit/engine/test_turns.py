"""Large work lets others in between: counted, never timed."""

import asyncio

from modeladmit.engine.turns import TURN, in_turns


def counting(number):
    for _ in range(number):
        yield
    return number


async def turns_of_others(steps):
    """How often somebody else was served while the steps were done."""
    served = 0
    done = asyncio.ensure_future(in_turns(steps))
    while not done.done():
        served += 1
        await asyncio.sleep(0)
    await done
    return served


async def test_the_result_is_the_generators():
    assert 3 == await in_turns(counting(3))


async def test_small_work_is_done_in_one_turn():
    """A usual review never gives its turn away: that would cost more than the review."""
    assert await turns_of_others(counting(TURN - 1)) <= 2


async def test_everybody_else_is_served_between_turns():
    assert await turns_of_others(counting(50 * TURN)) >= 50
