"""Faults that any double, or any proxy before a real server, can show: they are the same for every protocol."""

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler


@dataclass
class Faults:
    """Knobs. Everything is off until a test turns it on; `matching` limits them to paths that hold the text."""

    matching: str = ""
    hang: bool = False
    """Never answer; `released` ends it."""
    statuses: list[int] = field(default_factory=list)
    """Statuses of the next requests; then all is well again."""
    status: int | None = None
    """Status of every request."""
    headers: dict[str, str] = field(default_factory=dict)
    """Sent with `statuses` and `status`."""
    truncate: bool = False
    """Promise the whole body and break off in the middle."""
    redirect: str | None = None
    """Send every client there."""
    body: bytes | None = None
    """Answer 200 with these bytes instead."""
    content_type: str | None = None
    compressed: bool = False
    """Claim that every body is compressed."""
    flip: bool = False
    """Change the last byte of every body."""
    latency: float = 0.0
    """Seconds before every answer (benchmarks only; tests do not wait)."""
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(self) -> web.Response | None:
        """What is answered instead of the truth, if anything."""
        if self.statuses or self.status:
            status = self.statuses.pop(0) if self.statuses else self.status
            return web.Response(status=status or 500, headers=self.headers, text="{}")
        if self.redirect is not None:
            return web.Response(status=307, headers={"Location": self.redirect})
        if self.body is not None:
            return web.Response(body=self.body, content_type=self.content_type or "text/html")
        return None


class FaultyServer:
    """An aiohttp application on loopback that counts its requests and shows faults."""

    def __init__(self, app: web.Application | None = None) -> None:
        self.faults = Faults()
        self.requests: Counter[str] = Counter()
        """By `METHOD /path`."""
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        """Method, path with query, headers."""
        self.app = app or web.Application(client_max_size=64 << 20)
        self.app.middlewares.append(self._middleware)
        self._server: TestServer | None = None

    @property
    def host(self) -> str:
        """`127.0.0.1:PORT`."""
        assert self._server is not None
        return f"127.0.0.1:{self._server.port}"

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"{self._server.scheme}://{self.host}"

    @property
    def count(self) -> int:
        """Requests so far."""
        return len(self.seen)

    @asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[None]:
        """Serve while the block runs."""
        self._server = TestServer(
            self.app, host="127.0.0.1", scheme="https" if tls is not None else "http"
        )
        await self._server.start_server(ssl=tls)
        try:
            yield
        finally:
            self.faults.released.set()
            await self._server.close()

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.requests[f"{request.method} {request.path}"] += 1
        self.seen.append((request.method, request.path_qs, dict(request.headers)))
        faults = self.faults
        if faults.latency:
            await asyncio.sleep(faults.latency)
        if faults.matching not in request.path_qs:
            return await handler(request)
        if faults.hang:
            await faults.released.wait()
        instead = faults.answer()
        if instead is not None:
            return instead
        answer = await handler(request)
        if not isinstance(answer, web.Response) or not isinstance(answer.body, bytes):
            return answer
        if faults.flip and answer.body:
            answer.body = answer.body[:-1] + bytes([answer.body[-1] ^ 1])
        if faults.compressed and request.method != "HEAD":
            answer.headers["Content-Encoding"] = "gzip"
        if faults.content_type is not None:
            answer.content_type = faults.content_type
        if faults.truncate and answer.body:
            return await _broken_off(request, answer)
        return answer


async def _broken_off(request: web.Request, answer: web.Response) -> web.StreamResponse:
    assert isinstance(answer.body, bytes)
    half = web.StreamResponse(status=answer.status, headers=answer.headers)
    half.content_length = len(answer.body)
    await half.prepare(request)
    await half.write(answer.body[: len(answer.body) // 2])
    assert request.transport is not None
    request.transport.close()
    return half
