"""When kinds of ours are defined anew, the watch has to begin anew.

kopf looks for kinds once after each change of a definition. Right then the API server often does not serve the kind yet
(it does so a moment after the definition is Established), and what was not found is never watched: every change of a policy
would take until the next list, for as long as the process lives.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aiohttp
import kopf

from modeladmit.cluster.resources import DEFINITIONS, Resource

_SETTLE: Final = 1.0
"""Seconds without a change after which we look. Also the pause between looks."""


class Definitions:
    """Follows the definitions of some kinds during one run of kopf."""

    def __init__(
        self, session: aiohttp.ClientSession, server: str, resources: Sequence[Resource]
    ) -> None:
        self._session: Final = session
        self._server: Final = server.rstrip("/")
        self._resources: Final = tuple(resources)
        self._groups: Final = {resource.group for resource in resources if resource.group}
        self._changed: Final = asyncio.Event()

    def register(self, registry: kopf.OperatorRegistry) -> None:
        """Hear of changes; what is found at the start is none."""

        async def definitions(event: Mapping[str, Any], **_: Any) -> None:
            spec = event["object"].get("spec") or {}
            if event["type"] is not None and spec.get("group") in self._groups:
                self._changed.set()

        at = (DEFINITIONS.group, DEFINITIONS.version, DEFINITIONS.plural)
        kopf.on.event(*at, registry=registry)(definitions)

    async def put_back(self) -> None:
        """Wait until a definition has changed, or was missing from the start, and every kind is served."""
        if await self._served():
            await self._changed.wait()
        while True:
            self._changed.clear()
            await asyncio.sleep(_SETTLE)
            if not self._changed.is_set() and await self._served():
                return

    async def _served(self) -> bool:
        """Whether discovery names every kind. An API server that does not answer is the watch's business."""
        for version in {resource.discovery for resource in self._resources}:
            wanted = {found.plural for found in self._resources if found.discovery == version}
            try:
                async with self._session.get(self._server + version) as response:
                    found = await response.json() if response.ok else {}
            except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
                return False
            if wanted - {str(item.get("name")) for item in found.get("resources") or ()}:
                return False
        return True
