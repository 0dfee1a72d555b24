"""What every source owes, whatever its protocol: the right artifact, or the right inability, and never a wrong step."""

import asyncio
from typing import Any

import pytest
import trustme
from aiohttp.abc import AbstractResolver, ResolveResult

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Format
from modeladmit.core.pin import Pin
from modeladmit.errors import (
    AccessDenied,
    ArtifactNotFound,
    DeadlineExceeded,
    DigestMismatch,
    EvidenceError,
    HostForbidden,
    LimitExceeded,
    RateLimited,
    SourceUnavailable,
    UnexpectedContent,
)
from modeladmit.sources.settings import HostSettings
from tests.contracts.stores import NEW, OLD, Protocol, Store, login, running
from tests.doubles.faults import FaultyServer


async def test_found(store: Store) -> None:
    """A reference becomes an artifact with its files, their sizes and formats."""
    artifact = await store.resolve()
    assert artifact.reference == store.reference
    assert artifact.anonymous
    assert artifact.digest is not None or artifact.revision is not None
    if store.protocol.files:
        weights = {file.name: file for file in artifact.files}["model.safetensors"]
        expected = (
            len(OLD["model.safetensors"]),
            Digest.sha256(OLD["model.safetensors"]),
            Format.SAFETENSORS,
        )
        assert expected == (weights.size, weights.digest, weights.format)
        assert artifact.digest is not None


async def test_found_again(store: Store) -> None:
    """Asked twice, a store says the same."""
    assert await store.resolve() == await store.resolve()


async def test_moved(store: Store) -> None:
    """A tag, branch, alias or key that moved is another artifact at once: sources remember nothing of names."""
    before = await store.resolve()
    store.push(NEW)
    after = await store.resolve()
    assert (before.digest, before.revision) != (after.digest, after.revision)


async def test_pinned_survives_the_move(store: Store) -> None:
    """What a reference was pinned to stays what it was."""
    before = await store.resolve()
    pinned = before.pinned
    if before.pin is Pin.NONE:
        return  # the protocol has no pin that can be written for this reference
    store.push(NEW)
    after = await store.resolve(pinned)
    assert (before.digest, before.revision) == (after.digest, after.revision)


async def test_missing(store: Store) -> None:
    """The store says that there is no such thing: nobody's outage."""
    with pytest.raises(ArtifactNotFound) as failure:
        await store.resolve(store.missing)
    assert not failure.value.transient


@pytest.mark.parametrize("status", [401, 403])
async def test_denied(store: Store, status: int) -> None:
    """A refusal is the author's to cure: no outage, and the message names the host."""
    store.server.faults.status = status
    store.server.faults.headers = {"WWW-Authenticate": 'Basic realm="x"'}
    with pytest.raises(AccessDenied) as failure:
        await store.resolve()
    assert not failure.value.transient
    assert store.server.host in str(failure.value)


async def test_slow(store: Store) -> None:
    """The caller's deadline cuts a hanging store off, and every place in the queues is free again."""
    store.server.faults.hang = True
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await store.resolve()
    store.server.faults.hang = False
    store.server.faults.released.set()
    assert (await store.resolve()).reference == store.reference
    assert all(gate.idle for gate in store.transport._gates.values())


async def test_silent(protocol: Protocol, ca: trustme.CA) -> None:
    """Without any deadline, silence on a connection ends by itself."""
    async with running(protocol, ca, idle_seconds=0.05) as store:
        store.server.faults.hang = True
        with pytest.raises(DeadlineExceeded) as failure:
            await store.resolve()
        assert failure.value.transient


async def test_busy_without_a_time(store: Store) -> None:
    """429 without Retry-After: one request, no guessing, transient."""
    store.server.faults.status = 429
    with pytest.raises(RateLimited) as failure:
        await store.resolve()
    assert failure.value.transient
    assert store.waits == []


async def test_busy_for_a_moment(store: Store) -> None:
    """A short Retry-After is waited for, once, and then all is well."""
    store.server.faults.statuses = [429]
    store.server.faults.headers = {"Retry-After": "2"}
    clock = _Clock()
    async with store.asked_as(transport={"clock": clock, "sleep": clock.sleep}) as patient:
        artifact = await patient.resolve()
    assert artifact.reference == store.reference
    assert clock.slept == [2.0]


async def test_busy_for_long(store: Store) -> None:
    """A long Retry-After is not waited for, and the host is left alone until then."""
    store.server.faults.status = 429
    store.server.faults.headers = {"Retry-After": "3600"}
    with pytest.raises(RateLimited):
        await store.resolve()
    asked = store.server.count
    with pytest.raises(RateLimited, match=r"in (3600|3599) s"):
        await store.resolve()
    assert (store.server.count, store.waits) == (asked, [])


async def test_truncated(store: Store) -> None:
    """A body that breaks off is an outage, not a shorter artifact."""
    store.server.faults.truncate = True
    with pytest.raises(SourceUnavailable) as failure:
        await store.resolve()
    assert failure.value.transient


async def test_wrong_bytes(store: Store) -> None:
    """Bytes that do not hash to what they were asked by are never an artifact, and never an outage."""
    if store.protocol.content is None:
        return  # the protocol asserts no digest that fetched bytes could contradict
    store.server.faults.matching = store.protocol.content
    store.server.faults.flip = True
    with pytest.raises((DigestMismatch, UnexpectedContent)) as failure:
        await store.resolve()
    assert not failure.value.transient


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://internal.example.com/",
        "http://127.0.0.1:1/",
        "https://user:secret@{host}/",
        "file:///etc/passwd",
        "gopher://internal.example.com/",
    ],
)
async def test_redirect_to_a_forbidden_host(store: Store, target: str) -> None:
    """A redirect is a place that somebody else chose: it is checked like a reference."""
    store.server.faults.redirect = target.format(host=store.server.host)
    with pytest.raises(EvidenceError) as failure:
        await store.resolve()
    assert isinstance(failure.value, HostForbidden | UnexpectedContent)
    assert "secret" not in str(failure.value)


async def test_redirect_without_end(store: Store) -> None:
    """Circles are left after a few turns."""
    store.server.faults.redirect = "/again"
    with pytest.raises(UnexpectedContent):
        await store.resolve()
    assert store.server.count <= store.transport.settings.limits.redirects + 1


async def test_credentials_stay_with_their_host(store: Store) -> None:
    """After a redirect to another host, even a listed one, nothing says who we are."""
    other = FaultyServer()
    async with other.running():
        rules = (*store.transport.settings.hosts, _plain(other.host))
        async with store.asked_as(settings={"hosts": rules}, keychain=login(store)) as asked:
            store.server.faults.redirect = f"{other.url}/elsewhere"
            with pytest.raises(EvidenceError):
                await asked.resolve()
        # S3 sends nobody elsewhere with a redirect, and so none is followed.
        assert (other.count > 0) is (store.protocol.name != "s3")
        for _, _, headers in other.seen:
            assert not {"authorization", "cookie"} & {name.lower() for name in headers}


async def test_with_credentials_nothing_is_anonymous(store: Store) -> None:
    """What was read with a tenant's credentials is marked as his, unless they were never shown."""
    async with store.asked_as(keychain=login(store)) as asked:
        artifact = await asked.resolve()
    shown = any("Authorization" in headers for _, _, headers in store.server.seen)
    assert artifact.anonymous is not shown


async def test_rebinding(store: Store) -> None:
    """A listed name that resolves to loopback is not asked at all (DNS rebinding)."""
    scheme, name = ("https" if store.protocol.tls else "http"), "registry.example.com"
    base = f"{scheme}://{name}:{store.server.host.partition(':')[2]}"
    rule = (
        _plain(base.partition("://")[2])
        if scheme == "http"
        else HostSettings(base.partition("://")[2])
    )
    settings = {"hosts": (rule,), **store.protocol.settings(base)}
    async with store.asked_as(settings=settings, transport={"resolver": _Loopback()}) as asked:
        with pytest.raises(HostForbidden) as failure:
            await asked.resolve(store.named(store.protocol.reference, base.partition("://")[2]))
    assert store.server.count == 0
    assert not failure.value.transient


async def test_unlisted(store: Store) -> None:
    """A host that nobody lists is not asked; an endpoint in the settings is listed there."""
    if store.protocol.settings(store.server.url).keys() - {"azure_endpoint"}:
        return
    async with store.asked_as(settings={"hosts": ()}) as asked:
        with pytest.raises(HostForbidden):
            await asked.resolve()
    assert store.server.count == 0


async def test_oversized(protocol: Protocol, ca: trustme.CA) -> None:
    """A body beyond its bound is not read; a plain file beyond it stays without a digest."""
    async with running(
        protocol, ca, document_bytes=100, listing_bytes=100, hashed_file_bytes=100
    ) as store:
        store.server.faults.matching = store.protocol.listing
        store.server.faults.body = b"x" * 200
        if store.protocol.bytes_only:
            artifact = await store.resolve()
            assert (artifact.digest, artifact.files[0].digest) == (None, None)
            return
        with pytest.raises(LimitExceeded) as failure:
            await store.resolve()
        assert not failure.value.transient


async def test_wrong_content(store: Store) -> None:
    """A page for people with status 200 is not an artifact."""
    if store.protocol.bytes_only:
        return  # any bytes are a file
    store.server.faults.matching = store.protocol.listing
    store.server.faults.body = b"<!DOCTYPE html><html><body>Please log in</body></html>"
    with pytest.raises((UnexpectedContent, ArtifactNotFound)) as failure:
        await store.resolve()
    assert not failure.value.transient


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"{}", b'{"a":', b"\xff\xfe", b"[" * 100_000, b""]
)
async def test_garbage(store: Store, body: bytes) -> None:
    """Whatever a store answers, it ends as one of our errors."""
    if store.protocol.bytes_only:
        return  # any bytes are a file
    store.server.faults.matching = store.protocol.listing
    store.server.faults.body = body
    store.server.faults.content_type = "application/json"
    with pytest.raises(EvidenceError):
        await store.resolve()


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_failing(store: Store, status: int) -> None:
    """A store that fails is an outage."""
    store.server.faults.status = status
    with pytest.raises(SourceUnavailable) as failure:
        await store.resolve()
    assert failure.value.transient


async def test_compressed(store: Store) -> None:
    """Compression that nobody asked for is refused, whatever it would unpack to."""
    store.server.faults.compressed = True
    with pytest.raises(UnexpectedContent):
        await store.resolve()


async def test_no_evidence(store: Store) -> None:
    """A model that nobody signed has no evidence, and that is no error."""
    assert await store.evidence(await store.resolve()) == ()


async def test_away(protocol: Protocol, ca: trustme.CA) -> None:
    """A closed port is an outage."""
    async with running(protocol, ca) as store:
        reference = store.reference
        assert store.server._server is not None
        await store.server._server.close()
        with pytest.raises(SourceUnavailable) as failure:
            await store.resolve(reference)
        assert failure.value.transient
        assert "Errno" not in str(failure.value)


class _Loopback(AbstractResolver):
    """Every name is 127.0.0.1."""

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        pass


class _Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def _plain(host: str) -> HostSettings:
    return HostSettings(host, plain_http=True)
