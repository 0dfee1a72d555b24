"""What policies keep elsewhere: keys of Secrets and ConfigMaps of the release namespace.

Raises nothing: what is not there is absent, and what could not be asked stays as it was.
"""

import asyncio
import logging
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from modeladmit.cluster.client import ObjectReader
from modeladmit.cluster.errors import ClusterError, ObjectNotFound
from modeladmit.cluster.resources import CONFIG_MAPS, SECRETS, Resource

_log: Final = logging.getLogger(__name__)
_REFERENCES: Final = {"secretRef": SECRETS, "configMapRef": CONFIG_MAPS}
_PARALLEL: Final = 8
_MAX_OBJECTS: Final = 2000

Place = tuple[Resource, str]
"""Kind and name of an object of the release namespace."""
Data = Mapping[str, bytes]


def places(obj: Any) -> Iterator[Place]:
    """Secrets and ConfigMaps that a policy or trust root refers to, anywhere in its spec."""
    open_nodes = [obj.get("spec") if isinstance(obj, Mapping) else None]
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, Mapping):
            for key, value in node.items():
                kind = _REFERENCES.get(key)
                if kind is not None and isinstance(value, Mapping) and value.get("name"):
                    yield kind, str(value["name"])
                open_nodes.append(value)
        elif isinstance(node, list):
            open_nodes.extend(node)


class Materials:
    """Contents of the objects that policies refer to, as they were last seen. Satisfies `api.compile.Referents`."""

    def __init__(self, client: ObjectReader, namespace: str) -> None:
        self._client: Final = client
        self._namespace: Final = namespace
        self._known: dict[Place, Data | None] = {}

    async def fetch(self, wanted: Iterable[Place], *, again: bool) -> bool:
        """Ask for what is not known, or for everything again. Says whether anything changed."""
        places = list(dict.fromkeys(wanted))[:_MAX_OBJECTS]
        before = dict(self._known)
        for gone in self._known.keys() - set(places):
            del self._known[gone]
        gate = asyncio.Semaphore(_PARALLEL)
        missing = [place for place in places if again or place not in self._known]
        await asyncio.gather(*(self._ask(place, gate) for place in missing))
        return before != self._known

    def secret(self, name: str, key: str) -> bytes | None:
        """A value in a Secret, or None when Secret or key is not there."""
        return self._find(SECRETS, name, key)

    def config_map(self, name: str, key: str) -> bytes | None:
        """A value in a ConfigMap, or None when ConfigMap or key is not there."""
        return self._find(CONFIG_MAPS, name, key)

    def _find(self, resource: Resource, name: str, key: str) -> bytes | None:
        data = self._known.get((resource, name))
        return None if data is None else data.get(key)

    async def _ask(self, place: Place, gate: asyncio.Semaphore) -> None:
        resource, name = place
        try:
            async with gate:
                self._known[place] = _data(
                    await self._client.get(resource, name, namespace=self._namespace)
                )
        except ObjectNotFound:
            self._known[place] = None
        except ClusterError as error:
            self._known.setdefault(place, None)
            _log.warning(
                "what a policy refers to cannot be read", extra={"facts": {"why": str(error)}}
            )


def _data(obj: Mapping[str, Any]) -> Data:
    """`data` of a Secret and `binaryData` of a ConfigMap are base64, `data` of a ConfigMap is text."""
    found: dict[str, bytes] = {}
    encoded = ("data",) if obj.get("kind") == "Secret" else ("binaryData",)
    for field in ("data", "binaryData"):
        for key, value in (obj.get(field) or {}).items():
            if not isinstance(value, str):
                continue
            try:
                found[key] = b64decode(value, validate=True) if field in encoded else value.encode()
            except ValueError:
                continue
    return found
