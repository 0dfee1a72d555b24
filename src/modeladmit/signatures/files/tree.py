"""A folder that is read without ever leaving it, whoever changes it meanwhile.

Every open goes through directory descriptors, one path component at a time, and never follows a link by itself
(`openat` with `O_NOFOLLOW`): a component that is swapped for a link between look and open is refused, not followed.
Links, where they are allowed, are resolved here, and a step above the root or an absolute target is refused.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from modeladmit.errors import LimitExceeded, UnexpectedContent
from modeladmit.signatures.files.devices import local_devices

MAX_FILES: Final = 1_000_000
MAX_DEPTH: Final = 64
MAX_LINKS: Final = 40
"""Links followed for one path, as Linux does."""
CHANGED: Final = "changed while it was read"

Stamp = tuple[int, ...]
"""What a write, a rename or another file of the same name changes."""

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A FIFO would block, a device might act: O_NONBLOCK opens without waiting, and only regular files are kept open.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A regular file in the tree, or something that is none."""

    name: str
    """Relative POSIX path. Bytes that are not UTF-8 are surrogates, as the operating system interface writes them."""
    size: int
    problem: str | None = None
    """Why it cannot be hashed: a link, a socket, a device."""
    stamp: Stamp = ()
    """Of a regular file."""


class Tree:
    """An open folder. `links`: whether symbolic links that stay inside are followed. Raises OSError when it cannot be opened."""

    def __init__(self, root: Path, *, base: str = "", links: bool = False) -> None:
        # The root itself was named by the caller: a link there is his.
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._base = tuple(part for part in base.split("/") if part)
        self._links = links
        self.local: Final = local_devices()
        """Devices on which pages may be mapped and files keep their numbers."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._root)

    def files(self) -> Iterator[TreeFile]:
        """Every file below the base. Raises LimitExceeded when there are too many or they lie too deep."""
        unread: list[str] = [""]
        count = 0
        while unread:
            folder = unread.pop()
            for name, status in self._listing(folder):
                count += 1
                if count > MAX_FILES:
                    raise LimitExceeded(f"the folder holds more than {MAX_FILES} files")
                path = f"{folder}/{name}" if folder else name
                if not stat.S_ISDIR(status.st_mode):
                    yield self._described(path, status)
                elif path.count("/") >= MAX_DEPTH:
                    raise LimitExceeded(f"the folder is nested deeper than {MAX_DEPTH} levels")
                else:
                    unread.append(path)

    def file(self, name: str) -> TreeFile:
        """One file. Raises OSError when it is not there, UnexpectedContent when the way to it leads out of the folder."""
        folder, _, base = name.rpartition("/")
        descriptor = self._resolve(self._parts(folder), _FOLDER)
        try:
            status = os.stat(base, dir_fd=descriptor, follow_symlinks=False)
        finally:
            os.close(descriptor)
        return self._described(name, status)

    def changes(self, listed: Iterable[TreeFile]) -> Iterator[str]:
        """What is not as `files` listed it: one line each. For looking again when everything has been read.

        Attack: a file that was read early is written to while a later one is read.
        """
        before, after = (
            {file.name: file for file in listed},
            {file.name: file for file in self.files()},
        )
        for name in sorted(before.keys() | after.keys()):
            if name not in before:
                yield f"{name} was added while the files were read"
            elif before[name] != after.get(name):
                yield f"{name} {CHANGED}"

    def stamp(self, status: os.stat_result) -> Stamp:
        """Attack: `utime` puts the modification time back; the change time is the kernel's own."""
        number = (status.st_dev, status.st_ino) if status.st_dev in self.local else ()
        return (*number, status.st_size, status.st_mtime_ns, status.st_ctime_ns)

    def open(self, name: str) -> int:
        """A descriptor of a regular file; the caller closes it.

        Raises OSError, or UnexpectedContent when the name leads to something else or out of the folder.
        """
        descriptor = self._resolve((*self._base, *name.split("/")), _FILE)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise UnexpectedContent("leads to no regular file")
        return descriptor

    def _listing(self, folder: str) -> list[tuple[str, os.stat_result]]:
        descriptor = self._resolve(self._parts(folder), _FOLDER)
        try:
            found: list[tuple[str, os.stat_result]] = []
            for name in sorted(os.listdir(descriptor)):  # noqa: PTH208 (pathlib knows no descriptors)
                # Whoever deletes files while they are read is told so when they are opened.
                with suppress(FileNotFoundError):
                    found.append((name, os.stat(name, dir_fd=descriptor, follow_symlinks=False)))
            return found
        finally:
            os.close(descriptor)

    def _parts(self, folder: str) -> tuple[str, ...]:
        return (*self._base, *(part for part in folder.split("/") if part))

    def _described(self, path: str, status: os.stat_result) -> TreeFile:
        if stat.S_ISREG(status.st_mode):
            return TreeFile(path, status.st_size, stamp=self.stamp(status))
        if not stat.S_ISLNK(status.st_mode):
            return TreeFile(path, 0, "is neither a file nor a folder")
        if not self._links:
            return TreeFile(path, 0, "is a symbolic link")
        try:
            descriptor = self.open(path)
        except UnexpectedContent as problem:
            return TreeFile(path, 0, f"is a symbolic link that {problem}")
        except OSError:
            return TreeFile(path, 0, "is a symbolic link that leads nowhere")
        try:
            status = os.fstat(descriptor)
            return TreeFile(path, status.st_size, stamp=self.stamp(status))
        finally:
            os.close(descriptor)

    def _resolve(self, parts: tuple[str, ...], flags: int) -> int:
        """Open a path below the root. Only folders that were entered one by one are ever the parent of an open."""
        pending = list(reversed(parts))
        folders = [os.dup(self._root)]
        links = 0
        try:
            while True:
                part = pending.pop() if pending else "."
                if part == "..":
                    if len(folders) == 1:
                        raise UnexpectedContent("leads out of the folder")
                    os.close(folders.pop())
                    continue
                target = self._link(part, folders[-1])
                if target is not None:
                    links += 1
                    if target.startswith("/") or links > MAX_LINKS:
                        raise UnexpectedContent(
                            "leads out of the folder"
                            if target.startswith("/")
                            else "goes round in circles"
                        )
                    pending += [
                        step for step in reversed(target.split("/")) if step not in {"", "."}
                    ]
                    continue
                if not pending:
                    return os.open(part, flags, dir_fd=folders[-1])
                folders.append(os.open(part, _FOLDER, dir_fd=folders[-1]))
        finally:
            for descriptor in folders:
                os.close(descriptor)

    def _link(self, part: str, folder: int) -> str | None:
        if not self._links or part == ".":
            return None
        try:
            return os.readlink(part, dir_fd=folder)
        except OSError:
            return None
