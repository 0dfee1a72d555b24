"""From a path inside a container to the volume that holds it.

The longest `mountPath` wins; `subPath` is appended; the volume says what is there: a claim, a host path, an image,
a bucket, a ConfigMap, or an empty directory that another container must fill.
"""

import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from modeladmit.core.fieldpath import FieldPath
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


def read_volumes(pod: PodSpec, root: Mapping[str, Any]) -> dict[str, Volume]:
    """Every volume of the Pod by name, claim templates of the object that makes the Pod included."""
    volumes: dict[str, Volume] = {}
    for at, template in _claim_templates(root):
        if name := string(dig(template, "metadata", "name")):
            volumes[name] = Volume(name, Holder.PLACE, f"pvc://{name}", at, mapping(template))
    for index, raw in enumerate(sequence(pod.spec.get("volumes"))):
        at = pod.path / "volumes" / index
        if (name := string(mapping(raw).get("name"))) and (
            volume := _volume(name, mapping(raw), at)
        ):
            volumes[name] = volume
    return volumes


def _claim_templates(root: Mapping[str, Any]) -> list[tuple[FieldPath, Any]]:
    path = FieldPath(("spec", "volumeClaimTemplates"))
    return [
        (path / i, t) for i, t in enumerate(sequence(dig(root, "spec", "volumeClaimTemplates")))
    ]


def _volume(name: str, raw: Mapping[str, Any], at: FieldPath) -> Volume | None:
    for kind, build in _KINDS.items():
        if isinstance(raw.get(kind), dict):
            holder, uri = build(name, raw[kind])
            return Volume(name, holder, uri, at / kind, raw[kind], transient=kind == "ephemeral")
    return (
        Volume(name, Holder.EMPTY, f"empty://{name}", at, raw)
        if "emptyDir" in raw or len(raw) == 1
        else None
    )


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


MAX_PATH: Final = 4096
"""Bytes of a path that Linux takes (PATH_MAX)."""
MAX_MOUNTS: Final = 128
"""Mounts of one container that are read; every path is compared with each."""
_PLAIN: Final = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
"""An absolute path that is normal already."""


@dataclass(frozen=True, slots=True)
class Mounts:
    """What one container sees."""

    mounts: tuple[tuple[str, str, Volume, FieldPath], ...]
    """Path, path inside the volume, the volume, and where the mount is written; longest path first."""
    working_directory: str = ""
    by_path: Mapping[str, tuple[str, str, Volume, FieldPath]] = field(default_factory=dict)
    """The same by their paths."""

    def place(self, path: str) -> Place | None:
        """The volume behind a path, or None when the image holds it."""
        path = self.absolute(path)
        if not self.mounts or len(path) > MAX_PATH:
            return None
        above = path
        while above not in self.by_path:
            if above == "/":
                return None
            above = above.rpartition("/")[0] or "/"
        mount_path, inside, volume, at = self.by_path[above]
        rest = "/".join(part for part in (inside, path[len(mount_path) :].strip("/")) if part)
        return Place(volume, rest, at, path == mount_path)

    def absolute(self, path: str) -> str:
        """The path as the container's file system has it; `..` is followed, so that it cannot hide the volume."""
        path = path.removeprefix("file://")
        if _PLAIN.fullmatch(path):
            return path
        if not path.startswith("/"):
            path = posixpath.join(self.working_directory or "/", path)
        return posixpath.normpath("/" + path.lstrip("/"))


def read_mounts(
    container: Container, volumes: Mapping[str, Volume], environment: Environment, ledger: Ledger
) -> Mounts:
    """The container's mounts, longest path first."""
    directory = string(container.raw.get("workingDir"))
    if "volumeMounts" not in container.raw:
        return Mounts((), directory)
    mounts = []
    for index, raw in enumerate(sequence(container.raw.get("volumeMounts"))[:MAX_MOUNTS]):
        item = mapping(raw)
        path, name = string(item.get("mountPath")), string(item.get("name"))
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
    by_path = {mount[0]: mount for mount in reversed(mounts)}  # of equal paths the first counts
    return Mounts(tuple(mounts), directory, by_path)
