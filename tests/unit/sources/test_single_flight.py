"""One answer for everybody who asks at the same time."""

import asyncio

from modeladmit.sources.single_flight import SingleFlight


async def test_a_stopped_flight_does_not_take_its_successor_with_it() -> None:
    """When all have given up and somebody asks again, the third to ask joins the second."""
    flights: SingleFlight[str] = SingleFlight()
    release, started = asyncio.Event(), 0

    async def work() -> str:
        nonlocal started
        started += 1
        try:
            await release.wait()
        except asyncio.CancelledError:
            for _ in range(5):
                await asyncio.sleep(0)  # takes a moment to end
            raise
        return "answer"

    first = asyncio.ensure_future(flights.run("key", work))
    while not started:  # noqa: ASYNC110 - the work does not signal
        await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    second = asyncio.ensure_future(flights.run("key", work))
    for _ in range(10):
        await asyncio.sleep(0)
    third = asyncio.ensure_future(flights.run("key", work))
    await asyncio.sleep(0)
    release.set()
    assert ["answer", "answer"] == list(await asyncio.gather(second, third))
    assert started == 2
