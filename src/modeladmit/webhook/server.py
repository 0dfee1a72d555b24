"""HTTP in front of the reviewer: paths, bounds, status codes.

There are two channels (kopf's words): the HTTP status says that the request itself is unusable, and only a request whose
uid cannot be read ends there; everything else is a 200 with a verdict in it.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Final, Protocol

from aiohttp import web

from modeladmit.core.patch import JsonPatchOperation
from modeladmit.core.pins import Pins
from modeladmit.core.verdict import Finding, Outcome, Verdict
from modeladmit.errors import InvalidReview
from modeladmit.in_cluster.status_pages import StatusPages
from modeladmit.telemetry import Metrics
from modeladmit.webhook import decision
from modeladmit.webhook.answer import answer
from modeladmit.webhook.deadline import Deadline, allowance
from modeladmit.webhook.entry import BY_PATH, Entry
from modeladmit.webhook.memory_budget import MemoryBudget
from modeladmit.webhook.request import HEAD, AdmissionRequest, UnreadableBody, read, uid_in
from modeladmit.webhook.skips import identity

_log: Final = logging.getLogger(__name__)
_JSON: Final = "application/json"
_SMALL: Final = 128 * 1024
"""Bytes. A body of this size is read without asking the memory budget: queues of them are bounded by connections."""
_SMALLER: Final = "make the object smaller and flatter"
_AGAIN: Final = "try again in a moment"


class Reviews(Protocol):
    """Who judges; see `webhook.reviewer.Reviewer`."""

    async def review(self, entry: Entry, request: AdmissionRequest, deadline: Deadline) -> Verdict:
        """The verdict. Never raises."""

    def bug(self, entry: Entry, request: AdmissionRequest) -> Verdict:
        """The verdict of a request over which we failed."""


class Writer(Protocol):
    """Who writes pins; see `webhook.pin_writer.PinWriter`."""

    async def pins(self, request: AdmissionRequest, deadline: Deadline) -> Pins:
        """The edits. Never raises."""


class Server:
    """The handler of `aiohttp.web.Server`: no routes, no middlewares, which cost more than a warm verdict."""

    def __init__(
        self,
        reviewer: Reviews,
        writer: Writer,
        *,
        pages: StatusPages,
        metrics: Metrics,
        budget: MemoryBudget,
        max_body: int,
        margin: float,
        authenticate: bool = False,
        record: decision.Write = decision.to_stdout,
    ) -> None:
        self._reviewer: Final[Reviews] = reviewer
        self._writer: Final[Writer] = writer
        self._pages: Final = pages
        self._metrics: Final = metrics
        self._budget: Final = budget
        self._max_body: Final = max_body
        self._margin: Final = margin
        self._authenticate: Final = authenticate
        self._record: Final = record
        self._draining = False

    def drain(self) -> None:
        """Close every connection after its next answer, so that callers go elsewhere before nobody listens any more."""
        self._draining = True

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request of the API server or the kubelet."""
        entry = BY_PATH.get(request.path)
        if entry is None:
            return await self._pages(request)
        if request.method != "POST":
            return web.Response(
                status=405, text="POST an AdmissionReview\n", headers={"Allow": "POST"}
            )
        if self._authenticate and not _is_known(request):
            return web.Response(status=403, text="show a client certificate of the API server\n")
        self._metrics.in_flight += 1
        try:
            response = await self._admit(entry, request)
        finally:
            self._metrics.in_flight -= 1
        if self._draining:
            response.force_close()
        return response

    async def _admit(self, entry: Entry, request: web.BaseRequest) -> web.StreamResponse:
        deadline = Deadline(allowance(request.query.get("timeout"), self._margin))
        length = request.content_length
        if length is None or length > self._max_body:
            message = f"the review is larger than {self._max_body} bytes, or hides its size"
            head = await self._passed_by(request, deadline)
            return self._refused(entry, head, deadline, "LimitExceeded", message, _SMALLER)
        try:
            if length <= _SMALL:
                return await self._reviewed(entry, await _whole(request, deadline), deadline)
            async with self._budget.lend(length, deadline.left):
                return await self._reviewed(entry, await _whole(request, deadline), deadline)
        except _LateBodyError as late:
            message = "the review did not arrive in time"
            return self._refused(entry, late.head, deadline, "DeadlineExceeded", message, _AGAIN)
        except TimeoutError:
            message = "too many large objects are under review at this moment"
            head = await self._passed_by(request, deadline)
            return self._refused(entry, head, deadline, "DeadlineExceeded", message, _AGAIN)

    async def _reviewed(self, entry: Entry, body: bytes, deadline: Deadline) -> web.StreamResponse:
        try:
            asked = read(body)
        except UnreadableBody as error:
            return self._refused(entry, body, deadline, "InvalidReview", str(error), _SMALLER)
        except InvalidReview as error:
            return self._malformed(entry, str(error))
        if entry is Entry.PINS:
            pins = await self._writer.pins(asked, deadline)
            verdict = Verdict.of(identity(asked), pins.findings, inference=False)
            return self._answered(entry, asked, verdict, deadline, pins.operations)
        verdict = await self._reviewer.review(entry, asked, deadline)
        return self._answered(entry, asked, verdict, deadline)

    def _answered(
        self,
        entry: Entry,
        asked: AdmissionRequest,
        verdict: Verdict,
        deadline: Deadline,
        operations: Sequence[JsonPatchOperation] = (),
    ) -> web.StreamResponse:
        seconds = deadline.elapsed
        try:
            body = answer(asked.uid, verdict, operations)
            line = decision.line(entry, asked, verdict, seconds)
        except Exception:  # noqa: BLE001 - a verdict that cannot be written is still no status code
            verdict = self._reviewer.bug(entry, asked)
            body = answer(asked.uid, verdict)
            line = decision.line(entry, asked, verdict, seconds)
        self._metrics.judged(verdict, entry=entry.value, seconds=seconds)
        self._record(line)
        return web.Response(body=body, content_type=_JSON)

    async def _passed_by(self, request: web.BaseRequest, deadline: Deadline) -> bytes:
        """The beginning of a body; the rest is let by, because a closed connection would be no verdict."""
        head, passed = b"", 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline.left):
                async for chunk in request.content.iter_any():
                    head = head if len(head) >= HEAD else head + chunk[:HEAD]
                    passed += len(chunk)
                    if passed > 2 * self._max_body:
                        break
        return head

    def _refused(
        self,
        entry: Entry,
        head: bytes,
        deadline: Deadline,
        code: str,
        message: str,
        fix: str,
    ) -> web.StreamResponse:
        uid = uid_in(head)
        if uid is None:
            return self._malformed(entry, message)
        asked = AdmissionRequest.unread(uid)
        if entry is Entry.PINS:  # the gate will say what is wrong
            verdict = Verdict(identity(asked), inference=False)
            return self._answered(entry, asked, verdict, deadline)
        finding = Finding(code, Outcome.ERROR, message, fix=fix)
        return self._answered(entry, asked, Verdict.of(identity(asked), [finding]), deadline)

    def _malformed(self, entry: Entry, message: str) -> web.StreamResponse:
        self._metrics.malformed.labels(entry.value).inc()
        _log.warning("malformed review", extra={"facts": {"entry": entry.value, "why": message}})
        return web.Response(status=400, text=f"InvalidReview: {message}\n")


class _LateBodyError(Exception):
    """The body did not arrive before the deadline."""

    def __init__(self, head: bytes) -> None:
        super().__init__()
        self.head: Final = head


async def _whole(request: web.BaseRequest, deadline: Deadline) -> bytes:
    """The body; shorter than announced when the client broke off.

    Attack: whoever announces a body and sends none would hold its memory for ever.
    """
    content = request.content
    if content.is_eof():
        return content.read_nowait()
    found = bytearray()
    try:
        async with asyncio.timeout(deadline.left):
            async for chunk in content.iter_any():
                found += chunk
    except TimeoutError as error:
        raise _LateBodyError(bytes(found[:HEAD])) from error
    return bytes(found)


def _is_known(request: web.BaseRequest) -> bool:
    """Whether the peer showed a certificate; the TLS context has verified it against `clientCA`."""
    transport = request.transport
    return transport is not None and bool(transport.get_extra_info("peercert"))
