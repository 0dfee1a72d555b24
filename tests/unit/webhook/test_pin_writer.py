"""From a request for a new Pod to its pins, whatever happens on the way."""

import asyncio

import pytest

from modeladmit.core.pin import Pin
from modeladmit.core.pins import NOTHING
from modeladmit.core.policy import Requirements
from modeladmit.core.reference import Scheme
from modeladmit.engine.investigation import Investigation
from modeladmit.engine.memory import Memory
from modeladmit.engine.pinner import Pinner
from modeladmit.sources.fair_gate import FairGate
from modeladmit.telemetry import Metrics
from modeladmit.webhook.deadline import Deadline
from modeladmit.webhook.pin_writer import PinWriter
from modeladmit.workloads.inspect import inspect_object
from tests.building import PINNED, TAGGED, policy
from tests.unit.engine.test_investigation import Counting, Hand, Nobody, Store
from tests.unit.webhook.reviews import pod, request
from tests.unit.webhook.test_reviewer import Known, serving, snapshot

TAG = TAGGED.removeprefix("oci://")
WRITES = policy(Requirements(pinning=Pin.DIGEST), write_pins=True)
PATH = "/spec/volumes/0/image/reference"


def writer(store, known, *, inspect=inspect_object, queue=None, metrics=None):
    investigation = Investigation(
        sources={Scheme.OCI: store},
        verify=Counting(),
        memory=Memory(10_000_000),
        clock=Hand(),
        observer=Nobody(),
    )
    gate = queue or FairGate(8, per_tenant=4, queued=4)
    return PinWriter(Pinner(inspect, investigation), known, gate, metrics or Metrics())


async def pins_of(found, asked, seconds=2.0):
    return await found.pins(asked, Deadline(seconds))


async def test_a_new_pod_is_pinned():
    store = Store()
    found = writer(store, Known(snapshot(WRITES)))
    written = await pins_of(found, request(serving(TAG)))
    value = PINNED.removeprefix("oci://")
    assert ({"op": "replace", "path": PATH, "value": value},) == written.operations
    assert found.queue.idle


@pytest.mark.parametrize(
    "changes",
    [
        {"operation": "UPDATE", "oldObject": pod()},
        {"operation": "DELETE"},
        {"subResource": "ephemeralcontainers"},
        {"kind": {"group": "apps", "version": "v1", "kind": "Deployment"}},
        {"namespace": "unheard-of"},
    ],
    ids=["an update", "a deletion", "a subresource", "another kind", "an unknown namespace"],
)
async def test_only_new_pods_of_known_namespaces_are_written(changes):
    store = Store()
    written = await pins_of(
        writer(store, Known(snapshot(WRITES))), request(serving(TAG), **changes)
    )
    assert NOTHING == written
    assert [] == store.asked


async def test_policies_that_are_not_known_write_nothing():
    found = writer(Store(), Known(snapshot(WRITES, synced=False)))
    assert NOTHING == await pins_of(found, request(serving(TAG)))


async def test_a_namespace_made_a_moment_ago_is_asked_for():
    store = Store()
    known = Known(snapshot(WRITES, namespaces={}), {"team-a": {}})
    written = await pins_of(writer(store, known), request(serving(TAG)))
    assert written.operations


async def test_a_store_that_is_away_writes_nothing():
    """The gate denies it, and says why."""
    store = Store(away=True)
    assert NOTHING == await pins_of(writer(store, Known(snapshot(WRITES))), request(serving(TAG)))


async def test_a_bug_writes_nothing_and_is_counted():
    def broken(*_, **__):
        raise ZeroDivisionError

    metrics = Metrics()
    found = writer(Store(), Known(snapshot(WRITES)), inspect=broken, metrics=metrics)
    assert NOTHING == await pins_of(found, request(serving(TAG)))
    assert metrics.registry.get_sample_value("modeladmit_internal_errors_total") == 1


async def test_who_waits_too_long_for_a_turn_gets_nothing():
    queue = FairGate(1, per_tenant=1, queued=1)
    await queue.enter("team-a")
    found = writer(Store(), Known(snapshot(WRITES)), queue=queue)
    assert NOTHING == await pins_of(found, request(serving(TAG)), 0.01)
    waiting = asyncio.create_task(queue.enter("team-a"))
    await asyncio.sleep(0)
    assert NOTHING == await pins_of(found, request(serving(TAG)))
    queue.leave("team-a")
    await waiting
