"""A watch begins anew once what was redefined is served, and not before."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import kopf
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from modeladmit.cluster import definitions as room
from modeladmit.cluster.definitions import Definitions
from modeladmit.cluster.resources import NAMESPACES, TRUST_POLICIES, TRUST_ROOTS


class Discovery:
    """An API server that serves some kinds of each version; `looked` is set by every look at ours."""

    def __init__(self) -> None:
        self.served = {
            NAMESPACES.discovery: ["namespaces", "pods"],
            TRUST_POLICIES.discovery: ["trustpolicies", "trustpolicies/status", "trustroots"],
        }
        self.looked = asyncio.Event()

    async def answer(self, request: web.Request) -> web.Response:
        if request.path == TRUST_POLICIES.discovery:
            self.looked.set()
        names = self.served.get(request.path)
        if names is None:
            return web.json_response({"kind": "Status"}, status=404)
        return web.json_response({"resources": [{"name": name} for name in names]})


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(room, "_SETTLE", 0.001)


@pytest.fixture
async def discovery() -> Discovery:
    return Discovery()


@pytest.fixture
async def definitions(discovery) -> AsyncIterator[Definitions]:
    application = web.Application()
    application.router.add_get("/{path:.*}", discovery.answer)
    async with TestServer(application) as server, aiohttp.ClientSession() as session:
        kinds = (NAMESPACES, TRUST_POLICIES, TRUST_ROOTS)
        yield Definitions(session, str(server.make_url("/")), kinds)


async def tell(definitions: Definitions, event: str | None, group: str) -> None:
    """One event of the watch of definitions, through the handler that kopf would call."""
    registry = kopf.OperatorRegistry()
    definitions.register(registry)
    (handler,) = registry._watching.get_all_handlers()
    listener: Any = handler.fn
    await listener(event={"type": event, "object": {"spec": {"group": group}}})


async def looks(discovery: Discovery, number: int) -> None:
    for _ in range(number):
        discovery.looked.clear()
        await asyncio.wait_for(discovery.looked.wait(), 5)


@pytest.mark.parametrize(
    ("event", "group"), [(None, "modeladmit.io"), ("ADDED", "example.com"), ("DELETED", "")]
)
async def test_what_is_served_and_does_not_change_is_left_alone(
    discovery, definitions, event, group
):
    """Neither the definitions found at the start nor those of others end a watch that works."""
    waiting = asyncio.create_task(definitions.put_back())
    await looks(discovery, 1)
    await tell(definitions, event, group)
    done, _ = await asyncio.wait({waiting}, timeout=0.05)
    assert not done
    waiting.cancel()


async def test_a_definition_that_is_put_back_is_waited_for(discovery, definitions):
    """Deleted, made again, and served a moment later: only then would kopf find it."""
    waiting = asyncio.create_task(definitions.put_back())
    await looks(discovery, 1)
    kinds = discovery.served.pop(TRUST_POLICIES.discovery)
    await tell(definitions, "DELETED", "modeladmit.io")
    await looks(discovery, 3)
    discovery.served[TRUST_POLICIES.discovery] = ["trustroots"]
    await tell(definitions, "ADDED", "modeladmit.io")
    await looks(discovery, 3)
    assert not waiting.done()
    discovery.served[TRUST_POLICIES.discovery] = kinds
    await asyncio.wait_for(waiting, 5)


async def test_a_definition_that_was_missing_from_the_start_is_waited_for(discovery, definitions):
    """The webhook may be installed before its definitions are."""
    kinds = discovery.served.pop(TRUST_POLICIES.discovery)
    waiting = asyncio.create_task(definitions.put_back())
    await looks(discovery, 3)
    assert not waiting.done()
    discovery.served[TRUST_POLICIES.discovery] = kinds
    await asyncio.wait_for(waiting, 5)
