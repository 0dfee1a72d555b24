"""Evidence on disk, so that a restart during an outage finds what it knew (laws 4 and 6).

Only evidence lies here, never an artifact, a proof or a verdict: whoever can write to the disk can leave evidence out,
which denies, but can prove nothing, because every signature is verified again after loading. Files are written beside
their place and renamed into it; a broken, foreign or outdated file is as good as none.
"""

import asyncio
import hashlib
import os
import stat
import tempfile
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import orjson

from modeladmit.core.evidence import Evidence, EvidenceKind
from modeladmit.engine.memory import Remembered
from modeladmit.errors import ConfigurationError

_VERSION: Final = b"modeladmit evidence 2\n"
_SUFFIX: Final = ".evidence"
_WRITING: Final = ".writing-"
_SPACE: Final = 0.9
"""Down to this share of the bound the oldest files are removed, so that not every write has to look."""


class DiskCache:
    """Evidence by key, in one directory, bounded in bytes. One process writes; a second one only wastes work."""

    def __init__(self, directory: Path, max_bytes: int) -> None:
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            for leftover in directory.glob(f"{_WRITING}*"):
                leftover.unlink(missing_ok=True)  # of a process that was killed
            self._sizes = {path.name: path.stat().st_size for path in _oldest_first(directory)}
        except OSError:
            raise ConfigurationError(
                f"cache.directory {directory} cannot be used; give a directory that the process may write"
            ) from None
        self._directory = directory
        self._max_bytes = max_bytes
        self._writing = threading.Lock()

    @property
    def used(self) -> int:
        """Bytes on disk."""
        return sum(self._sizes.values())

    async def recall(self, key: str, *, now: datetime) -> Remembered[tuple[Evidence, ...]] | None:
        """What was kept for a key, unverified, or None. A time of the future counts as broken."""
        found = await asyncio.to_thread(self._read, key)
        return found if found is not None and found.at <= now else None

    async def keep(self, key: str, evidence: tuple[Evidence, ...], *, at: datetime) -> None:
        """Write evidence; a full or failing disk loses it, nothing else."""
        await asyncio.to_thread(self._write, key, _encoded(key, evidence, at))

    def _read(self, key: str) -> Remembered[tuple[Evidence, ...]] | None:
        try:
            # Neither a link nor a pipe, nor more than was ever written: what lies there may be anybody's.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            handle = os.open(self._directory / _name(key), flags)
            with os.fdopen(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    return None
                data = file.read(self._max_bytes + 1)
        except OSError:
            return None
        return _decoded(key, data) if len(data) <= self._max_bytes else None

    def _write(self, key: str, data: bytes) -> None:
        if len(data) > self._max_bytes:
            return
        name = _name(key)
        with self._writing, suppress(OSError):
            handle, temporary = tempfile.mkstemp(prefix=_WRITING, dir=self._directory)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                Path(temporary).replace(self._directory / name)
            except OSError:
                Path(temporary).unlink(missing_ok=True)
                raise
            self._sizes.pop(name, None)
            self._sizes[name] = len(data)
            self._make_room()

    def _make_room(self) -> None:
        used = self.used
        if used <= self._max_bytes:
            return
        for name in list(self._sizes):
            if used <= self._max_bytes * _SPACE:
                return
            used -= self._sizes.pop(name)
            (self._directory / name).unlink(missing_ok=True)


def _oldest_first(directory: Path) -> Iterable[Path]:
    return sorted(directory.glob(f"*{_SUFFIX}"), key=lambda path: path.stat().st_mtime)


def _name(key: str) -> str:
    """Keys hold names of tenants and models; file names do not."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest() + _SUFFIX


def _encoded(key: str, evidence: tuple[Evidence, ...], at: datetime) -> bytes:
    body = orjson.dumps(
        {
            "key": _name(key),
            "at": at.astimezone(UTC).isoformat(),
            "evidence": [
                {
                    "kind": item.kind,
                    "content": b64encode(item.content).decode(),
                    "origin": item.origin,
                    "annotations": dict(item.annotations),
                    "problem": item.problem,
                }
                for item in evidence
            ],
        }
    )
    return _VERSION + hashlib.sha256(body).digest() + body


def _decoded(key: str, data: bytes) -> Remembered[tuple[Evidence, ...]] | None:
    start = len(_VERSION) + 32
    body = data[start:]
    if (
        not data.startswith(_VERSION)
        or hashlib.sha256(body).digest() != data[len(_VERSION) : start]
    ):
        return None
    try:
        document = orjson.loads(body)
        if document["key"] != _name(key):
            return None
        evidence = tuple(
            Evidence(
                EvidenceKind(item["kind"]),
                b64decode(item["content"], validate=True),
                str(item["origin"]),
                {str(name): str(text) for name, text in item["annotations"].items()},
                str(item["problem"]),
            )
            for item in document["evidence"]
        )
        return Remembered(evidence, datetime.fromisoformat(document["at"]).astimezone(UTC))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
