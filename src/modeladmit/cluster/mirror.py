"""Objects of one kind as the cluster has them, from lists and a watch that may overtake each other.

Resource versions of one kind can be compared as numbers (kubernetes.io, "Resource versions", since 1.35 a guarantee);
where a server's cannot, the list wins.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from modeladmit.cluster.client import Listing
from modeladmit.cluster.resources import Resource

Key = tuple[str, str]
"""Namespace (empty for cluster-scoped kinds) and name."""
_TOMBSTONES: Final = 10_000


def whole(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keep an object as it is, but for the record of who wrote which field."""
    metadata = {k: v for k, v in (obj.get("metadata") or {}).items() if k != "managedFields"}
    return {**obj, "metadata": metadata}


class Mirror:
    """One kind. `keep` says what of an object is remembered."""

    def __init__(
        self,
        resource: Resource,
        keep: Callable[[Mapping[str, Any]], Mapping[str, Any]] = whole,
    ) -> None:
        self.resource: Final = resource
        self.listed_at: float | None = None
        """Monotonic time of the last complete list."""
        self.objects: dict[Key, Mapping[str, Any]] = {}
        self.newest = -1
        """The highest resource version that was seen."""
        self._keep = keep
        self._gone: dict[Key, int] = {}

    def replace(self, listing: Listing, *, at: float, asked: int = -1) -> bool:
        """Take a complete list, except where the watch knows better. Says whether anything changed.

        `asked` is what `newest` was when the list was asked for. A consistent list is never older than that, unless the
        cluster's store was restored from a backup: then everything that we know is from a time that never was.
        """
        listed = _number(listing.resource_version)
        if 0 <= listed < asked:
            self.objects, self.newest = {}, listed
            self._gone.clear()
        self.newest = max(self.newest, listed)
        found: dict[Key, Mapping[str, Any]] = {}
        for item in listing.items:
            key = _key(item)
            known = self.objects.get(key)
            if self._gone.get(key, -1) > listed:
                continue
            found[key] = (
                known if known is not None and not _newer(item, known) else self._keep(item)
            )
        for key, known in self.objects.items():
            if key not in found and _version(known) > listed >= 0:
                found[key] = known
        self._gone.clear()
        self.listed_at = at
        changed = found.keys() != self.objects.keys() or any(
            found[key] is not self.objects[key] for key in found
        )
        self.objects = found
        return changed

    def note(self, event: str | None, obj: Mapping[str, Any]) -> bool:
        """Take one event of a watch (`ADDED`, `MODIFIED`, `DELETED`, or None for an object found at its start)."""
        key = _key(obj)
        known = self.objects.get(key)
        self.newest = max(self.newest, _version(obj))
        if event == "DELETED":
            if known is not None and _version(known) > _version(obj) >= 0:
                # It was made again, and a list said so before the watch came to the deletion.
                return False
            if len(self._gone) < _TOMBSTONES:
                self._gone[key] = _version(obj)
            return self.objects.pop(key, None) is not None
        if known is not None and not _newer(obj, known):
            return False
        if self._gone.get(key, -1) > _version(obj):
            return False
        self.objects[key] = self._keep(obj)
        return True


def _key(obj: Mapping[str, Any]) -> Key:
    metadata = obj.get("metadata") or {}
    return str(metadata.get("namespace") or ""), str(metadata.get("name") or "")


def _version(obj: Mapping[str, Any]) -> int:
    return _number((obj.get("metadata") or {}).get("resourceVersion"))


def _number(text: object) -> int:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() else -1


def _newer(obj: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    version, before = _version(obj), _version(known)
    if version < 0 or before < 0:
        return True
    return version > before
