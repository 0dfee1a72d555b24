"""Text of files that a container will find: from ConfigMaps that the caller supplied, and heredocs of its own scripts.

Such a file is read when the container starts. What we read today may be something else then: its carrier is mutable.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Carrier, Supplied, UndeterminedReason
from modeladmit.workloads.environment import supplied_data
from modeladmit.workloads.text import Ledger, Origin
from modeladmit.workloads.volumes import Mounts, Source, Volume


@dataclass(frozen=True, slots=True)
class File:
    """A file's text and where it comes from."""

    text: str
    origin: Origin


@dataclass(slots=True)
class Files:
    """The files of one container that can be read."""

    mounts: Mounts
    supplied: Supplied
    namespace: str
    ledger: Ledger
    written: dict[str, tuple[str, FieldPath]] = field(default_factory=dict)
    """Files that the container's own script writes before it uses them."""

    def read(self, path: str) -> File | Origin:
        """The text at a path, or why it cannot be read."""
        absolute = self.mounts.absolute(path)
        if absolute in self.written:
            text, at = self.written[absolute]
            return File(
                text,
                Origin(f"file {absolute[:80]}", UndeterminedReason.SCRIPT, known=True, field=at),
            )
        place = self.mounts.place(path)
        if place is None:
            return Origin(f"file {path[:80]} in the image", UndeterminedReason.SCRIPT)
        volume, rest = place.volume, place.rest
        for source, data in self._config_maps(volume):
            key = source.keys.get(rest) if source.keys else rest
            content = data.get(key) if key else None
            if content is not None:
                return File(
                    self.ledger.readable(content),
                    _origin(source, key or "", volume.field, known=True),
                )
        if volume.sources:
            return _origin(volume.sources[0], rest, volume.field, known=False)
        return Origin(
            f"file {path[:80]} in volume {volume.name[:63]}",
            UndeterminedReason.SCRIPT,
            carrier=Carrier.FILE,
            field=place.mount,
        )

    def below(self, directory: str) -> Iterator[str]:
        """Paths of files from supplied ConfigMaps at any depth below a directory."""
        absolute = self.mounts.absolute(directory).rstrip("/")
        for path, inside, volume, _ in self.mounts.mounts:
            if path != absolute and not path.startswith(f"{absolute}/"):
                continue
            for source, data in self._config_maps(volume):
                yield from [path] if inside else _paths(path, source, data)

    def listing(self, directory: str) -> list[str]:
        """Paths of readable files directly in a directory."""
        absolute = self.mounts.absolute(directory)
        found = [path for path in self.written if path.rpartition("/")[0] == absolute]
        place = self.mounts.place(directory)
        if place is not None and not place.rest:
            for source, data in self._config_maps(place.volume):
                found += _paths(absolute, source, data)
        return found

    def _config_maps(self, volume: Volume) -> Iterator[tuple[Source, Mapping[str, Any]]]:
        """ConfigMaps whose keys are files of a volume, with what is supplied of them."""
        for source in volume.sources:
            if source.carrier is Carrier.CONFIG_MAP:
                yield source, supplied_data(self.supplied, self.namespace, source.name)


def _paths(folder: str, source: Source, data: Mapping[str, Any]) -> list[str]:
    return [f"{folder}/{name}" for name in source.keys or data]


def _origin(source: Source, key: str, at: FieldPath, *, known: bool) -> Origin:
    return Origin(
        f"{source.carrier} {source.name}/{key}"[:200],
        UndeterminedReason.MUTABLE_CARRIER,
        known=known,
        carrier=source.carrier,
        field=at,
    )
