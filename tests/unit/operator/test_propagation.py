"""Which replicas judge by which generation."""

import aiohttp
import pytest
from aiohttp import web

from modeladmit.cluster.errors import ClusterUnreachable
from modeladmit.cluster.resources import PODS
from modeladmit.core.policy import Mode
from modeladmit.operator.propagation import Replicas, behind
from modeladmit.telemetry import Metrics
from tests.building import policy
from tests.unit.cluster.apiserver import InMemory


@pytest.fixture
async def replica(aiohttp_server):
    """A webhook's metrics page; it judges by generation 3 of two policies."""
    metrics = Metrics()
    metrics.judging_by([policy(name="production"), policy(name="trial", mode=Mode.AUDIT)])

    async def page(_request):
        return web.Response(body=metrics.exposition())

    app = web.Application()
    app.router.add_get("/metrics", page)
    return await aiohttp_server(app)


def pod(name: str, address: str, **changes) -> dict[str, object]:
    labels = {"app.kubernetes.io/component": "webhook"}
    return {
        "metadata": {"name": name, "namespace": "sys", "labels": labels, **changes},
        "status": {"phase": "Running", "podIP": address},
    }


async def asked(api: InMemory, port: int):
    async with aiohttp.ClientSession() as session:
        return await Replicas(api, session, namespace="sys", port=port).generations()


async def test_every_replica_says_what_it_judges_by(replica):
    api = InMemory()
    api.put(PODS, pod("a", "127.0.0.1"))
    found = await asked(api, replica.port)
    assert found == {"a": {"production": 3.0, "trial": 3.0}}
    assert behind(found, "production", 3) == ()
    assert behind(found, "production", 4) == ("a",)
    # Deleted and made again: its generation starts over, and the replica still judges by the old one.
    assert behind(found, "production", 1) == ("a",)
    assert behind(found, "unknown", 1) == ("a",)


async def test_a_replica_that_does_not_answer_is_behind(unused_tcp_port):
    api = InMemory()
    api.put(PODS, pod("a", "127.0.0.1"))
    found = await asked(api, unused_tcp_port)
    assert behind(found, "production", 1) == ("a",)


async def test_other_pods_and_those_that_leave_do_not_count(replica):
    api = InMemory()
    api.put(PODS, pod("operator", "127.0.0.1", labels={}))
    api.put(PODS, pod("leaving", "127.0.0.1", deletionTimestamp="2026-11-25T12:00:00Z"))
    assert await asked(api, replica.port) == {}


async def test_without_the_api_server_nothing_is_known(replica):
    api = InMemory()
    api.failure = ClusterUnreachable("away")
    assert await asked(api, replica.port) == {}
