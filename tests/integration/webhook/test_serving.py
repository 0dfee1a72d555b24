"""The server on a real socket with real TLS: certificates, callers, bodies."""

import asyncio
import io
import json
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import trustme
from aiohttp import web

from modeladmit.core.patch import JsonPatchOperation
from modeladmit.core.pins import NOTHING, Pins
from modeladmit.core.verdict import Finding, Outcome, Verdict
from modeladmit.errors import ConfigurationError
from modeladmit.in_cluster.status_pages import StatusPages
from modeladmit.telemetry import Metrics
from modeladmit.webhook.certificates import ServingCertificate
from modeladmit.webhook.memory_budget import FACTOR, MemoryBudget
from modeladmit.webhook.server import Server
from modeladmit.webhook.skips import identity
from tests.unit.webhook.reviews import body

MIB = 1 << 20


@dataclass
class Yes:
    """A reviewer that allows everything and notes what it saw."""

    seen: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None

    async def review(self, _entry, request, _deadline) -> Verdict:
        self.seen.append(request.uid)
        if self.hold is not None:
            await self.hold.wait()
        return Verdict(identity(request))

    def bug(self, _entry, request) -> Verdict:
        return Verdict.of(identity(request), [Finding("InternalError", Outcome.ERROR, "a bug")])


class Unwritable(Yes):
    """Its verdict cannot be written as JSON."""

    async def review(self, _entry, request, _deadline) -> Verdict:
        return Verdict(identity(request), digests={"x": object()})  # type: ignore[dict-item]


@dataclass
class Pen:
    """Writes the same into everything."""

    written: Pins = NOTHING

    async def pins(self, _request, _deadline) -> Pins:
        return self.written


@dataclass
class Served:
    """A server that listens, and what it wrote down."""

    url: str
    metrics: Metrics
    certificate: ServingCertificate
    records: list[bytes]


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def write(folder: Path, credential: trustme.LeafCert) -> tuple[Path, Path]:
    certificate, key = folder / "tls.crt", folder / "tls.key"
    certificate.write_bytes(b"".join(pem.bytes() for pem in credential.cert_chain_pems))
    key.write_bytes(credential.private_key_pem.bytes())
    return certificate, key


@asynccontextmanager
async def serving(
    folder: Path,
    authority: trustme.CA,
    reviewer: Yes,
    writer: Pen | None = None,
    *,
    ready: bool = True,
    clients: trustme.CA | None = None,
    budget: int = 1 << 30,
) -> AsyncIterator[Served]:
    metrics = Metrics()
    records: list[bytes] = []
    files = write(folder, authority.issue_cert("127.0.0.1"))
    client_ca = folder / "clients.pem" if clients else None
    if clients and client_ca:
        clients.cert_pem.write_to_path(client_ca)
    certificate = ServingCertificate(*files, client_ca, metrics)
    certificate.load()
    server = Server(
        reviewer,
        writer or Pen(),
        pages=StatusPages(metrics, lambda: ready),
        metrics=metrics,
        budget=MemoryBudget(budget),
        max_body=4 * MIB,
        margin=0.5,
        authenticate=clients is not None,
        record=records.append,
    )
    runner = web.ServerRunner(web.Server(server, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate.context)
    await site.start()
    port = runner.addresses[0][1]
    yield Served(f"https://127.0.0.1:{port}", metrics, certificate, records)
    await runner.cleanup()


@pytest.fixture
async def session(authority) -> AsyncIterator[aiohttp.ClientSession]:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as found:
        yield found


async def post(session, served: Served, data: Any, path: str = "/admit/enforced?timeout=5s"):
    headers = {"Content-Type": "application/json"}
    content = io.BytesIO(data) if isinstance(data, bytes) else data
    async with session.post(served.url + path, data=content, headers=headers) as response:
        return response.status, await response.read()


async def test_a_review_is_answered_under_its_uid(tmp_path, authority, session):
    async with serving(tmp_path, authority, Yes()) as served:
        status, text = await post(session, served, body())
    answer = json.loads(text)["response"]
    assert (200, "7c1a", True) == (status, answer["uid"], answer["allowed"])
    assert ["7c1a"] == [json.loads(line)["uid"] for line in served.records]


async def test_one_connection_serves_many_reviews(tmp_path, authority, session):
    async with serving(tmp_path, authority, Yes()) as served:
        for number in range(20):
            status, _ = await post(session, served, body(uid=f"u{number}"))
            assert status == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/", 404), ("/admit", 404)],
)
async def test_pages(tmp_path, authority, session, path, status):
    async with (
        serving(tmp_path, authority, Yes()) as served,
        session.get(served.url + path) as response,
    ):
        assert status == response.status


async def test_it_is_not_ready_before_the_policies_are_known(tmp_path, authority, session):
    async with (
        serving(tmp_path, authority, Yes(), ready=False) as served,
        session.get(f"{served.url}/readyz") as response,
    ):
        assert response.status == 503


async def test_an_entry_takes_posts(tmp_path, authority, session):
    async with (
        serving(tmp_path, authority, Yes()) as served,
        session.get(f"{served.url}/admit/enforced") as response,
    ):
        assert response.status == 405


async def test_a_new_certificate_is_served_without_a_restart(tmp_path, authority, session):
    """New connections get it; those that are open go on."""
    async with serving(tmp_path, authority, Yes()) as served:
        await post(session, served, body())
        before = await shown(served, authority)
        write(tmp_path, authority.issue_cert("127.0.0.1"))
        assert served.certificate.load()
        assert before != await shown(served, authority)
        status, _ = await post(session, served, body())
        assert status == 200


async def test_an_unchanged_certificate_is_not_loaded_again(tmp_path, authority):
    async with serving(tmp_path, authority, Yes()) as served:
        assert not served.certificate.load()


@pytest.mark.parametrize("content", [b"", b"garbage"])
async def test_a_broken_certificate_leaves_the_old_one(tmp_path, authority, session, content):
    """Half a rotation: the files are written one after the other."""
    async with serving(tmp_path, authority, Yes()) as served:
        (tmp_path / "tls.crt").write_bytes(content)
        with pytest.raises(ConfigurationError):
            served.certificate.load()
        assert (await post(session, served, body()))[0] == 200
        (tmp_path / "tls.key").unlink()
        with pytest.raises(ConfigurationError):
            served.certificate.load()
        assert (await post(session, served, body()))[0] == 200


async def test_a_key_of_another_certificate_leaves_the_old_pair(tmp_path, authority, session):
    async with serving(tmp_path, authority, Yes()) as served:
        other = authority.issue_cert("127.0.0.1")
        (tmp_path / "tls.key").write_bytes(other.private_key_pem.bytes())
        with pytest.raises(ConfigurationError):
            served.certificate.load()
        assert (await post(session, served, body()))[0] == 200


async def test_the_expiry_is_a_metric(tmp_path, authority):
    async with serving(tmp_path, authority, Yes()) as served:
        text = served.metrics.exposition().decode()
    sample = next(line for line in text.splitlines() if line.startswith("modeladmit_certificate"))
    assert float(sample.split()[1]) > 1_700_000_000


async def test_with_a_client_authority_strangers_are_refused(tmp_path, authority, session):
    """A forged review could name another tenant's secret. Probes need no certificate."""
    clients = trustme.CA()
    async with serving(tmp_path, authority, Yes(), clients=clients) as served:
        assert (await post(session, served, body()))[0] == 403
        async with session.get(f"{served.url}/healthz") as response:
            assert response.status == 200
        context = ssl.create_default_context()
        authority.configure_trust(context)
        clients.issue_cert("apiserver").configure_cert(context)
        connector = aiohttp.TCPConnector(ssl=context)
        async with aiohttp.ClientSession(connector=connector) as known:
            assert (await post(known, served, body()))[0] == 200


async def test_a_client_certificate_of_another_authority_opens_no_connection(tmp_path, authority):
    async with serving(tmp_path, authority, Yes(), clients=trustme.CA()) as served:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        trustme.CA().issue_cert("apiserver").configure_cert(context)
        connector = aiohttp.TCPConnector(ssl=context)
        async with aiohttp.ClientSession(connector=connector) as stranger:
            with pytest.raises(aiohttp.ClientError):
                await post(stranger, served, body())


async def test_a_verdict_that_cannot_be_written_is_a_denial(tmp_path, authority, session):
    """Not a 500: under failurePolicy Ignore that would admit."""
    async with serving(tmp_path, authority, Unwritable()) as served:
        status, text = await post(session, served, body())
    answer = json.loads(text)["response"]
    assert (200, "7c1a", False) == (status, answer["uid"], answer["allowed"])


async def test_pins_are_a_patch_of_an_admitted_object(tmp_path, authority, session):
    """AdmissionResponse: `patchType: JSONPatch`, `patch` in base64."""
    operation: JsonPatchOperation = {
        "op": "add",
        "path": "/spec/containers/0/args/-",
        "value": "--revision=0e9e",
    }
    pen = Pen(Pins((operation,), (Finding("PinWritten", Outcome.PASS, "written"),)))
    async with serving(tmp_path, authority, Yes(), pen) as served:
        status, content = await post(session, served, body(), "/admit/pins?timeout=5s")
    answer = json.loads(content)
    assert (200, True) == (status, answer["response"]["allowed"])
    assert "JSONPatch" == answer["response"]["patchType"]
    assert [operation] == json.loads(b64decode(answer["response"]["patch"]))
    (record,) = map(json.loads, served.records)
    assert ("pins", "allowed") == (record["entry"], record["decision"])
    assert ["PinWritten"] == [finding["code"] for finding in record["findings"]]


async def test_without_pins_there_is_no_patch(tmp_path, authority, session):
    """The API server refuses a patch type without a patch."""
    async with serving(tmp_path, authority, Yes()) as served:
        _, content = await post(session, served, body(), "/admit/pins?timeout=5s")
    answer = json.loads(content)
    assert answer["response"]["allowed"]
    assert not {"patch", "patchType"} & answer["response"].keys()
    uncovered = served.metrics.registry.get_sample_value("modeladmit_uncovered_total")
    assert uncovered == 0, "nothing was judged here"


async def test_what_is_too_large_to_be_pinned_is_left_to_the_gate(tmp_path, authority, session):
    """The validating entries deny it, with the reason."""
    async with serving(tmp_path, authority, Yes()) as served:
        large = body(uid="7c1a", name="x" * 5 * MIB)
        status, content = await post(session, served, large, "/admit/pins?timeout=5s")
    answer = json.loads(content)
    assert (200, True, "7c1a") == (
        status,
        answer["response"]["allowed"],
        answer["response"]["uid"],
    )


async def test_too_large_a_body_is_denied_and_the_connection_answered(tmp_path, authority, session):
    reviewer = Yes()
    async with serving(tmp_path, authority, reviewer) as served:
        status, text = await post(session, served, body({"a": "x" * (5 * MIB)}))
    answer = json.loads(text)["response"]
    assert (200, "7c1a", False) == (status, answer["uid"], answer["allowed"])
    assert [] == reviewer.seen


async def test_a_body_without_a_length_is_denied(tmp_path, authority, session):
    """The API server always says how long it is."""

    async def chunks() -> AsyncIterator[bytes]:
        yield body()

    async with serving(tmp_path, authority, Yes()) as served:
        status, text = await post(session, served, chunks())
    assert (200, False) == (status, json.loads(text)["response"]["allowed"])


async def test_without_memory_a_large_body_is_denied_and_a_small_one_judged(
    tmp_path, authority, session
):
    """A flood of large objects must not stop Pods of ordinary size."""
    hold = asyncio.Event()
    reviewer = Yes(hold=hold)
    large = {"a": "x" * MIB}
    async with serving(tmp_path, authority, reviewer, budget=2 * MIB * FACTOR) as served:
        first = asyncio.create_task(post(session, served, body(large, uid="first")))
        await until_seen(reviewer, "first", first)
        path = "/admit/enforced?timeout=600ms"
        _, text = await post(session, served, body(large, uid="second"), path)
        small = asyncio.create_task(post(session, served, body(uid="small")))
        await until_seen(reviewer, "small", small)
        hold.set()
        assert (await first)[0] == 200
        assert (await small)[0] == 200
    answer = json.loads(text)["response"]
    assert ("second", False) == (answer["uid"], answer["allowed"])
    assert "DeadlineExceeded" in answer["status"]["message"]
    assert "second" not in reviewer.seen


async def until_seen(reviewer: Yes, uid: str, posting: asyncio.Task[Any]) -> None:
    """Let the server work until the review is with the reviewer."""
    while uid not in reviewer.seen:
        assert not posting.done(), posting
        await asyncio.sleep(0)


async def shown(served: Served, authority: trustme.CA) -> bytes:
    """The certificate that a new connection is shown."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    port = int(served.url.rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    found = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return bytes(found)
