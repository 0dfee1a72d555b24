"""Each key is looked at when it is due, once."""

import asyncio

import pytest

from modeladmit.operator.schedule import Schedule
from tests.unit.cluster.apiserver import Hours


@pytest.fixture
def clock() -> Hours:
    return Hours()


@pytest.fixture
def schedule(clock) -> Schedule[str]:
    return Schedule(clock)


async def test_what_is_due_comes_in_the_order_of_its_time(schedule, clock):
    for key, after in (("c", 3), ("a", 1), ("b", 2)):
        schedule.touch(key, after=after)
    clock.now += 10
    assert ["a", "b", "c"] == [await schedule.next() for _ in range(3)]
    assert len(schedule) == 0


async def test_a_key_is_planned_once(schedule, clock):
    for _ in range(5):
        schedule.touch("a")
    schedule.touch("b", after=1)
    clock.now += 2
    assert ["a", "b"] == [await schedule.next(), await schedule.next()]


async def test_the_earlier_time_counts(schedule, clock):
    schedule.touch("a", after=100)
    schedule.touch("a", after=1)
    schedule.touch("a", after=50)
    clock.now += 2
    assert await schedule.next() == "a"
    assert len(schedule) == 0


async def test_what_is_forgotten_does_not_come(schedule, clock):
    schedule.touch("a")
    schedule.forget("a")
    schedule.touch("b")
    assert await schedule.next() == "b"


async def test_who_waits_is_woken(schedule):
    waiting = asyncio.create_task(schedule.next())
    await asyncio.sleep(0)
    assert not waiting.done()
    schedule.touch("a")
    assert await waiting == "a"


async def test_a_forgotten_key_can_be_planned_again(schedule):
    schedule.touch("a", after=100)
    schedule.forget("a")
    schedule.touch("a")
    assert await schedule.next() == "a"
