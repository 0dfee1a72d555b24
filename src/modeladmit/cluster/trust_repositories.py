"""TUF repositories that TrustRoots name: asked now and then, never on the path of a request.

What a repository gave last stays until it gives something newer that verifies: an unreachable mirror changes nothing, and
after a restart what was kept on disk counts for as long as its metadata do.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from modeladmit.api.compile.shape import read
from modeladmit.api.durations import parse_duration
from modeladmit.api.trust_root import TrustRootSpec, TufSpec
from modeladmit.errors import ModeladmitError

_log: Final = logging.getLogger(__name__)
RETRY: Final = 60.0
"""Seconds after which a repository is asked again that could not be asked."""
_MAX: Final = 64
"""Repositories that are asked."""


class Targets(Protocol):
    """Verified targets of TUF repositories."""

    def current(self, spec: TufSpec) -> bytes | None:
        """The last good copy, or None before the first."""

    async def recall(self, spec: TufSpec) -> bytes | None:
        """What an earlier process got, verified again; None when there is nothing that still counts."""

    async def refresh(self, spec: TufSpec) -> bytes:
        """Ask the repository and verify. Raises ModeladmitError and keeps the last good copy."""


class TrustRepositories:
    """When each repository is asked next."""

    def __init__(self, targets: Targets, monotonic: Callable[[], float]) -> None:
        self._targets: Final = targets
        self._monotonic: Final = monotonic
        self._due: dict[TufSpec, float] = {}
        self._recalled: set[TufSpec] = set()

    def current(self, spec: TufSpec) -> bytes | None:
        """The last good copy."""
        return self._targets.current(spec)

    async def refresh(self, roots: Iterable[Mapping[str, Any]]) -> bool:
        """Ask the repositories whose turn it is. Says whether any gave something new."""
        specs = _specs(roots)
        self._due = {spec: self._due.get(spec, 0.0) for spec in specs}
        self._recalled &= set(specs)
        if await self._recall(specs):
            return True
        moved = False
        for spec in specs:
            if self._monotonic() >= self._due[spec]:
                moved |= await self._ask(spec)
        return moved

    async def recall(self, roots: Iterable[Mapping[str, Any]]) -> None:
        """Take what an earlier process kept, asking nobody: the first snapshot is made with it."""
        await self._recall(_specs(roots))

    async def _recall(self, specs: Iterable[TufSpec]) -> bool:
        """After a restart nobody waits for a mirror that may be away, his own or another's. Looked for once."""
        found = False
        for spec in specs:
            if spec not in self._recalled:
                self._recalled.add(spec)
                if self._targets.current(spec) is None:
                    found |= await self._targets.recall(spec) is not None
        return found

    async def _ask(self, spec: TufSpec) -> bool:
        before = self._targets.current(spec)
        try:
            after = await self._targets.refresh(spec)
        except ModeladmitError as error:
            self._due[spec] = self._monotonic() + RETRY
            facts = {"mirror": spec.mirror, "why": str(error), "kept": before is not None}
            _log.warning("a TUF repository gave nothing new", extra={"facts": facts})
            return False
        self._due[spec] = self._monotonic() + parse_duration(spec.interval).total_seconds()
        return after != before


def _specs(roots: Iterable[Mapping[str, Any]]) -> list[TufSpec]:
    """The repositories that are asked, each once."""
    found = (read(TrustRootSpec, root.get("spec")) for root in roots)
    named = (spec.sigstore.tuf for spec in found if spec is not None and spec.sigstore is not None)
    return list(dict.fromkeys(tuf for tuf in named if tuf is not None))[:_MAX]
