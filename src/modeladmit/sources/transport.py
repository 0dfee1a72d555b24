"""The one HTTP session of modeladmit.

Every request is bounded in bytes, redirects and silence, goes only to listed hosts at checked addresses, waits its
turn in a fair queue, and ends as a `Response` or an `EvidenceError`; no exception of aiohttp leaves this file. The
deadline is the caller's: an `asyncio.timeout` around the call cuts it off at any point.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from modeladmit import __version__
from modeladmit.errors import (
    ConfigurationError,
    DeadlineExceeded,
    EvidenceError,
    HostForbidden,
    LimitExceeded,
    RateLimited,
    SourceUnavailable,
    UnexpectedContent,
)
from modeladmit.sources.exchange import TOO_MANY, Request, Response
from modeladmit.sources.fair_gate import FairGate
from modeladmit.sources.hosts import Hosts, authority, url_of
from modeladmit.sources.settings import HostSettings, SourceSettings
from modeladmit.sources.throttle import Throttle

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_BUSY: Final = frozenset({TOO_MANY, 503})
_CHUNK: Final = 1 << 16
_LONGEST_CLOSURE: Final = 3600.0
"""Seconds after which a host is asked again, however long it asked to be left alone: a slip of its must not be an outage."""
_SYSTEM: Final = ""
"""Stands for every host without certificates of its own."""
_TRACKED: Final = 4096
"""Hosts and accounts whose queues and buckets are remembered."""

Sleep = Callable[[float], Awaitable[None]]


class CheckedResolver(AbstractResolver):
    """Resolves names and refuses addresses that the name may not have: the answer to DNS rebinding.

    One refused address refuses the name: an answer that mixes public and internal addresses is an attack or a mistake.
    """

    def __init__(self, inner: AbstractResolver, hosts: Hosts) -> None:
        self._inner = inner
        self._hosts = hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of a name. Raises HostForbidden."""
        answers = await self._inner.resolve(host, port, family)
        for answer in answers:
            self._hosts.check_address(host, port, answer["host"].partition("%")[0])
        return answers

    async def close(self) -> None:
        """Close the resolver below."""
        await self._inner.close()


class Transport:
    """An async context manager around the session. One per process and event loop."""

    def __init__(
        self,
        settings: SourceSettings,
        *,
        resolver: AbstractResolver | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        sleep: Sleep = asyncio.sleep,
        patience: Callable[[], float | None] = lambda: None,
    ) -> None:
        self.hosts = Hosts(settings)
        self.clock = clock
        self.settings = settings
        self._wall_clock = wall_clock
        self._resolver = resolver
        self._sleep = sleep
        self._patience = patience
        """Seconds that whoever asks can still wait; None when nobody in particular does."""
        self._session: aiohttp.ClientSession | None = None
        self._tls: dict[str, ssl.SSLContext] = {}
        self._gates: dict[str, FairGate] = {}
        self._tenants: dict[str, FairGate] = {}
        self._throttles: dict[tuple[str, str], Throttle] = {}

    async def __aenter__(self) -> Self:
        limits = self.settings.limits
        # Read now, so that a broken bundle ends the start and not somebody's request.
        self._tls = {_SYSTEM: _tls_context(None)}
        self._tls |= {host: _tls_context(rule) for host, rule in self.hosts.own_certificates()}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0,  # the gates bound it, fairly
                resolver=CheckedResolver(self._resolver or aiohttp.DefaultResolver(), self.hosts),
                ttl_dns_cache=10,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,  # attack: a kilobyte that unpacks to a gigabyte
            timeout=aiohttp.ClientTimeout(
                total=limits.request_seconds,
                sock_connect=limits.connect_seconds,
                sock_read=limits.idle_seconds,
                ceil_threshold=60,
            ),
            headers={"User-Agent": f"modeladmit/{__version__}", "Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(self, *_exc: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, request: Request) -> Response:
        """Ask, following redirects by hand. Raises an EvidenceError leaf; statuses other than 429 are returned."""
        origin = request.url.origin()
        passed: list[str] = []
        for _ in range(request.redirects + 1):
            self.hosts.check_url(request.url)
            response = await self._with_patience(request)
            if response.status not in _REDIRECTS or not request.redirects:
                return replace(response, redirected=tuple(passed))
            target = _redirect(response)
            passed.append(target.path)
            if target.origin() != origin:
                # Credentials are bound to a host and sent nowhere else (design section 6).
                request = replace(
                    request,
                    authorization=None,
                    account="",
                    headers=_without_secrets(request.headers),
                )
            request = replace(request, url=target)
        raise UnexpectedContent(
            f"{authority(request.url)} redirects more than {request.redirects} times"
        )

    async def _with_patience(self, request: Request) -> Response:
        """Wait once for a host that asks for it, if who asks can wait that long."""
        host = authority(request.url)
        throttle = self._throttle(host, request.account)
        for last in (False, True):
            closed = throttle.closed(self.clock())
            if closed > self._longest():
                raise RateLimited(f"{host} asks us to come back in {closed:.0f} s")
            if closed > 0:
                await self._sleep(closed)
            response = await self._in_turn(host, request, throttle)
            if response.status not in _BUSY:
                return response
            after = self._retry_after(response)
            if after is not None:
                throttle.close(self.clock() + min(after, _LONGEST_CLOSURE))
            if after is None and response.status != TOO_MANY:
                return response
            if last or after is None or after > self._longest():
                when = "later" if after is None else f"in {after:.0f} s"
                raise RateLimited(f"{host} asks us to come back {when} ({response.status})")
        raise AssertionError("unreachable")  # pragma: no cover

    def _longest(self) -> float:
        left = self._patience()
        return self.settings.limits.wait_seconds if left is None else left

    async def _in_turn(self, host: str, request: Request, throttle: Throttle) -> Response:
        """Wait for a place of the tenant's, of which one host holds half at most, then for one of the host's."""
        traffic = self.settings.traffic
        tenant = _gate(
            self._tenants,
            request.tenant,
            traffic.per_tenant,
            max(1, traffic.per_tenant // 2),
            1 << 20,
        )
        gate = _gate(
            self._gates,
            host,
            traffic.per_host,
            max(1, traffic.per_host * 3 // 4),
            traffic.queued_per_tenant,
        )
        await tenant.enter(host)
        try:
            await gate.enter(request.tenant)
            try:
                # Only who holds a place spends tokens: a tenant's queue is not another's delay.
                await self._spaced(host, throttle)
                return await self._exchange(host, request)
            finally:
                gate.leave(request.tenant)
        finally:
            tenant.leave(host)

    async def _spaced(self, host: str, throttle: Throttle) -> None:
        delay = throttle.delay(self.clock())
        if delay > self._longest():
            throttle.give_back()
            raise RateLimited(f"{host} is asked as often as it may be; come back in {delay:.0f} s")
        if delay > 0:
            await self._sleep(delay)

    async def _exchange(self, host: str, request: Request) -> Response:
        if self._session is None:
            raise ConfigurationError("the transport is used outside its context")
        headers = dict(request.headers)
        if request.authorization is not None:
            headers["Authorization"] = request.authorization
        try:
            async with self._session.request(
                request.method,
                request.url,
                headers=headers,
                data=request.body,
                allow_redirects=False,
                ssl=self._context(host),
                proxy=self.settings.proxy,
            ) as answer:
                body = await _read(answer, request, host)
                return Response(request.url, answer.status, answer.headers, body)
        except EvidenceError:
            raise
        except (aiohttp.ClientError, OSError, ValueError, TimeoutError) as error:
            raise _translated(error, host) from None

    def _context(self, host: str) -> ssl.SSLContext:
        return self._tls.get(host) or self._tls[_SYSTEM]

    def _throttle(self, host: str, account: str) -> Throttle:
        key = (host, account)
        throttle = self._throttles.get(key)
        if throttle is None:
            if len(self._throttles) >= _TRACKED:
                del self._throttles[next(iter(self._throttles))]
            throttle = self._throttles[key] = Throttle(
                self.settings.traffic.rate, self.settings.traffic.burst
            )
        return throttle

    def _retry_after(self, response: Response) -> float | None:
        """Seconds, from either form of RFC 9110 section 10.2.3; None when there is none that can be read."""
        text = response.headers.get("Retry-After", "").strip()
        if text.isascii() and text.isdigit():
            return float(min(int(text[:9]), 86_400))
        with suppress(ValueError, OverflowError):
            return min(
                max(0.0, parsedate_to_datetime(text).timestamp() - self._wall_clock()), 86_400.0
            )
        return None


def _gate(
    gates: dict[str, FairGate], key: str, capacity: int, per_tenant: int, queued: int
) -> FairGate:
    gate = gates.get(key)
    if gate is None:
        if len(gates) >= _TRACKED:
            for other in [name for name, old in gates.items() if old.idle]:
                del gates[other]
        gate = gates[key] = FairGate(capacity, per_tenant=per_tenant, queued=queued)
    return gate


async def _read(answer: aiohttp.ClientResponse, request: Request, host: str) -> bytes:
    if answer.headers.get("Content-Encoding", "identity").lower() not in {"identity", ""}:
        raise UnexpectedContent(f"{host} sends compressed content that nobody asked for")
    if request.method != "HEAD" and (answer.content_length or 0) > request.limit:
        answer.close()
        raise LimitExceeded(
            f"{host} sends {answer.content_length} bytes where at most {request.limit} are read"
        )
    parts: list[bytes] = []
    size = 0
    keep = parts.append if request.sink is None or answer.status not in {200, 206} else request.sink
    async for part in answer.content.iter_chunked(_CHUNK):
        size += len(part)
        if size > request.limit:
            answer.close()
            raise LimitExceeded(f"{host} sends more than the {request.limit} bytes that are read")
        keep(part)
    return b"".join(parts)


def _redirect(response: Response) -> URL:
    location = response.headers.get("Location", "")
    host = authority(response.url)
    if not location or len(location) > 8192:  # noqa: PLR2004 - the longest header line that is read
        raise UnexpectedContent(f"{host} redirects nowhere")
    try:
        target = url_of(location, base=response.url)
    except ValueError:
        raise UnexpectedContent(f"{host} redirects to something that is not a URL") from None
    if target.scheme not in {"http", "https"} or not target.host:
        raise HostForbidden(f"{host} redirects to something that is not http(s)")
    return target


def _without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """Everything that could identify us stays behind."""
    return {key: value for key, value in headers.items() if key.lower() in {"accept", "range"}}


def _tls_context(rule: HostSettings | None) -> ssl.SSLContext:
    try:
        bundle = rule.ca_bundle if rule is not None else None
        if bundle is not None:
            # An empty bundle would silently mean the system's authorities.
            bundle = bundle.strip() or "no certificate"
        context = ssl.create_default_context(cadata=bundle)
        if rule is not None and rule.client_certificate is not None:
            context.load_cert_chain(
                rule.client_certificate.certificate, rule.client_certificate.key
            )
    except (OSError, ValueError):
        raise ConfigurationError(
            f"registries: caBundle or clientCertificate of {rule.host if rule else 'the system'} cannot be loaded; "
            "write PEM certificates and readable files"
        ) from None
    return context


def _translated(error: Exception, host: str) -> EvidenceError:
    """Our words for what aiohttp, asyncio and OpenSSL say."""
    match error:
        case aiohttp.InvalidURL():
            return HostForbidden(f"{host} is not written as a plain host name or address")
        case aiohttp.ClientConnectorCertificateError() | ssl.SSLCertVerificationError():
            return SourceUnavailable(
                f"the TLS certificate of {host} is not trusted; give its authority as caBundle in the settings"
            )
        case aiohttp.ClientConnectorDNSError():
            return SourceUnavailable(f"the name {host} does not resolve")
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return SourceUnavailable(
                f"no TLS connection to {host} can be made; if it speaks plain HTTP, its entry in the settings' "
                "registries says so (plainHTTP: true; --plain-http on the command line)"
            )
        case TimeoutError():
            return DeadlineExceeded(f"{host} does not answer in time")
        case aiohttp.ClientPayloadError():
            return SourceUnavailable(f"the answer of {host} breaks off")
        case aiohttp.ClientResponseError():
            return UnexpectedContent(f"{host} does not speak HTTP as it should")
        case aiohttp.ClientConnectionError() | OSError():
            return SourceUnavailable(f"{host} cannot be reached")
    return UnexpectedContent(f"{host} does not speak HTTP as it should")
