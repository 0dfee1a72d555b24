"""Places in flight, shared fairly."""

import asyncio

import pytest

from modeladmit.errors import SourceUnavailable
from modeladmit.sources.fair_gate import FairGate


async def _queue(gate: FairGate, *tenants: str) -> tuple[list[str], list[asyncio.Task[None]]]:
    """Let tenants queue in this order; the list says in which order they entered."""
    entered: list[str] = []

    async def visit(tenant: str) -> None:
        await gate.enter(tenant)
        entered.append(tenant)

    tasks = []
    for tenant in tenants:
        tasks.append(asyncio.create_task(visit(tenant)))
        await asyncio.sleep(0)
    return entered, tasks


async def test_waiters_are_taken_in_turn_by_tenant() -> None:
    """One tenant's hundred requests do not stand before another's first."""
    gate = FairGate(1, per_tenant=1, queued=100)
    await gate.enter("greedy")
    entered, tasks = await _queue(gate, *["greedy"] * 5, "modest", "third")
    for _ in tasks:
        gate.leave("greedy" if not entered else entered[-1])
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert entered == ["greedy", "modest", "third", "greedy", "greedy", "greedy", "greedy"]


async def test_no_tenant_holds_every_place() -> None:
    """A tenant whose requests hang leaves places for the others."""
    gate = FairGate(4, per_tenant=3, queued=100)
    entered, tasks = await _queue(gate, *["hanging"] * 10, "other")
    assert entered == ["hanging"] * 3 + ["other"]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_giving_up_leaves_no_trace() -> None:
    """A waiter that is cancelled neither blocks the queue nor keeps a place."""
    gate = FairGate(1, per_tenant=1, queued=10)
    await gate.enter("a")
    entered, tasks = await _queue(gate, "b", "c")
    tasks[0].cancel()
    await asyncio.gather(tasks[0], return_exceptions=True)
    gate.leave("a")
    await tasks[1]
    assert entered == ["c"]
    gate.leave("c")
    assert gate.idle


async def test_giving_up_in_the_moment_of_admission() -> None:
    """A place given to somebody who has just gone is given on."""
    gate = FairGate(1, per_tenant=1, queued=10)
    await gate.enter("a")
    _, tasks = await _queue(gate, "b", "c")
    gate.leave("a")  # b's turn has come, b has not run yet
    tasks[0].cancel()
    await asyncio.gather(tasks[0], return_exceptions=True)
    await tasks[1]
    gate.leave("c")
    assert gate.idle


async def test_a_full_queue_is_an_inability() -> None:
    """Waiting is bounded, too."""
    gate = FairGate(1, per_tenant=1, queued=1)
    await gate.enter("a")
    _, tasks = await _queue(gate, "a")
    with pytest.raises(SourceUnavailable):
        await gate.enter("a")
    gate.leave("a")
    await tasks[0]


async def test_who_gives_up_in_the_moment_of_the_turn() -> None:
    """The place goes to the next in the same queue, and is not lost."""
    gate = FairGate(1, per_tenant=1, queued=10)
    await gate.enter("a")
    first, second = (asyncio.ensure_future(gate.enter("a")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    gate.leave("a")
    await asyncio.gather(first, return_exceptions=True)
    for _ in range(3):
        await asyncio.sleep(0)
    assert second.done()
    gate.leave("a")
    assert gate.idle
