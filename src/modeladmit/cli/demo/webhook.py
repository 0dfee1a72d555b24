"""The webhook of the chart, server and reviewer and all, behind TLS on a free port of 127.0.0.1."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from modeladmit.cli.demo.store import DemoStore
from modeladmit.engine.circumstances import Circumstances
from modeladmit.engine.pinner import Pinner
from modeladmit.in_cluster.status_pages import StatusPages
from modeladmit.settings import Settings
from modeladmit.sources.fair_gate import FairGate
from modeladmit.telemetry import Metrics
from modeladmit.webhook.certificates import ServingCertificate
from modeladmit.webhook.configuration import ConfigurationReview
from modeladmit.webhook.memory_budget import MemoryBudget
from modeladmit.webhook.pin_writer import PinWriter
from modeladmit.webhook.reviewer import Reviewer
from modeladmit.webhook.server import Server
from modeladmit.wiring import open_engine


@asynccontextmanager
async def serving_webhook(
    settings: Settings, store: DemoStore, certificate: Path, key: Path
) -> AsyncIterator[str]:
    """Serve reviews; gives `127.0.0.1:PORT`."""
    metrics = Metrics()
    tls = ServingCertificate(certificate, key, None, metrics)
    await asyncio.to_thread(tls.load)
    async with open_engine(settings, observer=metrics) as engine:
        queue = FairGate(64, per_tenant=64, queued=64)
        circumstances = Circumstances(settings.namespace, docs_url=settings.docs_url)
        reviewer = Reviewer(
            engine.admitter,
            store,
            circumstances,
            ConfigurationReview(engine.admitter, store, store, circumstances),
            queue,
            metrics,
        )
        pinner = Pinner(engine.admitter.inspect, engine.admitter.investigation)
        server = Server(
            reviewer,
            PinWriter(pinner, store, queue, metrics),
            pages=StatusPages(metrics, lambda: True),
            metrics=metrics,
            budget=MemoryBudget(settings.webhook.memory_budget_bytes),
            max_body=settings.webhook.max_body_bytes,
            margin=settings.webhook.margin_seconds,
            record=lambda _: None,
        )
        runner = web.ServerRunner(web.Server(server, access_log=None))
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls.context).start()
            yield f"127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
