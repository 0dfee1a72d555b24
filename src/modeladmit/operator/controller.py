"""Level-triggered: every snapshot is compared with what was reported last, and what differs is reported again."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from modeladmit.api.compile import Compiled
from modeladmit.cluster.errors import ClusterError, ObjectNotFound
from modeladmit.cluster.mirror import Key
from modeladmit.cluster.resources import (
    EXEMPTIONS,
    MODEL_REFS,
    TRUST_POLICIES,
    TRUST_ROOTS,
    Resource,
)
from modeladmit.core.policy import Exemption
from modeladmit.engine.snapshot import Snapshot
from modeladmit.in_cluster.composition import Cluster
from modeladmit.operator import model_refs, policy_status
from modeladmit.operator.conditions import TRUE, status_of
from modeladmit.operator.events import Events
from modeladmit.operator.propagation import Replicas, behind
from modeladmit.operator.scan import Tally, scan
from modeladmit.operator.schedule import Schedule

_log: Final = logging.getLogger(__name__)
REPORTED: Final = (TRUST_POLICIES, TRUST_ROOTS, EXEMPTIONS, MODEL_REFS)
WORKERS: Final = 4
_AGAIN: Final = 30.0
"""Seconds after which a status that could not be written is tried again."""
_PAUSE: Final = 0.2
"""Seconds between two objects of one worker: a change of a policy must not stampede to registries."""
_DRAFT_SECONDS: Final = 20.0
_ASK: Final = 10.0
_ASK_WAITING: Final = 1.0
"""Seconds between questions to the replicas of the webhook."""

Item = tuple[Resource, Key]


class Controller:
    """Keeps the status of our kinds."""

    def __init__(
        self,
        cluster: Cluster,
        events: Events,
        schedule: Schedule[Item],
        *,
        replicas: Replicas,
        scan_every: float,
    ) -> None:
        self._cluster: Final = cluster
        self._events: Final = events
        self._schedule: Final = schedule
        self._replicas: Final = replicas
        self._scan_every: Final = scan_every
        self._late: dict[str, tuple[str, ...] | None] = {}
        """Replicas that do not judge by the present generation of a policy."""
        self._reported: dict[Item, tuple[object, ...]] = {}
        self._busy: set[Item] = set()

    def compare(self, snapshot: Snapshot) -> None:
        """Plan what is new or judged by other policies than before."""
        current: set[Item] = set()
        for resource in REPORTED:
            for key, obj in self._cluster.store.objects(resource).items():
                item = (resource, key)
                current.add(item)
                if self._reported.get(item) != _mark(resource, obj, snapshot):
                    self._schedule.touch(item)
        for gone in self._reported.keys() - current:
            del self._reported[gone]
            self._schedule.forget(gone)

    async def run(self) -> None:
        """Report for ever."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(WORKERS):
                tasks.create_task(self._work())
            tasks.create_task(self._scan_for_ever())
            tasks.create_task(self._ask_for_ever())

    async def _ask_for_ever(self) -> None:
        """Ask the replicas often while one is behind, and now and then when none is: one may be new."""
        while True:
            await self.ask()
            waiting = any(self._late.values())
            await asyncio.sleep(_ASK_WAITING if waiting else _ASK)

    async def ask(self) -> None:
        """Find out which replicas are behind, and plan a report where that changed."""
        known = await self._replicas.generations()
        for key, obj in tuple(self._cluster.store.objects(TRUST_POLICIES).items()):
            name, generation = key[1], int(obj["metadata"].get("generation") or 0)
            late = behind(known, name, generation) if known else None
            if late != self._late.get(name):
                self._late[name] = late
                self._schedule.touch((TRUST_POLICIES, key))

    async def _scan_for_ever(self) -> None:
        while True:
            snapshot = self._cluster.store.snapshot()
            if snapshot.synced and snapshot.policies:
                try:
                    await self.count(await scan(self._cluster, snapshot))
                except ClusterError as error:
                    _log.warning("no scan", extra={"facts": {"why": str(error)}})
                except Exception:  # noqa: BLE001 - the next scan may work
                    self._cluster.engine.admitter.observer.bug()
                    _log.exception("the scan failed")
            await asyncio.sleep(self._scan_every)

    async def count(self, tallies: Mapping[str, Tally]) -> None:
        """Write what the scan found into the status of the policies. Raises ClusterError."""
        for key, obj in tuple(self._cluster.store.objects(TRUST_POLICIES).items()):
            tally = tallies.get(key[1])
            if tally is None:
                continue
            before = (obj.get("status") or {}).get("wouldDeny")
            if await self._write(TRUST_POLICIES, obj, tally.status) and (
                tally.denied and before != len(tally.denied)
            ):
                await self._events.record(
                    obj,
                    reason="WouldDeny",
                    note=f"denied if they were created now: {tally.words}",
                    warning=True,
                )

    async def _work(self) -> None:
        while True:
            item = await self._schedule.next()
            if item in self._busy:
                # Two reports of one object would overwrite each other in any order.
                self._schedule.touch(item, after=_PAUSE)
                await asyncio.sleep(_PAUSE)
                continue
            self._busy.add(item)
            try:
                await self.report(item)
            except ClusterError as error:
                _log.warning("a status could not be written", extra={"facts": {"why": str(error)}})
                self._schedule.touch(item, after=_AGAIN)
            except Exception:  # noqa: BLE001 - one object must not stop the others
                self._cluster.engine.admitter.observer.bug()
                _log.exception("a report failed", extra={"facts": {"object": str(item[1])}})
                self._schedule.touch(item, after=_AGAIN)
            finally:
                self._busy.discard(item)
            await asyncio.sleep(_PAUSE)

    async def report(self, item: Item) -> None:
        """Look at one object and write what is found. Raises ClusterError."""
        resource, key = item
        obj = self._cluster.store.objects(resource).get(key)
        if obj is None:
            return
        snapshot = self._cluster.store.snapshot()
        mark = _mark(resource, obj, snapshot)
        again = self._reported.get(item) == mark
        if resource is MODEL_REFS:
            after = await self._model_ref(
                obj, snapshot, refresh=again or item not in self._reported
            )
        else:
            after = await self._configuration(resource, obj, snapshot)
        self._reported[item] = mark
        if after is not None:
            self._schedule.touch(item, after=after)

    async def _model_ref(
        self, obj: Mapping[str, Any], snapshot: Snapshot, *, refresh: bool
    ) -> float | None:
        found, after = await model_refs.report(obj, self._cluster, snapshot, refresh=refresh)
        before = status_of((obj.get("status") or {}).get("conditions"), "Ready")
        if await self._write(MODEL_REFS, obj, found.status):
            now = "True" if found.ready else "False"
            if before != now:
                await self._events.record(
                    obj,
                    reason=found.reason,
                    note=found.message,
                    warning=not found.ready,
                )
        return after

    async def _configuration(
        self, resource: Resource, obj: Mapping[str, Any], snapshot: Snapshot
    ) -> float | None:
        now = self._cluster.engine.clock.now()
        compiled: Compiled[Any] = await self._cluster.store.draft(obj, seconds=_DRAFT_SECONDS)
        found = policy_status.conditions(
            obj,
            compiled,
            snapshot,
            self._cluster.circumstances,
            now,
            late=self._late.get(str((obj.get("metadata") or {}).get("name"))),
        )
        before = (obj.get("status") or {}).get("conditions")
        if await self._write(resource, obj, policy_status.status(obj, compiled, found, now)):
            first = found[0]
            if status_of(before, first.type) != first.status:
                await self._events.record(
                    obj, reason=first.reason, note=first.message, warning=first.status is not TRUE
                )
        if isinstance(compiled.value, Exemption) and now < compiled.value.expires_at:
            return (compiled.value.expires_at - now).total_seconds() + 1.0
        return None

    async def _write(
        self, resource: Resource, obj: Mapping[str, Any], status: Mapping[str, Any]
    ) -> bool:
        """Patch the status if it says anything new. Says whether it did."""
        known = obj.get("status") or {}
        if all(known.get(key) == value for key, value in status.items()):
            return False
        metadata = obj.get("metadata") or {}
        try:
            written = await self._cluster.client.patch(
                resource,
                metadata["name"],
                {"status": dict(status)},
                namespace=metadata.get("namespace"),
                subresource="status",
            )
        except ObjectNotFound:
            return False
        # The next report compares with this one, whenever the watch comes round.
        self._cluster.store.note(resource, "MODIFIED", written)
        return True


def _mark(resource: Resource, obj: Mapping[str, Any], snapshot: Snapshot) -> tuple[object, ...]:
    """What a report rests on: the object's generation, and for some kinds the policies and namespaces."""
    metadata = obj.get("metadata") or {}
    own = (metadata.get("uid"), metadata.get("generation"))
    if resource is MODEL_REFS:
        labels = snapshot.namespaces.get(metadata.get("namespace") or "", {})
        policies = tuple(
            (policy.name, policy.generation, policy.problems) for policy in snapshot.policies
        )
        return (*own, policies, tuple(sorted(labels.items())))
    if resource is TRUST_POLICIES:
        state = next(
            (p.problems for p in snapshot.policies if p.name == metadata.get("name")), None
        )
        return (
            *own,
            state,
            tuple(sorted((n, *sorted(ls.items())) for n, ls in snapshot.namespaces.items())),
        )
    return own
