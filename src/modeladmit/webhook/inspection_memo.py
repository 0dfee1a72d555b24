"""Remembers what equal objects load: the replicas of a Deployment differ in their names only, and reading is pure."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from hashlib import blake2b
from typing import Any, Final

import orjson

from modeladmit.core.workload import ObjectIdentity, Workload
from modeladmit.engine.ports import WorkloadInspector

_KEPT: Final = 2048
_LARGEST: Final = 256 * 1024
"""Bytes; larger objects are rare and would push many others out."""
_TOKEN_VOLUME: Final = "kube-api-access-"
"""Prefix of the volume that the ServiceAccount admission plugin adds to every Pod, with five random letters."""
_TRANSIENT: Final = frozenset(
    {
        "name",
        "generateName",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "managedFields",
    }
)
"""Metadata that names an object and says nothing about what it loads. `ownerReferences` is not in it."""


class InspectionMemo:
    """A `WorkloadInspector` that asks another one once for equal objects."""

    def __init__(self, inspect: WorkloadInspector) -> None:
        self._inspect: Final = inspect
        self._known: OrderedDict[bytes, Workload] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def __call__(self, obj: Mapping[str, Any], *, namespace: str | None = None) -> Workload:
        """What the object loads."""
        key = _key(obj, namespace)
        if key is None:
            return self._inspect(obj, namespace=namespace)
        known = self._known.get(key)
        if known is None:
            known = self._inspect(obj, namespace=namespace)
            self._known[key] = known
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
            return known
        self._known.move_to_end(key)
        return replace(known, identity=_identity(obj, known.identity))


def _identity(obj: Mapping[str, Any], known: ObjectIdentity) -> ObjectIdentity:
    metadata = _metadata(obj)
    name = metadata.get("name") or metadata.get("generateName")
    return replace(known, name=name[:253] if isinstance(name, str) else "")


def _metadata(obj: Mapping[str, Any]) -> Mapping[str, Any]:
    found = obj.get("metadata")
    return found if isinstance(found, dict) else {}


def _key(obj: Mapping[str, Any], namespace: str | None) -> bytes | None:
    metadata = {k: v for k, v in _metadata(obj).items() if k not in _TRANSIENT}
    body = {k: v for k, v in obj.items() if k not in {"metadata", "status"}}
    spec = body.get("spec")
    if isinstance(spec, dict) and "containers" in spec:
        body["spec"] = _without_token_volume(spec)
    try:
        text = orjson.dumps([namespace, metadata, body])
        if b'"metadata.' in text:
            # A fieldRef carries metadata into the container: the name may be what names the model.
            text += orjson.dumps(obj.get("metadata"))
    except (TypeError, ValueError):
        return None
    return blake2b(text, digest_size=16).digest() if len(text) <= _LARGEST else None


def _without_token_volume(spec: dict[str, Any]) -> dict[str, Any]:
    """The Pod spec with the random name of its one token volume blanked, where only volumes and mounts say it.

    Attack: two volumes of such names whose mounts are swapped must not look equal, and neither must a name that also
    stands in an argument. So nothing is blanked unless there is exactly one, and the rest of the text stays as it is.
    """
    volumes = spec.get("volumes")
    if not isinstance(volumes, list):
        return spec
    names = [
        volume["name"]
        for volume in volumes
        if isinstance(volume, dict)
        and isinstance(volume.get("name"), str)
        and volume["name"].startswith(_TOKEN_VOLUME)
        and volume.keys() == {"name", "projected"}
    ]
    if len(names) != 1:
        return spec
    name = names[0]
    found = {**spec, "volumes": [_blank(volume, name) for volume in volumes]}
    for group in ("containers", "initContainers", "ephemeralContainers"):
        if isinstance(spec.get(group), list):
            found[group] = [_blank_mounts(container, name) for container in spec[group]]
    return found


def _blank_mounts(container: Any, name: str) -> Any:
    mounts = container.get("volumeMounts") if isinstance(container, dict) else None
    if not isinstance(mounts, list):
        return container
    return {**container, "volumeMounts": [_blank(mount, name) for mount in mounts]}


def _blank(entry: Any, name: str) -> Any:
    """A null can stand in no real object's name, so a blanked entry equals blanked entries only."""
    if isinstance(entry, dict) and entry.get("name") == name:
        return {**entry, "name": None}
    return entry
