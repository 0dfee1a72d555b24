"""The policy store: what the cluster says must hold, compiled, as one immutable snapshot.

Primed and backed by a LIST every minute, kept fresh by a watch. A list that fails, with 404 too when a definition was
deleted, keeps what is known; after ten minutes without a complete one the snapshot says that it is not `synced`.
Everything happens on one event loop.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

from modeladmit.api.compile import Compiled
from modeladmit.cluster.client import ObjectReader
from modeladmit.cluster.compiling import Compiler
from modeladmit.cluster.errors import ClusterError, ObjectNotFound
from modeladmit.cluster.material import Materials, places
from modeladmit.cluster.mirror import Key, Mirror, whole
from modeladmit.cluster.resources import (
    EXEMPTIONS,
    MODEL_REFS,
    NAMESPACES,
    TRUST_POLICIES,
    TRUST_ROOTS,
    Resource,
)
from modeladmit.cluster.trust_repositories import TrustRepositories
from modeladmit.core.policy import Policy
from modeladmit.core.situation import DeclaredModel
from modeladmit.engine.snapshot import Snapshot

_log: Final = logging.getLogger(__name__)
EVERY: Final = 60.0
"""Seconds between lists."""
RETRY: Final = 2.0
"""Seconds after a list that failed before the first sync."""
STALE: Final = 600.0
"""Seconds after which policies count as unknown."""
_SETTLE: Final = 0.05
"""Seconds in which changes are gathered before they are compiled."""
_LOOK: Final = 2.0
"""Seconds between looks at which TUF repositories are due."""
WATCHED: Final = (TRUST_POLICIES, TRUST_ROOTS, EXEMPTIONS, MODEL_REFS, NAMESPACES)


class PolicyStore:
    """Satisfies `engine.ports.PolicyReader`."""

    def __init__(
        self,
        client: ObjectReader,
        compiler: Compiler,
        *,
        namespace: str,
        monotonic: Callable[[], float],
        taken: Callable[[Snapshot], None] = lambda _: None,
        repositories: TrustRepositories | None = None,
    ) -> None:
        self._client: Final = client
        self._taken: Final = taken
        """Told of every new snapshot: metrics show what this replica judges by."""
        self._compiler: Final = compiler
        self._repositories: Final = repositories
        self._monotonic: Final = monotonic
        self._namespace: Final = namespace
        self._materials: Final = Materials(client, namespace)
        self._mirrors: Final = {
            resource: Mirror(resource, _labels_only if resource is NAMESPACES else whole)
            for resource in WATCHED
        }
        self._snapshot = Snapshot()
        self._dirty = asyncio.Event()
        self._changed = True
        """Whether a mirror has moved since the snapshot was made."""
        self._compiled: dict[str, tuple[object, Policy]] = {}
        self._primed = asyncio.Event()

    @property
    def age(self) -> float:
        """Seconds since the oldest of the last complete lists; infinite before the first."""
        listed = [mirror.listed_at for mirror in self._mirrors.values()]
        if any(at is None for at in listed):
            return float("inf")
        return self._monotonic() - min(at for at in listed if at is not None)

    @property
    def ready(self) -> bool:
        """Whether the policies were known once. It never becomes false again."""
        return self._primed.is_set()

    def snapshot(self) -> Snapshot:
        """The policies of this moment."""
        if self._snapshot.synced and self.age > STALE:
            self._snapshot = _with_sync(self._snapshot, synced=False)
        return self._snapshot

    async def labels(self, namespace: str, *, seconds: float) -> Mapping[str, str] | None:
        """Labels of a namespace. One that was made a moment ago is asked of the API server."""
        known = self._snapshot.namespaces.get(namespace)
        if known is not None:
            return known
        try:
            async with asyncio.timeout(seconds):
                found = await self._client.get(NAMESPACES, namespace)
        except (ClusterError, TimeoutError):
            return None
        self.note(NAMESPACES, "ADDED", found)
        return _labels(found)

    async def draft(self, obj: Mapping[str, Any], *, seconds: float) -> Compiled[Any]:
        """An object of ours that is not stored yet, compiled with what it refers to at this moment."""
        materials = Materials(self._client, self._namespace)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds / 2):
                await materials.fetch(places(obj), again=True)
        roots = {name: root for (_, name), root in self._mirrors[TRUST_ROOTS].objects.items()}
        anchors = self._compiler.trust_roots(roots, self._materials)
        return self._compiler.draft(obj, anchors, materials)

    def note(self, resource: Resource, event: str | None, obj: Mapping[str, Any]) -> None:
        """Take one event of the watch."""
        if self._mirrors[resource].note(event, obj):
            self._changed = True
            self._dirty.set()

    def objects(self, resource: Resource) -> Mapping[Key, Mapping[str, Any]]:
        """Every object of a kind, as it is known."""
        return self._mirrors[resource].objects

    async def run(self) -> None:
        """Keep the snapshot fresh for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._for_ever(self._list_and_wait))
            tasks.create_task(self._for_ever(self._wait_and_compile))
            if self._repositories is not None:
                tasks.create_task(self._for_ever(partial(self._ask, self._repositories)))

    async def _for_ever(self, work: Callable[[], Awaitable[None]]) -> None:
        """A bug in compiling must not freeze the policies: until it is over, nothing is known."""
        while True:
            try:
                await work()
            except Exception:  # noqa: BLE001 - the loop has to go on, and fails closed until it works again
                _log.exception("the policies could not be compiled")
                self._snapshot = _with_sync(self._snapshot, synced=False)
                await asyncio.sleep(RETRY)
                self._changed = True
                self._dirty.set()

    async def refresh(self) -> None:
        """List everything once and compile it."""
        await asyncio.gather(*(self._list(mirror) for mirror in self._mirrors.values()))
        await self._compile(again=True)

    async def _ask(self, repositories: TrustRepositories) -> None:
        """Trust roots of TUF repositories come late and move now and then; policies that use them are made again."""
        roots = self._mirrors[TRUST_ROOTS].objects.values()
        if await repositories.refresh(roots):
            self._compiled = {}
            self._changed = True
            self._dirty.set()
        await asyncio.sleep(_LOOK)

    async def _list_and_wait(self) -> None:
        await self.refresh()
        await asyncio.sleep(EVERY if self.ready else RETRY)

    async def _list(self, mirror: Mirror) -> None:
        asked = mirror.newest
        try:
            listing = await self._client.list(mirror.resource)
        except ClusterError as error:
            missing = isinstance(error, ObjectNotFound)
            facts = {"resource": mirror.resource.plural, "why": str(error), "missing": missing}
            _log.warning("a list failed; what is known is kept", extra={"facts": facts})
            return
        self._changed |= mirror.replace(listing, at=self._monotonic(), asked=asked)

    async def _wait_and_compile(self) -> None:
        await self._dirty.wait()
        await asyncio.sleep(_SETTLE)
        self._dirty.clear()
        await self._compile(again=False)

    async def _compile(self, *, again: bool) -> None:
        policies = self._mirrors[TRUST_POLICIES].objects
        roots = self._mirrors[TRUST_ROOTS].objects
        if self._repositories is not None and not self.ready:
            await self._repositories.recall(roots.values())
        wanted = [place for obj in (*policies.values(), *roots.values()) for place in places(obj)]
        fresh = await self._materials.fetch(wanted, again=again)
        synced = self.age <= STALE
        if not (self._changed or fresh or synced != self._snapshot.synced):
            return
        self._snapshot = Snapshot(
            policies=tuple(self._policies(again=fresh)),
            exemptions=tuple(
                exemption
                for obj in self._mirrors[EXEMPTIONS].objects.values()
                if (exemption := self._compiler.exemption(obj)) is not None
            ),
            declared=self._declared(),
            namespaces={
                name: _labels(obj) for (_, name), obj in self._mirrors[NAMESPACES].objects.items()
            },
            synced=synced,
        )
        self._changed = False
        self._taken(self._snapshot)
        if self._snapshot.synced and not self.ready:
            self._primed.set()
            _log.info("policies are known", extra={"facts": {"policies": len(policies)}})

    def _policies(self, *, again: bool) -> list[Policy]:
        """Compile what is new. Trust roots and materials belong to every policy that might use them."""
        roots = {name: obj for (_, name), obj in self._mirrors[TRUST_ROOTS].objects.items()}
        known = {} if again else self._compiled
        anchors = self._compiler.trust_roots(roots, self._materials)
        trusted = {name: obj.get("spec") for name, obj in roots.items()}
        self._compiled = {}
        for (_, name), obj in sorted(self._mirrors[TRUST_POLICIES].objects.items()):
            # A new status is no new policy.
            stamp = (_generation(obj), obj.get("spec"), trusted)
            entry = known.get(name)
            if entry is None or entry[0] != stamp:
                entry = (stamp, self._compiler.policy(obj, anchors, self._materials).value)
            self._compiled[name] = entry
        return [policy for _, policy in self._compiled.values()]

    def _declared(self) -> dict[str, tuple[DeclaredModel, ...]]:
        found: dict[str, list[DeclaredModel]] = {}
        for (namespace, _), obj in sorted(self._mirrors[MODEL_REFS].objects.items()):
            model = self._compiler.declared(obj)
            if model is not None:
                found.setdefault(namespace, []).append(model)
        return {namespace: tuple(models) for namespace, models in found.items()}


def _generation(obj: Mapping[str, Any]) -> object:
    return (obj.get("metadata") or {}).get("generation")


def _with_sync(snapshot: Snapshot, *, synced: bool) -> Snapshot:
    return Snapshot(
        snapshot.policies, snapshot.exemptions, snapshot.declared, snapshot.namespaces, synced
    )


def _labels_only(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = obj.get("metadata") or {}
    kept = {key: metadata.get(key) for key in ("name", "resourceVersion", "labels")}
    return {"metadata": kept}


def _labels(obj: Mapping[str, Any]) -> Mapping[str, str]:
    return (obj.get("metadata") or {}).get("labels") or {}
