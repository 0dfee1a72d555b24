"""Trust material from TUF repositories (theupdateframework/specification), with python-tuf over our own transport.

Not on the path of a request: somebody refreshes now and then, everybody else reads the last good copy. python-tuf works
synchronously, so it runs in a thread and hands every download back to the event loop, where the transport's rules hold.
Its metadata stay in a folder, so that a repository cannot be rolled back between two refreshes.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient.config import UpdaterConfig
from tuf.ngclient.fetcher import FetcherInterface
from tuf.ngclient.updater import Updater
from yarl import URL

from modeladmit.errors import (
    ArtifactNotFound,
    ConfigurationError,
    EvidenceError,
    LimitExceeded,
    SourceUnavailable,
    UnexpectedContent,
)
from modeladmit.sources.exchange import OK, Request
from modeladmit.sources.hosts import authority
from modeladmit.sources.transport import Transport

MAX_FILE: Final = 4 << 20
"""Bytes of one metadata file or target."""
MAX_ROOTS: Final = 64
"""Root versions followed in one refresh."""
SECONDS: Final = 60.0
"""For a whole refresh."""


@dataclass(frozen=True, slots=True)
class TufRepository:
    """Where a target comes from, and the root of trust to begin with."""

    mirror: str
    """URL of the folder with the metadata; targets lie below it in `targets/`."""
    root: bytes
    """root.json, any version: later ones are verified from it."""
    target: str = "trusted_root.json"

    @property
    def identity(self) -> str:
        """Names its folder: another root of trust never inherits metadata."""
        parts = (self.mirror.encode(), self.root, self.target.encode())
        return hashlib.sha256(
            b"".join(len(part).to_bytes(8, "big") + part for part in parts)
        ).hexdigest()


class TufTargets:
    """Last good copies of targets. `folder` survives restarts; without it, metadata live as long as the process."""

    def __init__(self, transport: Transport, folder: Path | None = None) -> None:
        self._transport = transport
        self._temporary = None if folder else tempfile.TemporaryDirectory(prefix="modeladmit-tuf-")
        self._folder = folder or Path(self._temporary.name if self._temporary else "")
        self._current: dict[str, bytes] = {}

    def current(self, repository: TufRepository) -> bytes | None:
        """What the last successful refresh brought; None before the first."""
        return self._current.get(repository.identity)

    async def recall(self, repository: TufRepository) -> bytes | None:
        """What an earlier process got, verified again; None when there is nothing, or when its time has run out.

        Its metadata must not have expired (specification 5.4.4): how long a mirror may be away is its owner's word.
        """
        folder = self._folder / repository.identity
        try:
            content = await asyncio.to_thread(
                _update, repository, folder, _KeptFetcher(folder / "metadata")
            )
        except (DownloadError, RepositoryError, EvidenceError, OSError):
            return None
        if content is not None:
            self._current[repository.identity] = content
        return content

    async def refresh(self, repository: TufRepository) -> bytes:
        """Ask the mirror and verify; on failure the last good copy stays.

        Raises SourceUnavailable and its like when the mirror cannot be asked, UnexpectedContent when what it serves
        does not verify, ArtifactNotFound when there is no such target, ConfigurationError when the folder is unusable.
        """
        fetcher = _LoopFetcher(self._transport, asyncio.get_running_loop())
        host = authority(URL(repository.mirror))
        try:
            async with asyncio.timeout(SECONDS):
                content = await asyncio.to_thread(
                    _update, repository, self._folder / repository.identity, fetcher
                )
        except TimeoutError:
            raise SourceUnavailable(
                f"the TUF repository at {host} does not answer within {SECONDS:.0f} s"
            ) from None
        except (DownloadError, RepositoryError) as error:
            raise _translated(error, fetcher.failure, host) from None
        except OSError:
            raise ConfigurationError(
                "the folder for TUF metadata cannot be written; set cache.directory"
            ) from None
        if content is None:
            raise ArtifactNotFound(
                f"the TUF repository at {host} has no target {repository.target}"
            )
        self._current[repository.identity] = content
        return content

    def close(self) -> None:
        """Remove the temporary folder, if there is one."""
        if self._temporary is not None:
            self._temporary.cleanup()


def _update(repository: TufRepository, folder: Path, fetcher: FetcherInterface) -> bytes | None:
    """The client workflow of the specification, in a thread."""
    metadata, targets = folder / "metadata", folder / "targets"
    metadata.mkdir(parents=True, exist_ok=True)
    targets.mkdir(parents=True, exist_ok=True)
    base = repository.mirror.rstrip("/")
    config = UpdaterConfig(
        max_root_rotations=MAX_ROOTS,
        root_max_length=MAX_FILE,
        timestamp_max_length=MAX_FILE,
        snapshot_max_length=MAX_FILE,
        targets_max_length=MAX_FILE,
    )
    updater = Updater(
        str(metadata),
        base,
        str(targets),
        f"{base}/targets",
        fetcher,
        config,
        bootstrap=repository.root,
    )
    updater.refresh()
    found = updater.get_targetinfo(repository.target)
    if found is None:
        return None
    if found.length > MAX_FILE:
        raise LimitExceeded(f"target {repository.target} is larger than {MAX_FILE} bytes")
    path = updater.find_cached_target(found) or updater.download_target(found)
    return Path(path).read_bytes()


class _KeptFetcher(FetcherInterface):
    """Answers as the mirror did when it was asked last: with the timestamp, and with nothing newer."""

    def __init__(self, metadata: Path) -> None:
        self._metadata = metadata

    def _fetch(self, url: str) -> Iterator[bytes]:
        if url.rpartition("/")[2] != "timestamp.json":
            raise DownloadHTTPError("not kept", HTTPStatus.NOT_FOUND)
        return iter(((self._metadata / "timestamp.json").read_bytes(),))


class _LoopFetcher(FetcherInterface):
    """Downloads on the event loop, for python-tuf in its thread."""

    def __init__(self, transport: Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self.failure: EvidenceError | None = None
        """What our transport said: python-tuf forgets it."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        request = Request(URL(url, encoded=True), limit=MAX_FILE)
        try:
            response = asyncio.run_coroutine_threadsafe(
                self._transport.send(request), self._loop
            ).result(SECONDS)
        except EvidenceError as error:
            self.failure = error
            raise DownloadError("transport") from None
        if response.status != OK:
            raise DownloadHTTPError(f"status {response.status}", response.status)
        return iter((response.body,))


def _translated(
    error: DownloadError | RepositoryError, failure: EvidenceError | None, host: str
) -> EvidenceError:
    if failure is not None:
        return failure
    if isinstance(error, DownloadHTTPError):
        return SourceUnavailable(
            f"the TUF repository at {host} answers with status {error.status_code}"
        )
    if isinstance(error, DownloadError):
        return UnexpectedContent(
            f"the TUF repository at {host} serves a file of another length than it signed"
        )
    return UnexpectedContent(
        f"the TUF repository at {host} does not verify: what it serves is expired, older than before, or signed by other keys"
    )
