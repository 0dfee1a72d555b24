"""From a path inside a container to the volume that holds it.

The longest `mountPath` wins; `subPath` is appended; the volume says what is there: a claim, a host path, an image,
a bucket, a ConfigMap, or an empty directory that another container must fill.
"""

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Carrier
from modeladmit.workloads.environment import Environment, expand
from modeladmit.workloads.podspec import Container, PodSpec
from modeladmit.workloads.reading import dig, mapping, sequence, string
from modeladmit.workloads.text import Ledger


class Holder(Enum):
    """What a volume is, as far as models are concerned."""

    PLACE = auto()
    """A place with a name of its own: claim, host path, image, bucket, share."""
    EMPTY = auto()
    """Empty when the Pod starts: what is in it, a container of the Pod put there."""
    CONFIG_MAP = auto()
    SECRET = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Source:
    """A ConfigMap or Secret whose keys are files."""

    name: str
    carrier: Carrier
    keys: Mapping[str, str]
    """Path to key; none: every key is a file of its name."""


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume of a Pod."""

    name: str
    holder: Holder
    uri: str
    """The place without path, such as `pvc://claim`; for a ConfigMap or Secret its name."""
    field: FieldPath
    raw: Mapping[str, Any]
    transient: bool = False
    """A claim that is made with the Pod: empty at first, like an empty directory."""
    sources: tuple[Source, ...] = ()
    """The ConfigMaps and Secrets whose keys are its files."""
    complete: bool = True
    """Whether all of them are there."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a container's path leads."""

    volume: Volume
    rest: str
    """The path inside the volume, without slashes at its ends; empty for the volume itself."""
    mount: FieldPath
    exact: bool
    """Whether the volume is mounted at this very path."""

    @property
    def uri(self) -> str:
        """The place as a URI."""
        return f"{self.volume.uri}/{self.rest}" if self.rest else self.volume.uri

    def within(self, other: "Place") -> bool:
        """Whether this place is the other or lies in it."""
        return self.volume.name == other.volume.name and (
            not other.rest or self.rest == other.rest or self.rest.startswith(other.rest + "/")
        )


MAX_MOUNTS: Final = 128
"""Mounts of one container that are read."""
MAX_ALL_MOUNTS: Final = 4096
MAX_TEMPLATES: Final = 64
MAX_VOLUMES: Final = 2048
"""Volumes of all Pods of one object, its claim templates included."""


class Volumes:
    """The volumes that one object gives to its Pods."""

    __slots__ = ("_root", "_templates", "complete", "left", "mounts_left")

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._templates: dict[str, Volume] | None = None
        self.left = MAX_VOLUMES
        self.mounts_left = MAX_ALL_MOUNTS
        self.complete = True
        """Whether all that were asked for were read."""

    def of(self, pod: PodSpec) -> dict[str, Volume]:
        """Every volume of the Pod by name, claim templates of the object that makes the Pod included."""
        if self._templates is None:
            at = FieldPath(("spec", "volumeClaimTemplates"))
            self._templates = {
                name: Volume(name, Holder.PLACE, f"pvc://{name}", at / index, mapping(template))
                for index, template in self._some(
                    dig(self._root, "spec", "volumeClaimTemplates"), MAX_TEMPLATES
                )
                if (name := string(dig(template, "metadata", "name")))
            }
        volumes = dict(self._templates)
        for index, raw in self._some(pod.spec.get("volumes"), self.left):
            at = pod.path / "volumes" / index
            if (name := string(mapping(raw).get("name"))) and (
                volume := _volume(name, mapping(raw), at)
            ):
                volumes[name] = volume
                self.complete = self.complete and volume.complete
        return volumes

    def mounts(self, raw: object) -> Sequence[Any]:
        """The mounts of one more container."""
        items = sequence(raw)[:MAX_MOUNTS]
        taken = min(len(items), self.mounts_left)
        self.mounts_left -= taken
        self.complete = self.complete and taken == len(items)
        return items[:taken]

    def _some(self, raw: object, most: int) -> Iterator[tuple[int, Any]]:
        items = sequence(raw)
        taken = min(len(items), most)
        self.left -= taken
        self.complete = self.complete and taken == len(items)
        return enumerate(items[:taken])


def _volume(name: str, raw: Mapping[str, Any], at: FieldPath) -> Volume | None:
    for kind, build in _KINDS.items():
        if isinstance(raw.get(kind), dict):
            holder, uri = build(name, raw[kind])
            sources, complete = _sources(holder, uri, raw[kind])
            transient = kind == "ephemeral"
            return Volume(name, holder, uri, at / kind, raw[kind], transient, sources, complete)
    return (
        Volume(name, Holder.EMPTY, f"empty://{name}", at, raw)
        if "emptyDir" in raw or len(raw) == 1
        else None
    )


def _sources(holder: Holder, name: str, raw: Mapping[str, Any]) -> tuple[tuple[Source, ...], bool]:
    """The ConfigMaps and Secrets of a volume, and whether that is all of them."""
    if holder is Holder.CONFIG_MAP:
        source, complete = _source(name, Carrier.CONFIG_MAP, raw)
        return (source,), complete
    if holder is Holder.SECRET:
        return (Source(name, Carrier.SECRET, {}),), True
    if "sources" not in raw:
        return (), True
    projected = sequence(raw["sources"])
    found = [
        _source(string(inner.get("name")), carrier, inner)
        for one in projected[:MAX_SOURCES]
        for key, carrier in (("configMap", Carrier.CONFIG_MAP), ("secret", Carrier.SECRET))
        if key in mapping(one)
        for inner in (mapping(one[key]),)
    ]
    complete = len(projected) <= MAX_SOURCES and all(whole for _, whole in found)
    return tuple(source for source, _ in found), complete


def _source(name: str, carrier: Carrier, raw: Mapping[str, Any]) -> tuple[Source, bool]:
    items = sequence(raw.get("items"))
    keys: dict[str, str] = {}
    for item in items[:MAX_ITEMS]:
        key, path = string(mapping(item).get("key")), string(mapping(item).get("path"))
        if key:
            keys.setdefault(path, key)
    return Source(name, carrier, keys), len(items) <= MAX_ITEMS


def _bucket(name: str, raw: Mapping[str, Any]) -> tuple[Holder, str]:
    attributes = mapping(raw.get("volumeAttributes"))
    for key in IMAGE_ATTRIBUTES:
        if string(attributes.get(key)):
            return Holder.PLACE, f"image://{string(attributes[key])}"
    driver = string(raw.get("driver"))
    bucket = string(attributes.get("bucketName")) or string(attributes.get("bucket"))
    if "gcsfuse" in driver:
        return Holder.PLACE, f"gs://{bucket}"
    if "s3" in driver:
        return Holder.PLACE, f"s3://{bucket}"
    if "blob" in driver:
        account = string(attributes.get("storageAccount")) or string(
            attributes.get("storageaccount")
        )
        return Holder.PLACE, f"azblob://{account}/{string(attributes.get('containerName'))}"
    if "oss" in driver:
        return Holder.PLACE, f"oss://{bucket}"
    if "tos" in driver:
        return Holder.PLACE, f"tos://{bucket}"
    return Holder.OTHER, f"csi://{driver}/{name}"


IMAGE_ATTRIBUTES: Final = (
    "model.csi.modelpack.org/reference",
    "modelpack.org/reference",
    "image",
    "reference",
)
"""Attributes by which CSI drivers mount an OCI artifact: ModelPack's, container-image."""

_KINDS: Final[Mapping[str, Callable[[str, Mapping[str, Any]], tuple[Holder, str]]]] = {
    "persistentVolumeClaim": lambda name, raw: (
        Holder.PLACE,
        f"pvc://{string(raw.get('claimName')) or name}",
    ),
    "hostPath": lambda _, raw: (
        Holder.PLACE,
        f"hostpath:///{string(raw.get('path')).strip('/')}".rstrip("/"),
    ),
    "image": lambda _, raw: (Holder.PLACE, f"image://{string(raw.get('reference'))}"),
    "csi": _bucket,
    "nfs": lambda _, raw: (
        Holder.PLACE,
        f"nfs://{string(raw.get('server'))}/{string(raw.get('path')).strip('/')}".rstrip("/"),
    ),
    "ephemeral": lambda name, _: (Holder.EMPTY, f"pvc://{name}"),
    "emptyDir": lambda name, _: (Holder.EMPTY, f"empty://{name}"),
    "configMap": lambda _, raw: (Holder.CONFIG_MAP, string(raw.get("name"))),
    "secret": lambda _, raw: (Holder.SECRET, string(raw.get("secretName"))),
    "projected": lambda name, _: (Holder.OTHER, name),
    "downwardAPI": lambda name, _: (Holder.OTHER, name),
    "gcePersistentDisk": lambda _, raw: (Holder.PLACE, f"pvc://{string(raw.get('pdName'))}"),
    "awsElasticBlockStore": lambda _, raw: (
        Holder.PLACE,
        f"pvc://{string(raw.get('volumeID')).rpartition('/')[2]}",
    ),
    "flexVolume": lambda name, raw: (Holder.OTHER, f"flex://{string(raw.get('driver'))}/{name}"),
}


MAX_SOURCES: Final = 64
"""ConfigMaps and Secrets of one projected volume."""
MAX_ITEMS: Final = 512
"""Keys that one of them turns into files."""
MAX_PATH: Final = 4096
"""Bytes of a path that Linux takes (PATH_MAX)."""
_PLAIN: Final = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
"""An absolute path that is normal already."""


Mount = tuple[str, str, Volume, FieldPath]
_SEPARATED: Final = frozenset({"", "/"})


@dataclass(frozen=True, slots=True)
class Mounts:
    """What one container sees."""

    mounts: tuple[Mount, ...]
    """Path, path inside the volume, the volume, and where the mount is written; longest path first."""
    working_directory: str = ""
    by_length: tuple[tuple[int, Mapping[str, Mount]], ...] = ()
    """The same by the lengths of their paths, the longest first."""

    def place(self, path: str) -> Place | None:
        """The volume behind a path, or None when the image holds it."""
        path = self.absolute(path)
        if not self.mounts or len(path) > MAX_PATH:
            return None
        for length, mounts in self.by_length:
            mount = mounts.get(path[:length])
            if mount is not None and path[length : length + 1] in _SEPARATED:
                break
        else:
            return None
        mount_path, inside, volume, at = mount
        rest = "/".join(part for part in (inside, path[len(mount_path) :].strip("/")) if part)
        return Place(volume, rest, at, path == mount_path)

    def absolute(self, path: str) -> str:
        """The path as the container's file system has it; `..` is followed, so that it cannot hide the volume."""
        path = path.removeprefix("file://")
        if len(path) > MAX_PATH or _PLAIN.fullmatch(path):
            return path
        if not path.startswith("/"):
            path = posixpath.join(self.working_directory or "/", path)
        return posixpath.normpath("/" + path.lstrip("/"))


def read_mounts(
    container: Container,
    raw_mounts: Sequence[Any],
    volumes: Mapping[str, Volume],
    environment: Environment,
    ledger: Ledger,
) -> Mounts:
    """The container's mounts, longest path first."""
    directory = string(container.raw.get("workingDir"))
    if not raw_mounts:
        return Mounts((), directory)
    mounts: list[Mount] = []
    for index, raw in enumerate(raw_mounts):
        item = mapping(raw)
        path, name = string(item.get("mountPath"))[: MAX_PATH + 1], string(item.get("name"))
        if not path or not name:
            continue
        inside = string(item.get("subPath"))
        if not inside and "subPathExpr" in item:
            inside = expand(string(item["subPathExpr"]), environment, ledger)
        at = container.path / "volumeMounts" / index
        volume = volumes.get(name) or Volume(name, Holder.OTHER, f"volume://{name}", at, {})
        if not _PLAIN.fullmatch(path):
            path = posixpath.normpath("/" + path.strip("/"))
        mounts.append((path, inside.strip("/"), volume, at))
    mounts.sort(key=lambda mount: -len(mount[0]))
    by_length: dict[int, dict[str, Mount]] = {}
    for mount in mounts:
        path = mount[0].rstrip("/")
        by_length.setdefault(len(path), {}).setdefault(path, mount)  # of equal ones the first
    return Mounts(tuple(mounts), directory, tuple(by_length.items()))
