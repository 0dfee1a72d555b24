"""A bounded number of requests in flight, shared fairly between tenants.

Attack: one namespace names two hundred models of a registry that never answers. Its requests wait in its own queue;
the others are served in turn, and no tenant may hold every place.
"""

import asyncio
from collections import Counter, OrderedDict, deque

from modeladmit.errors import SourceUnavailable


class FairGate:
    """Places for `capacity` holders, at most `per_tenant` of them for one tenant; waiters are taken round robin."""

    def __init__(self, capacity: int, *, per_tenant: int, queued: int) -> None:
        self._capacity = capacity
        self._per_tenant = per_tenant
        self._queued = queued
        self._held: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._total = 0

    @property
    def idle(self) -> bool:
        """Nobody holds a place or waits for one."""
        return not self._total and not self._waiting

    def enter_now(self, tenant: str) -> bool:
        """Take a place if nobody has to wait for it; says whether it did."""
        if tenant in self._waiting or not self._free(tenant):
            return False
        self._take(tenant)
        return True

    async def enter(self, tenant: str) -> None:
        """Take a place, in turn. Raises SourceUnavailable when the tenant's queue is full."""
        if self.enter_now(tenant):
            return
        if len(self._waiting.get(tenant, ())) >= self._queued:
            raise SourceUnavailable("too many requests of this namespace wait for one host")
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(tenant)  # the place was given in the same moment
            else:
                self._forget(tenant, turn)
            raise

    def leave(self, tenant: str) -> None:
        """Give a place back."""
        self._total -= 1
        self._held[tenant] -= 1
        if not self._held[tenant]:
            del self._held[tenant]
        self._admit()

    def _free(self, tenant: str) -> bool:
        return self._total < self._capacity and self._held[tenant] < self._per_tenant

    def _take(self, tenant: str) -> None:
        self._total += 1
        self._held[tenant] += 1

    def _admit(self) -> None:
        for tenant in list(self._waiting):
            if self._total >= self._capacity:
                return
            queue = self._waiting[tenant]
            if self._held[tenant] >= self._per_tenant:
                continue
            while queue and queue[0].done():
                queue.popleft()  # given up in this very moment; the place is the next one's
            if queue:
                self._take(tenant)
                queue.popleft().set_result(None)
            if queue:
                self._waiting.move_to_end(tenant)
            else:
                del self._waiting[tenant]

    def _forget(self, tenant: str, turn: asyncio.Future[None]) -> None:
        queue = self._waiting.get(tenant)
        if queue is not None and turn in queue:
            queue.remove(turn)
            if not queue:
                del self._waiting[tenant]
