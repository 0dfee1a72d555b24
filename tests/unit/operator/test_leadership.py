"""One replica works at a time."""

import pytest

from modeladmit.cluster.errors import ClusterUnreachable
from modeladmit.cluster.resources import LEASES
from modeladmit.operator.leadership import DURATION, LEASE, Leadership
from tests.unit.cluster.apiserver import Hours, InMemory


@pytest.fixture
def api() -> InMemory:
    return InMemory()


@pytest.fixture
def clock() -> Hours:
    return Hours()


def replica(api, clock, identity: str) -> Leadership:
    return Leadership(api, namespace="sys", identity=identity, monotonic=clock)


def holder(api) -> str:
    return str(api.objects[LEASES.plural, "sys", LEASE]["spec"]["holderIdentity"])


async def test_the_first_one_takes_it(api, clock):
    await replica(api, clock, "a").acquire()
    assert holder(api) == "a"


async def test_a_second_one_does_not(api, clock):
    await replica(api, clock, "a").acquire()
    assert not await replica(api, clock, "b")._try()
    assert holder(api) == "a"


async def test_a_lease_that_stood_still_is_taken_over(api, clock):
    """By our own clock: clocks of machines differ."""
    await replica(api, clock, "a").acquire()
    other = replica(api, clock, "b")
    assert not await other._try()
    clock.now += DURATION + 1
    assert await other._try()
    assert holder(api) == "b"
    assert api.objects[LEASES.plural, "sys", LEASE]["spec"]["leaseTransitions"] == 1


async def test_a_lease_that_is_renewed_is_not(api, clock):
    first, other = replica(api, clock, "a"), replica(api, clock, "b")
    await first.acquire()
    for _ in range(4):
        assert not await other._try()
        clock.now += DURATION - 1
        assert await first._try()
    assert holder(api) == "a"


async def test_a_released_lease_is_free_at_once(api, clock):
    first = replica(api, clock, "a")
    await first.acquire()
    await first.release()
    assert await replica(api, clock, "b")._try()


async def test_nobody_releases_what_is_anothers(api, clock):
    first, other = replica(api, clock, "a"), replica(api, clock, "b")
    await first.acquire()
    await other.release()
    assert holder(api) == "a"


async def test_without_the_api_server_nobody_leads(api, clock):
    api.failure = ClusterUnreachable("away")
    assert not await replica(api, clock, "a")._try()


async def test_of_two_who_try_at_once_one_wins(api, clock):
    """The resource version decides."""
    first = replica(api, clock, "a")
    await first.acquire()
    clock.now += 100
    late, later = replica(api, clock, "b"), replica(api, clock, "c")
    for one in (late, later):
        assert not await one._try()
    clock.now += DURATION + 1
    assert await late._try()
    assert not await later._try()
    assert holder(api) == "b"
