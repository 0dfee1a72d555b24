"""The operator as a process: it waits for the Lease, reports while it holds it, and starts over when it loses it."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Awaitable
from time import monotonic
from typing import Final
from uuid import uuid4

import aiohttp
from aiohttp import web

from modeladmit.cluster.login import Login
from modeladmit.engine.snapshot import Snapshot
from modeladmit.in_cluster import open_cluster
from modeladmit.operator.controller import Controller, Item
from modeladmit.operator.events import Events
from modeladmit.operator.leadership import Leadership
from modeladmit.operator.propagation import Replicas
from modeladmit.operator.schedule import Schedule
from modeladmit.operator.serving_certificate import ServingCertificates
from modeladmit.settings import Settings
from modeladmit.telemetry import CONTENT_TYPE, Metrics

_log: Final = logging.getLogger(__name__)


async def serve(settings: Settings, login: Login) -> None:
    """Run until SIGTERM or SIGINT. Raises ConfigurationError when the settings cannot work."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    identity = f"{socket.gethostname()}_{uuid4().hex[:8]}"
    metrics = Metrics()
    leading = metrics.gauge("modeladmit_operator_leads", "1 while this replica holds the Lease.")
    controllers: list[Controller] = []

    def changed(snapshot: Snapshot) -> None:
        for controller in controllers:
            controller.compare(snapshot)

    async with (
        open_cluster(settings, login, metrics, changed=changed) as cluster,
        aiohttp.ClientSession() as session,
    ):
        status = await _listen(settings, metrics)
        leadership = Leadership(
            cluster.client, namespace=settings.namespace, identity=identity, monotonic=monotonic
        )
        events = Events(cluster.client, instance=identity)
        replicas = Replicas(
            cluster.client,
            session,
            namespace=settings.namespace,
            port=settings.webhook.metrics_port,
        )
        try:
            while await _unless(ended, leadership.acquire()):
                leading.set(1)
                schedule: Schedule[Item] = Schedule(monotonic)
                controller = Controller(
                    cluster, events, schedule, replicas=replicas, scan_every=settings.scan_seconds
                )
                controllers[:] = [controller]
                if cluster.store.ready:
                    controller.compare(cluster.store.snapshot())
                certificates = ServingCertificates(
                    cluster.client, namespace=settings.namespace, clock=cluster.engine.clock
                )
                working = asyncio.gather(controller.run(), certificates.run())
                lost = await _unless(ended, leadership.hold())
                controllers.clear()
                leading.set(0)
                working.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await working
                if not lost:
                    break
            await leadership.release()
        finally:
            await status.cleanup()


async def _unless(ended: asyncio.Event, work: Awaitable[None]) -> bool:
    """Whether the work ended before we were asked to end."""
    working = asyncio.ensure_future(work)
    ending = asyncio.create_task(ended.wait())
    await asyncio.wait({working, ending}, return_when=asyncio.FIRST_COMPLETED)
    done = working.done() and not ended.is_set()
    for task in (working, ending):
        task.cancel()
    return done


async def _listen(settings: Settings, metrics: Metrics) -> web.ServerRunner:
    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/metrics":
            return web.Response(body=metrics.exposition(), headers={"Content-Type": CONTENT_TYPE})
        if request.path in {"/healthz", "/readyz"}:
            return web.Response(text="ok\n")
        return web.Response(status=404, text="no such page\n")

    runner = web.ServerRunner(web.Server(answer, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, settings.webhook.host, settings.webhook.metrics_port).start()
    return runner
