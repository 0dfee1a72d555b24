"""Large bodies wait for room; small ones behind them do not overtake."""

import asyncio

import pytest

from modeladmit.webhook.memory_budget import FACTOR, MemoryBudget

MIB = 1 << 20


@pytest.fixture
def budget() -> MemoryBudget:
    return MemoryBudget(10 * MIB * FACTOR)


async def test_room_is_given_back(budget):
    async with budget.lend(4 * MIB, 1):
        assert budget.used == 4 * MIB * FACTOR
    assert budget.used == 0


async def test_who_finds_no_room_in_time_is_refused(budget):
    async with budget.lend(8 * MIB, 1):
        with pytest.raises(TimeoutError):
            async with budget.lend(4 * MIB, 0.001):
                raise AssertionError
    assert budget.used == 0


async def test_a_body_larger_than_the_budget_gets_all_of_it(budget):
    """Alone, it is read."""
    async with budget.lend(100 * MIB, 1):
        assert budget.used == 10 * MIB * FACTOR
    assert budget.used == 0


async def test_first_come_first_served(budget):
    """A stream of small bodies must not starve a large one."""
    order = []

    async def ask(name: str, size: int) -> None:
        async with budget.lend(size, 5):
            order.append(name)

    async with budget.lend(8 * MIB, 1):
        large = asyncio.create_task(ask("large", 8 * MIB))
        await asyncio.sleep(0)
        small = asyncio.create_task(ask("small", MIB))
        await asyncio.sleep(0)
    await asyncio.gather(large, small)
    assert ["large", "small"] == order
    assert budget.used == 0


async def test_who_leaves_the_queue_leaves_nothing_behind(budget):
    async with budget.lend(8 * MIB, 1):
        waiting = asyncio.create_task(_held(budget))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with budget.lend(10 * MIB, 0.001):
        pass
    assert budget.used == 0


async def _held(budget: MemoryBudget) -> None:
    async with budget.lend(8 * MIB, 5):
        raise AssertionError
