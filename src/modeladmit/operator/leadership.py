"""One replica works at a time: the holder of a Lease (coordination.k8s.io/v1, as client-go's leaderelection does it)."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from modeladmit.cluster.client import KubernetesClient
from modeladmit.cluster.errors import ClusterError, Conflict, ObjectNotFound
from modeladmit.cluster.resources import LEASES

_log: Final = logging.getLogger(__name__)
LEASE: Final = "modeladmit-operator"
DURATION: Final = 15.0
"""Seconds after which a holder that no longer renews counts as gone."""
RENEW: Final = 10.0
"""Seconds within which a holder must renew, or stop working."""
PAUSE: Final = 2.0


class Leadership:
    """Who works. A clock of another machine is never compared with ours: what counts is how long a Lease stood still."""

    def __init__(
        self,
        client: KubernetesClient,
        *,
        namespace: str,
        identity: str,
        monotonic: Callable[[], float],
    ) -> None:
        self._client: Final = client
        self._namespace: Final = namespace
        self._identity: Final = identity
        self._monotonic: Final = monotonic
        self._seen: tuple[str, float] | None = None
        """The last resource version of somebody else's Lease, and when we saw it first."""

    async def acquire(self) -> None:
        """Wait until we are the holder."""
        while not await self._try():  # noqa: ASYNC110 - somebody else's process ends the wait
            await asyncio.sleep(PAUSE)
        _log.info("this replica leads", extra={"facts": {"identity": self._identity}})

    async def hold(self) -> None:
        """Renew for ever; returns when the Lease is lost."""
        renewed = self._monotonic()
        while self._monotonic() - renewed < RENEW:
            await asyncio.sleep(PAUSE)
            if await self._try():
                renewed = self._monotonic()
            elif self._seen is not None:
                break
        _log.warning("this replica does not lead any more")

    async def release(self) -> None:
        """Let the next one in at once."""
        try:
            lease = await self._client.get(LEASES, LEASE, namespace=self._namespace)
            spec = lease.get("spec") or {}
            if spec.get("holderIdentity") == self._identity:
                lease["spec"] = {**spec, "holderIdentity": "", "leaseDurationSeconds": 1}
                await self._client.replace(LEASES, LEASE, lease, namespace=self._namespace)
        except ClusterError as error:
            _log.info("the lease could not be released", extra={"facts": {"why": str(error)}})

    async def _try(self) -> bool:
        try:
            lease = await self._client.get(LEASES, LEASE, namespace=self._namespace)
            if not self._may_take(lease):
                return False
            lease["spec"] = self._spec(lease.get("spec") or {})
            await self._client.replace(LEASES, LEASE, lease, namespace=self._namespace)
        except ObjectNotFound:
            return await self._create()
        except Conflict:
            return False
        except ClusterError as error:
            _log.warning("the lease cannot be had", extra={"facts": {"why": str(error)}})
            return False
        self._seen = None
        return True

    async def _create(self) -> bool:
        lease = {
            "apiVersion": LEASES.api_version,
            "kind": LEASES.kind,
            "metadata": {"name": LEASE, "namespace": self._namespace},
            "spec": self._spec({}),
        }
        try:
            await self._client.create(LEASES, lease, namespace=self._namespace)
        except ClusterError:
            return False
        return True

    def _may_take(self, lease: Mapping[str, Any]) -> bool:
        spec = lease.get("spec") or {}
        holder = spec.get("holderIdentity")
        if not holder or holder == self._identity:
            return True
        version = str((lease.get("metadata") or {}).get("resourceVersion"))
        now = self._monotonic()
        if self._seen is None or self._seen[0] != version:
            self._seen = (version, now)
            return False
        return now - self._seen[1] > float(spec.get("leaseDurationSeconds") or DURATION)

    def _spec(self, known: Mapping[str, Any]) -> dict[str, Any]:
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        ours = known.get("holderIdentity") == self._identity
        transitions = int(known.get("leaseTransitions") or 0)
        return {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": int(DURATION),
            "acquireTime": known.get("acquireTime") if ours else now,
            "renewTime": now,
            "leaseTransitions": transitions if ours or not known else transitions + 1,
        }
