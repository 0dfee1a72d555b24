"""A load generator that costs little: raw HTTP/1.1 over TLS with keep-alive, one request in flight a connection.

Run as a process of its own (`python -m benchmarks._load URL CA BODIES CONNECTIONS REQUESTS`); prints one JSON object.
"""

import asyncio
import json
import os
import re
import ssl
import sys
from pathlib import Path
from time import perf_counter
from typing import cast
from urllib.parse import urlsplit

import uvloop

_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)


class Load:
    """What all connections share."""

    def __init__(self, requests: list[bytes], total: int) -> None:
        self.requests = requests
        self.total = total
        self.sent = 0
        self.seconds: list[float] = []
        self.denied = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Connection(asyncio.Protocol):
    """Sends the next request when the last one is answered."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.received = b""
        self.at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it
        self.send()

    def send(self) -> None:
        """Send the next request, or end."""
        load = self.load
        if load.sent >= load.total:
            self.transport.close()
            return
        request = load.requests[load.sent % len(load.requests)]
        load.sent += 1
        self.at = perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Time a whole answer."""
        self.received += data
        head, separator, body = self.received.partition(b"\r\n\r\n")
        if not separator:
            return
        match = _LENGTH.search(head)
        if match is None or len(body) < int(match[1]):
            return
        load = self.load
        load.seconds.append(perf_counter() - self.at)
        if not head.startswith(b"HTTP/1.1 200") or b'"allowed":true' not in body:
            load.denied += 1
        self.received = b""
        if len(load.seconds) == load.total:
            load.done.set_result(None)
        self.send()

    def connection_lost(self, error: Exception | None) -> None:
        """Complain when the server ended it."""
        if not self.load.done.done() and self.load.sent < self.load.total:
            self.load.done.set_exception(error or ConnectionError("the server closed"))


async def run(url: str, ca: Path, bodies: bytes, connections: int, total: int) -> dict[str, float]:
    """Send `total` requests and measure each."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    head = (
        f"POST {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        "Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: %d\r\n\r\n"
    )
    requests = [(head % len(line)).encode() + line for line in bodies.splitlines() if line]
    load = Load(requests, total)
    context = ssl.create_default_context(cafile=ca)
    loop = asyncio.get_running_loop()
    started = perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(load), host, port, ssl=context)
    await load.done
    elapsed = perf_counter() - started
    ordered = sorted(load.seconds)
    return {
        "rate": total / elapsed,
        "p50": ordered[total // 2],
        "p99": ordered[total * 99 // 100],
        "denied": load.denied,
    }


if __name__ == "__main__":
    if len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    _, _url, _ca, _bodies, _connections, _total = sys.argv
    print(
        json.dumps(
            uvloop.run(
                run(_url, Path(_ca), Path(_bodies).read_bytes(), int(_connections), int(_total))
            )
        )
    )
