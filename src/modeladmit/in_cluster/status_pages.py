"""`/healthz`, `/readyz` and `/metrics`, for the kubelet and Prometheus."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from modeladmit.telemetry import CONTENT_TYPE, Metrics


class StatusPages:
    """A handler of `aiohttp.web.Server`.

    `ready` of a webhook is false before the first sync only: later an unready replica would fail open where an entry says
    Ignore.
    """

    def __init__(self, metrics: Metrics, ready: Callable[[], bool]) -> None:
        self._metrics: Final = metrics
        self._ready: Final = ready

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """One page."""
        match request.path:
            case "/healthz":
                return web.Response(text="ok\n")
            case "/readyz":
                if self._ready():
                    return web.Response(text="ok\n")
                return web.Response(status=503, text="the policies are not known yet\n")
            case "/metrics":
                headers = {"Content-Type": CONTENT_TYPE}
                return web.Response(body=self._metrics.exposition(), headers=headers)
            case _:
                return web.Response(status=404, text="no such page\n")


@asynccontextmanager
async def serving(pages: StatusPages, host: str, port: int) -> AsyncIterator[None]:
    """Show the pages over plain HTTP."""
    runner = web.ServerRunner(web.Server(pages, access_log=None))
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    finally:
        await runner.cleanup()
