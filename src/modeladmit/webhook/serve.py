"""The webhook as a process: the policy store, the engine and two HTTP servers, until somebody asks it to end."""

import asyncio
import gc
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

from aiohttp import web

from modeladmit.cluster.login import Login
from modeladmit.engine.pinner import Pinner
from modeladmit.errors import ConfigurationError
from modeladmit.in_cluster.composition import Cluster, open_cluster
from modeladmit.in_cluster.ending import Ending
from modeladmit.in_cluster.status_pages import StatusPages, serving
from modeladmit.settings import CredentialsMode, Settings
from modeladmit.sources.fair_gate import FairGate
from modeladmit.telemetry import Metrics
from modeladmit.webhook.certificates import ServingCertificate
from modeladmit.webhook.configuration import ConfigurationReview
from modeladmit.webhook.inspection_memo import InspectionMemo
from modeladmit.webhook.memory_budget import MemoryBudget
from modeladmit.webhook.pin_writer import PinWriter
from modeladmit.webhook.reviewer import Reviewer
from modeladmit.webhook.server import Server

_log: Final = logging.getLogger(__name__)
_CONCURRENT: Final = 512
"""Reviews that are judged at once; most of them wait for a store."""
_PER_NAMESPACE: Final = 128
_QUEUED: Final = 1024
_LAME: Final = 5.0
"""Seconds in which we still answer after SIGTERM: endpoints and API servers take a while to notice (KEP-1669)."""
_DRAIN: Final = 20.0
"""Seconds that reviews under way are given to end."""
_KEEPALIVE: Final = 120.0
"""Longer than the API server's 90 s, so that it is never the server who closes a connection that is about to be used."""


async def serve(settings: Settings, login: Login, *, lame: float = _LAME) -> None:
    """Run until SIGTERM or SIGINT. Raises ConfigurationError when the settings cannot work."""
    ending, metrics, listening = Ending(), Metrics(), asyncio.Event()
    webhook = settings.webhook
    certificate = _certificate(settings, metrics)
    async with open_cluster(settings, login, metrics) as cluster:
        pages = StatusPages(metrics, lambda: cluster.store.ready and listening.is_set())
        server = _server(cluster, settings, metrics, pages)
        async with serving(pages, webhook.host, webhook.metrics_port):
            if not await ending.unless(certificate.wait()):
                return
            async with _listening(server, webhook.host, webhook.port, certificate.context):
                _settle_garbage()
                listening.set()
                _log.info(
                    "listening", extra={"facts": {"host": webhook.host, "port": webhook.port}}
                )
                await ending.unless(certificate.follow())
                server.drain()
                _log.info("asked to end; answering a little longer")
                await asyncio.sleep(lame)


@asynccontextmanager
async def _listening(
    server: Server, host: str, port: int, context: ssl.SSLContext
) -> AsyncIterator[None]:
    runner = web.ServerRunner(
        web.Server(server, access_log=None, keepalive_timeout=_KEEPALIVE),
        shutdown_timeout=_DRAIN,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, ssl_context=context, backlog=1024).start()
        yield
    finally:
        await runner.cleanup()


def _settle_garbage() -> None:
    """What was imported stays: a full collection would walk it for tens of milliseconds, in the middle of reviews."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


def _certificate(settings: Settings, metrics: Metrics) -> ServingCertificate:
    webhook = settings.webhook
    if webhook.certificate is None or webhook.key is None:
        raise ConfigurationError(
            "webhook.certificate and webhook.key are required: paths of PEM files"
        )
    if settings.credentials.mode is not CredentialsMode.RELEASE and webhook.client_ca is None:
        _log.warning(
            "credentials.mode reads tenants' secrets and webhook.clientCA is not set: a NetworkPolicy must keep everybody "
            "but the API server away, or a forged review can name another tenant's secret"
        )
    return ServingCertificate(
        Path(webhook.certificate),
        Path(webhook.key),
        Path(webhook.client_ca) if webhook.client_ca else None,
        metrics,
    )


def _server(cluster: Cluster, settings: Settings, metrics: Metrics, pages: StatusPages) -> Server:
    admitter = replace(
        cluster.engine.admitter, inspect=InspectionMemo(cluster.engine.admitter.inspect)
    )
    store, circumstances = cluster.store, cluster.circumstances
    queue = FairGate(_CONCURRENT, per_tenant=_PER_NAMESPACE, queued=_QUEUED)
    reviewer = Reviewer(
        admitter,
        store,
        circumstances,
        ConfigurationReview(admitter, store, store, circumstances),
        queue,
        metrics,
    )
    pinner = Pinner(admitter.inspect, admitter.investigation)
    return Server(
        reviewer,
        PinWriter(pinner, store, queue, metrics),
        pages=pages,
        metrics=metrics,
        budget=MemoryBudget(settings.webhook.memory_budget_bytes),
        max_body=settings.webhook.max_body_bytes,
        margin=settings.webhook.margin_seconds,
        authenticate=settings.webhook.client_ca is not None,
    )
