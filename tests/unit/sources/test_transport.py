"""The one session: bounds, turns, certificates, words."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiohttp import web
from yarl import URL

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
from modeladmit.sources.exchange import Request, Response
from modeladmit.sources.settings import (
    ClientCertificate,
    HostSettings,
    Limits,
    SourceSettings,
    Traffic,
)
from modeladmit.sources.transport import Transport
from tests.contracts.stores import server_context
from tests.doubles.faults import FaultyServer

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Echo(FaultyServer):
    """Answers `ok`; paths below `/hang` never do; `/bytes/N` is N bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.app.router.add_get("/bytes/{count}", self._bytes)
        self.app.router.add_get("/hang/{rest:.*}", self._hang)
        self.app.router.add_route("*", "/{rest:.*}", self._ok)

    async def asked(self, times: int) -> None:
        """Return when so many requests have arrived."""
        while self.count < times:  # noqa: ASYNC110 - the double counts, it does not signal
            await asyncio.sleep(0)

    async def _ok(self, request: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _hang(self, request: web.Request) -> web.Response:
        await self.faults.released.wait()
        return web.Response(text="late")

    async def _bytes(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        if request.query.get("chunked"):
            answer.enable_chunked_encoding()
        else:
            answer.content_length = int(request.match_info["count"])
        await answer.prepare(request)
        for _ in range(int(request.match_info["count"])):
            await answer.write(b"x")
        return answer


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    server = Echo()
    async with server.running():
        yield server


@asynccontextmanager
async def transport(
    *servers: FaultyServer,
    hosts: tuple[HostSettings, ...] = (),
    options: dict[str, Any] | None = None,
    **settings: Any,
) -> AsyncIterator[Transport]:
    rules = (*hosts, *(HostSettings(server.host, plain_http=True) for server in servers))
    async with Transport(SourceSettings(hosts=rules, **settings), **(options or {})) as opened:
        yield opened


def request(server: FaultyServer, path: str = "/", **more: Any) -> Request:
    return Request(URL(f"{server.url}{path}"), more.pop("limit", 1000), **more)


@pytest.mark.parametrize("query", ["", "?chunked=1"])
async def test_bodies_end_at_their_limit(echo: Echo, query: str) -> None:
    """Announced or not, one byte more than the limit is too much."""
    async with transport(echo) as opened:
        assert len((await opened.send(request(echo, f"/bytes/100{query}", limit=100))).body) == 100
        with pytest.raises(LimitExceeded):
            await opened.send(request(echo, f"/bytes/101{query}", limit=100))


async def test_a_sink_takes_the_body(echo: Echo) -> None:
    """Large bodies go through, not into memory; the limit stays."""
    parts: list[bytes] = []
    async with transport(echo) as opened:
        response = await opened.send(request(echo, "/bytes/100", limit=100).into(parts.append))
        assert (response.body, sum(map(len, parts))) == (b"", 100)
        with pytest.raises(LimitExceeded):
            await opened.send(request(echo, "/bytes/101", limit=100).into(parts.append))


async def test_one_tenants_hanging_store_moves_nobody_else(echo: Echo) -> None:
    """A namespace that fills every place it may have leaves places at the same host, and its own deadline frees them."""
    async with transport(
        echo, traffic=Traffic(per_host=4, per_tenant=16, queued_per_tenant=100)
    ) as opened:
        hanging = [
            asyncio.create_task(opened.send(request(echo, f"/hang/{n}", tenant="greedy")))
            for n in range(50)
        ]
        await echo.asked(3)
        for _ in range(20):
            assert (await opened.send(request(echo, tenant="modest"))).body == b"ok"
        assert sum(path.startswith("/hang") for _, path, _ in echo.seen) == 3
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)
        assert all(gate.idle for gate in opened._gates.values())


@pytest.mark.parametrize(
    ("places", "asked"),
    [
        pytest.param(16, 10, id="places are counted by host, too"),
        pytest.param(8, 20, id="one host holds half of them at most, those that wait included"),
    ],
)
async def test_a_hanging_host_does_not_hold_a_tenants_other_hosts(
    echo: Echo, places: int, asked: int
) -> None:
    """Whatever a tenant asks of a host that hangs, the tenant's other hosts answer."""
    other = Echo()
    async with (
        other.running(),
        transport(echo, other, traffic=Traffic(per_host=4, per_tenant=places)) as opened,
    ):
        hanging = [
            asyncio.create_task(opened.send(request(echo, f"/hang/{n}", tenant="a")))
            for n in range(asked)
        ]
        await echo.asked(3)
        assert (await opened.send(request(other, tenant="a"))).body == b"ok"
        for task in hanging:
            task.cancel()
        await asyncio.gather(*hanging, return_exceptions=True)


async def test_one_tenants_queue_is_not_anothers_wait(echo: Echo) -> None:
    """The host's bucket is the anonymous account's, which all tenants share: only who holds a place takes from it."""
    never = asyncio.Event()
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) < 3:
            await never.wait()

    options = {"sleep": sleep, "clock": lambda: 0.0}
    traffic = Traffic(per_host=4, per_tenant=100, rate=1.0, burst=1)
    async with transport(echo, options=options, traffic=traffic) as opened:
        greedy = [
            asyncio.create_task(opened.send(request(echo, "/hang/", tenant="greedy")))
            for _ in range(50)
        ]
        await echo.asked(1)
        while len(slept) < 2:  # noqa: ASYNC110 - the transport does not signal
            await asyncio.sleep(0)
        assert (await opened.send(request(echo, tenant="modest"))).body == b"ok"
        for task in greedy:
            task.cancel()
        await asyncio.gather(*greedy, return_exceptions=True)
    assert slept == [1.0, 2.0, 3.0]


async def test_requests_in_flight_are_bounded(echo: Echo) -> None:
    """Two hundred questions are not two hundred connections."""
    async with transport(echo, traffic=Traffic(per_host=4, per_tenant=4)) as opened:
        tasks = [
            asyncio.create_task(opened.send(request(echo, "/hang/", tenant="a"))) for _ in range(10)
        ]
        await echo.asked(2)
        for _ in range(100):
            await asyncio.sleep(0)
        assert echo.count == 2
        echo.faults.released.set()
        assert len(await asyncio.gather(*tasks)) == 10


async def test_a_store_that_dribbles() -> None:
    """A byte now and then is no silence, and still the request comes to an end."""

    async def dribble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        with suppress(ConnectionError):
            while not reader.at_eof():
                writer.write(b"X: y\r\n")
                await writer.drain()
                await asyncio.sleep(0.01)
        writer.close()
        left.set()

    left = asyncio.Event()
    async with await asyncio.start_server(dribble, "127.0.0.1", 0) as server:
        host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        settings = SourceSettings(
            hosts=(HostSettings(host, plain_http=True),), limits=Limits(request_seconds=0.1)
        )
        async with Transport(settings) as opened:
            with pytest.raises(DeadlineExceeded):
                await opened.send(Request(URL(f"http://{host}/"), 100))
        await left.wait()


async def test_retry_after_as_a_date(echo: Echo) -> None:
    """Both forms of RFC 9110 section 10.2.3."""
    echo.faults.statuses = [429]
    echo.faults.headers = {"Retry-After": format_datetime(NOW + timedelta(seconds=2), usegmt=True)}
    slept: list[float] = []
    clock = [0.0]

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    options = {"sleep": sleep, "clock": lambda: clock[0], "wall_clock": NOW.timestamp}
    async with transport(echo, options=options) as opened:
        assert (await opened.send(request(echo))).status == 200
    assert slept == [2.0]


@pytest.mark.parametrize(("left", "status"), [(8.0, 200), (4.0, 429), (0.0, 429)])
async def test_retry_after_is_waited_for_within_the_time_of_who_asks(
    echo: Echo, left: float, status: int
) -> None:
    """Longer is said at once, with the time to come back, instead of a deadline that says nothing."""
    echo.faults.statuses = [429]
    echo.faults.headers = {"Retry-After": "5"}
    clock = [0.0]

    async def sleep(seconds: float) -> None:
        clock[0] += seconds

    options = {"sleep": sleep, "clock": lambda: clock[0], "patience": lambda: left - clock[0]}
    async with transport(echo, options=options) as opened:
        if status == 429:
            with pytest.raises(RateLimited, match="in 5 s"):
                await opened.send(request(echo))
        else:
            assert (await opened.send(request(echo))).status == 200
    assert (clock[0] > 0) == (status == 200)


@pytest.mark.parametrize("status", [429, 503])
async def test_what_an_answer_took_is_not_left_for_waiting(echo: Echo, status: int) -> None:
    """A Retry-After is weighed against the time that is left when it arrives, and named when it does not fit."""
    echo.faults.statuses = [status]
    echo.faults.headers = {"Retry-After": "5"}
    left = iter([10.0, 10.0, 4.0])
    async with transport(echo, options={"patience": lambda: next(left, 4.0)}) as opened:
        with pytest.raises(RateLimited, match=rf"come back in 5 s \({status}\)"):
            await opened.send(request(echo))
    assert 1 == echo.count


async def test_a_store_that_fails_without_a_time_has_just_failed(echo: Echo) -> None:
    """503 alone is an answer like 500: nobody is asked to come back."""
    echo.faults.status = 503
    async with transport(echo) as opened:
        assert 503 == (await opened.send(request(echo))).status
    assert 1 == echo.count


@pytest.mark.parametrize("text", ["", "soon", "-1", "1e9", "Wed, 99 Foo 2026", "9" * 40])
async def test_retry_after_that_is_none(echo: Echo, text: str) -> None:
    """Nonsense is no invitation to guess."""
    echo.faults.status = 429
    echo.faults.headers = {"Retry-After": text}
    async with transport(echo) as opened:
        with pytest.raises(RateLimited):
            await opened.send(request(echo))
    assert echo.count == 1


async def test_one_accounts_limit_is_not_anothers(echo: Echo) -> None:
    """A host that is tired of one tenant's account still serves the others."""
    async with transport(echo) as opened:
        echo.faults.statuses = [429]
        echo.faults.headers = {"Retry-After": "100"}
        with pytest.raises(RateLimited):
            await opened.send(request(echo, account="a"))
        assert (await opened.send(request(echo, account="b"))).status == 200
        with pytest.raises(RateLimited):
            await opened.send(request(echo, account="a"))


async def test_our_own_rate(echo: Echo) -> None:
    """After a burst requests are spaced; a wait that is too long is said at once."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))

    options = {"sleep": sleep, "clock": lambda: 0.0}
    async with transport(echo, options=options, traffic=Traffic(rate=1.0, burst=2)) as opened:
        for _ in range(5):
            await opened.send(request(echo))
        with pytest.raises(RateLimited):
            await opened.send(request(echo))
    assert slept == [1.0, 2.0, 3.0]


async def test_a_redirect_within_the_host_keeps_the_login(echo: Echo) -> None:
    """Another path is the same place."""
    echo.faults.matching = "/from"
    echo.faults.redirect = "/to?x=a%2Fb"
    async with transport(echo) as opened:
        response = await opened.send(request(echo, "/from", authorization="Bearer t"))
    assert [path for _, path, _ in echo.seen] == ["/from", "/to?x=a%2Fb"]
    assert all(headers["Authorization"] == "Bearer t" for _, _, headers in echo.seen)
    assert response.redirected == ("/to",)


@pytest.mark.parametrize("location", ["", "http://[", "//", "x" * 9000, "http://a b/"])
async def test_locations_that_are_none(echo: Echo, location: str) -> None:
    """A redirect to nowhere."""
    echo.faults.redirect = location
    async with transport(echo) as opened:
        with pytest.raises((UnexpectedContent, HostForbidden)):
            await opened.send(request(echo))


async def test_cookies_are_not_kept(echo: Echo) -> None:
    """A session would connect one tenant's requests with another's."""
    echo.faults.status = 200
    echo.faults.headers = {"Set-Cookie": "session=1"}
    async with transport(echo) as opened:
        for _ in range(2):
            await opened.send(request(echo))
    assert not any("Cookie" in headers for _, _, headers in echo.seen)


async def test_certificates() -> None:
    """A private authority is believed for the host that names it, and for no other."""
    ca, server = trustme.CA(), Echo()
    async with server.running(server_context(ca)):
        trusted = HostSettings(server.host, ca_bundle=ca.cert_pem.bytes().decode())
        async with transport(hosts=(trusted,)) as opened:
            assert (await opened.send(request(server))).body == b"ok"
        async with transport(hosts=(HostSettings(server.host),)) as opened:
            with pytest.raises(SourceUnavailable, match="caBundle"):
                await opened.send(request(server))
        other = HostSettings(server.host, ca_bundle=trustme.CA().cert_pem.bytes().decode())
        async with transport(hosts=(other,)) as opened:
            with pytest.raises(SourceUnavailable, match="not trusted"):
                await opened.send(request(server))


async def test_the_name_in_the_certificate_counts() -> None:
    """A certificate of the right authority for another name is not enough."""
    ca, server = trustme.CA(), Echo()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("other.example.com").configure_cert(context)
    async with server.running(context):
        rule = HostSettings(server.host, ca_bundle=ca.cert_pem.bytes().decode())
        async with transport(hosts=(rule,)) as opened:
            with pytest.raises(SourceUnavailable, match="not trusted"):
                await opened.send(request(server))


async def test_client_certificates(tmp_path: Path) -> None:
    """Mutual TLS with the certificate that the settings give for the host."""
    ca, server = trustme.CA(), Echo()
    context = server_context(ca)
    context.verify_mode = ssl.CERT_REQUIRED
    ca.configure_trust(context)
    mine = ca.issue_cert("client@example.com")
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    mine.cert_chain_pems[0].write_to_path(certificate)
    mine.private_key_pem.write_to_path(key)
    rule = HostSettings("x", ca_bundle=ca.cert_pem.bytes().decode())
    async with server.running(context):
        known = replace(
            rule, host=server.host, client_certificate=ClientCertificate(str(certificate), str(key))
        )
        async with transport(hosts=(known,)) as opened:
            assert (await opened.send(request(server))).body == b"ok"
        async with transport(hosts=(replace(rule, host=server.host),)) as opened:
            with pytest.raises(EvidenceError):
                await opened.send(request(server))


async def test_plain_http_where_tls_is_spoken(echo: Echo) -> None:
    """A host that is not allowed plain HTTP is asked over TLS or not at all."""
    async with transport(hosts=(HostSettings(echo.host),)) as opened:
        with pytest.raises(HostForbidden, match="plainHTTP"):
            await opened.send(request(echo))
        with pytest.raises(SourceUnavailable, match="TLS"):
            await opened.send(Request(URL(f"https://{echo.host}/"), 10))
    assert echo.count == 0


@pytest.mark.parametrize(
    "bundle", ["", "-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n"]
)
async def test_a_bundle_that_is_none(bundle: str) -> None:
    """Our own setup, named; its content is not quoted."""
    with pytest.raises(ConfigurationError, match=r"r\.example\.com") as failure:
        async with transport(hosts=(HostSettings("r.example.com", ca_bundle=bundle),)):
            pass
    assert "hunter2" not in str(failure.value)


async def test_names_that_do_not_resolve() -> None:
    """No such name is an outage, in our words."""
    async with transport(
        hosts=(HostSettings("nothing.invalid"),), options={"resolver": _Nowhere()}
    ) as opened:
        with pytest.raises(SourceUnavailable, match="does not resolve") as failure:
            await opened.send(Request(URL("https://nothing.invalid/"), 10))
    assert "secret detail" not in str(failure.value)


async def test_a_proxy(echo: Echo) -> None:
    """Behind a proxy the target is asked through it, and the name is still checked."""
    async with transport(
        hosts=(HostSettings("store.example.com", plain_http=True),), proxy=echo.url
    ) as opened:
        target = URL("http://store.example.com/x")
        assert (await opened.send(Request(target, 10))).body == b"ok"
        assert echo.seen[0][2]["Host"] == "store.example.com"
        with pytest.raises(HostForbidden):
            await opened.send(Request(URL("http://other.example.com/x"), 10))


def test_secrets_do_not_show() -> None:
    """A request prints neither its login nor its body."""
    shown = Request(
        URL("https://a/"),
        1,
        authorization="Bearer hunter2",
        body=b"hunter2",
        headers={"X": "hunter2"},
    )
    signed = URL("https://a/b?X-Amz-Signature=hunter2")
    answer = Response(signed, 200, {"Set-Cookie": "hunter2"}, b"hunter2")
    assert "hunter2" not in repr((shown, replace(shown, url=signed), answer))


async def test_outside_its_context() -> None:
    """A session that was not opened is our own mistake."""
    with pytest.raises(ConfigurationError):
        await Transport(SourceSettings()).send(Request(URL("https://huggingface.co/"), 1))


class _Nowhere:
    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> Any:
        raise OSError(-2, "secret detail")

    async def close(self) -> None:
        pass
