"""The `pins` entry: a Pod that is being created gets the pins that enforced policies with `writePins: Pods` ask for.

It admits nothing and denies nothing: what it writes, and what it leaves, is judged by the validating entries afterwards.
So whatever goes wrong here ends in an answer without a patch.
"""

import asyncio
import logging
from dataclasses import dataclass
from typing import Final

from modeladmit.core.pins import NOTHING, Pins
from modeladmit.core.situation import Operation
from modeladmit.engine import bugs
from modeladmit.engine.pinner import Pinner
from modeladmit.engine.ports import Observer
from modeladmit.errors import SourceUnavailable
from modeladmit.sources.fair_gate import FairGate
from modeladmit.webhook.deadline import Deadline
from modeladmit.webhook.policies import Policies
from modeladmit.webhook.request import AdmissionRequest
from modeladmit.webhook.skips import skipped

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PinWriter:
    """Answers requests of the `pins` entry. Never raises but for cancellation."""

    pinner: Pinner
    policies: Policies
    queue: FairGate
    observer: Observer

    async def pins(self, request: AdmissionRequest, deadline: Deadline) -> Pins:
        """The edits of the Pod; nothing for anything but a new Pod."""
        try:
            if request.kind != "Pod" or request.sub_resource or skipped(request) is not None:
                return NOTHING
            if request.operation != Operation.CREATE or request.obj is None:
                return NOTHING
            return await self._in_turn(request, deadline)
        except (TimeoutError, SourceUnavailable):
            return NOTHING
        except Exception:  # noqa: BLE001 - an edge: a status code would be a failed call of a webhook that may be ignored
            bugs.noted(
                self.observer, _log, "pins could not be written", uid=request.uid, entry="pins"
            )
            return NOTHING

    async def _in_turn(self, request: AdmissionRequest, deadline: Deadline) -> Pins:
        """A tenant's slow registry holds up that tenant only."""
        namespace = request.namespace or ""
        async with asyncio.timeout(deadline.left):
            await self.queue.enter(namespace)
        try:
            snapshot = self.policies.snapshot()
            labels = snapshot.namespaces.get(namespace)
            if labels is None:
                labels = await self.policies.labels(namespace, seconds=deadline.left / 2)
            if labels is None or request.obj is None or not snapshot.synced:
                return NOTHING
            return await self.pinner.pin(
                request.obj,
                snapshot,
                namespace=namespace,
                labels=labels,
                seconds=deadline.left,
            )
        finally:
            self.queue.leave(namespace)
