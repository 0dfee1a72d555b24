"""One review from request to verdict: skip, read, judge, and turn every inability into a verdict of its own."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.situation import Operation
from modeladmit.core.verdict import Finding, Outcome, Verdict
from modeladmit.engine import bugs
from modeladmit.engine.admitter import Admitter
from modeladmit.engine.circumstances import Circumstances
from modeladmit.engine.ports import Observer
from modeladmit.errors import SourceUnavailable
from modeladmit.sources.fair_gate import FairGate
from modeladmit.webhook.deadline import Deadline
from modeladmit.webhook.entry import Entry
from modeladmit.webhook.policies import Policies
from modeladmit.webhook.request import AdmissionRequest
from modeladmit.webhook.skips import identity, skipped

_log: Final = logging.getLogger(__name__)
_NAMESPACE_SECONDS: Final = 2.0
"""The longest that the labels of an unknown namespace are waited for."""


class Configuration(Protocol):
    """Validates our own kinds."""

    async def validate(self, request: AdmissionRequest, deadline: Deadline) -> Verdict:
        """Every problem of the object."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Judges requests of every entry. Never raises but for cancellation."""

    admitter: Admitter
    policies: Policies
    circumstances: Circumstances
    configuration: Configuration
    queue: FairGate
    observer: Observer

    async def review(self, entry: Entry, request: AdmissionRequest, deadline: Deadline) -> Verdict:
        """The verdict. A bug of ours is one, too: an exception would be an admission under failurePolicy Ignore."""
        try:
            verdict = skipped(request)
            if verdict is not None:
                return verdict
            return await self._in_turn(entry, request, deadline)
        except Exception:  # noqa: BLE001 - one of the two edges where everything ends
            return self.bug(entry, request)

    async def _in_turn(
        self, entry: Entry, request: AdmissionRequest, deadline: Deadline
    ) -> Verdict:
        """Share the process fairly between namespaces: a tenant's slow registry holds up that tenant only."""
        tenant = request.namespace or ""
        if not self.queue.enter_now(tenant):
            try:
                async with asyncio.timeout(deadline.left):
                    await self.queue.enter(tenant)
            except (TimeoutError, SourceUnavailable):
                return _verdict(
                    request,
                    "DeadlineExceeded",
                    "too many reviews of this namespace are waiting for their stores",
                    "try again in a moment",
                )
        try:
            if entry is Entry.CONFIGURATION:
                return await self.configuration.validate(request, deadline)
            return await self.judge(entry, request, deadline)
        finally:
            self.queue.leave(tenant)

    async def judge(self, entry: Entry, request: AdmissionRequest, deadline: Deadline) -> Verdict:
        """Judge a workload."""
        if request.obj is None:
            return _verdict(
                request,
                "InvalidReview",
                "the review holds no object",
                "send the object with the review",
            )
        snapshot = self.policies.snapshot()
        labels = await self._labels(request.namespace, snapshot.namespaces, deadline)
        updates = request.operation == Operation.UPDATE and request.old is not None
        situation = self.circumstances.situation(
            snapshot,
            request.namespace,
            labels,
            operation=Operation(request.operation),
            old=self.admitter.inspect(request.old, namespace=request.namespace)
            if updates and request.old is not None
            else None,
        )
        if entry is Entry.ENFORCED:
            # The API server saw the label, perhaps before our watch did: what comes here is from a closed namespace.
            situation = replace(situation, closed=True)
        return await self.admitter.assess(
            request.obj,
            situation,
            snapshot,
            seconds=deadline.left,
            # References of cluster-scoped kinds resolve on behalf of the release namespace only.
            scope=None
            if request.namespace
            else CredentialScope(self.circumstances.release_namespace),
        )

    async def _labels(
        self,
        namespace: str | None,
        known: Mapping[str, Mapping[str, str]],
        deadline: Deadline,
    ) -> Mapping[str, str] | None:
        if namespace is None:
            return {}
        labels = known.get(namespace)
        if labels is not None:
            return labels
        return await self.policies.labels(
            namespace, seconds=min(_NAMESPACE_SECONDS, deadline.left / 2)
        )

    def bug(self, entry: Entry, request: AdmissionRequest) -> Verdict:
        """The verdict of a request over which we failed; to be called while the exception is handled."""
        number = bugs.noted(
            self.observer, _log, "a review failed", uid=request.uid, entry=entry.value
        )
        return _verdict(
            request,
            "InternalError",
            f"a bug in modeladmit, id {number}",
            "report the id; the log of the webhook has the details under it",
        )


def _verdict(request: AdmissionRequest, code: str, message: str, fix: str) -> Verdict:
    return Verdict.of(identity(request), [Finding(code, Outcome.ERROR, message, fix=fix)])
