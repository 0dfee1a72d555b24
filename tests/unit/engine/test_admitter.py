"""Read, plan, find out, judge: the whole way with a store in memory."""

from modeladmit.core.reference import Scheme
from modeladmit.engine.admitter import Admitter
from modeladmit.engine.investigation import Investigation
from modeladmit.engine.memory import Memory
from modeladmit.engine.snapshot import Snapshot
from tests.building import SITUATION, signed_by, use, workload
from tests.unit.engine.test_investigation import SIGNED, Counting, Hand, Nobody, Store


def admitter(store, clock):
    investigation = Investigation(
        sources={Scheme.OCI: store},
        verify=Counting(),
        memory=Memory(10_000_000),
        clock=clock,
        observer=Nobody(),
    )
    return Admitter(lambda obj, **_: workload(*obj["uses"]), investigation, clock, Nobody())


SNAPSHOT = Snapshot((signed_by("release"),), synced=True)
POD = {"uses": (use(), use(), use(container="other"))}


async def test_equal_references_in_a_pod_cost_one_resolution():
    store = Store()
    verdict = await admitter(store, Hand()).assess(POD, SITUATION, SNAPSHOT, seconds=5)
    assert verdict.allowed
    assert ["resolve", "evidence"] == store.asked


async def test_whoever_has_just_signed_does_not_wait_for_a_cache():
    store, clock = Store(signatures=()), Hand()
    door = admitter(store, clock)
    assert not (await door.assess(POD, SITUATION, SNAPSHOT, seconds=5)).allowed
    store.signatures = (SIGNED,)
    clock.forward(seconds=4)
    assert (await door.assess(POD, SITUATION, SNAPSHOT, seconds=5)).allowed


async def test_a_flood_of_denials_does_not_flood_the_store():
    store = Store(signatures=())
    door = admitter(store, Hand())
    for _ in range(10):
        await door.assess(POD, SITUATION, SNAPSHOT, seconds=5)
    assert ["resolve", "evidence"] == store.asked


async def test_without_a_policy_nobody_is_asked():
    store = Store()
    await admitter(store, Hand()).assess(POD, SITUATION, Snapshot(synced=True), seconds=5)
    assert [] == store.asked
