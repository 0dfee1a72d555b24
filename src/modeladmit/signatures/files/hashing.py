"""Hashing files as fast as the processor hashes: one thread a core, the largest file first, no copy where that is safe."""

import hashlib
import mmap
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

from modeladmit.errors import UnexpectedContent
from modeladmit.signatures.files.tree import CHANGED, Stamp, Tree

STEP: Final = 8 << 20
"""Bytes between two looks at progress and cancellation; far above what makes hashlib release the interpreter lock."""
READ: Final = 256 << 10
"""Bytes of one read: a buffer that stays in the processor's cache."""
Progress = Callable[[int], None]
"""Called with the number of bytes hashed since the last call, from any thread."""


class Hash(Protocol):
    """What hashlib's and blake3's objects have in common."""

    def update(self, data: memoryview, /) -> object:
        """Add bytes."""

    def hexdigest(self) -> str:
        """The result, in lower case."""


@dataclass(frozen=True, slots=True)
class Span:
    """A file, or a part of one, to be hashed."""

    name: str
    start: int
    size: int
    whole: bool = False
    """The file must end with it: what was appended since it was listed is not signed, and a zip is read from its end."""
    stamp: Stamp | None = None
    """Of the file as it was listed; None: not asked."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """The result for one span: its digest, or why there is none."""

    span: Span
    hex: str | None
    problem: str | None = None


def hash_spans(
    tree: Tree,
    spans: Sequence[Span],
    algorithm: str,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> tuple[Hashed, ...]:
    """Hash every span; results in the same order. Raises UnsupportedEvidence for a hash that cannot be computed here."""
    new_hash(algorithm)
    order = sorted(range(len(spans)), key=lambda index: -spans[index].size)
    results: list[Hashed | None] = [None] * len(spans)
    stopped = threading.Event()

    def work(index: int) -> None:
        if not stopped.is_set():
            results[index] = _hash(tree, spans[index], new_hash(algorithm), progress, stopped)

    with ThreadPoolExecutor(
        max_workers=threads or len(os.sched_getaffinity(0)), thread_name_prefix="hash"
    ) as pool:
        try:
            for _ in pool.map(work, order):
                pass
        except BaseException:
            stopped.set()
            raise
    return tuple(result for result in results if result is not None)


def new_hash(algorithm: str) -> Hash:
    """An empty hash by its name in model signatures."""
    if algorithm == "blake3":
        from blake3 import blake3

        return blake3()
    if algorithm == "blake2b":
        return hashlib.blake2b()
    return hashlib.new(algorithm)


def _hash(
    tree: Tree,
    span: Span,
    into: Hash,
    progress: Progress | None,
    stopped: threading.Event,
) -> Hashed:
    try:
        descriptor = tree.open(span.name)
    except UnexpectedContent as problem:
        return Hashed(span, None, str(problem))
    except OSError as error:
        return Hashed(span, None, f"cannot be opened ({os.strerror(error.errno or 0)})")
    try:
        before = os.fstat(descriptor)
        stamp = tree.stamp(before)
        if before.st_size < span.start + span.size:
            return Hashed(span, None, "is shorter than what was signed")
        if (span.whole and before.st_size != span.start + span.size) or span.stamp not in {
            None,
            stamp,
        }:
            return Hashed(span, None, CHANGED)
        read = _mapped if before.st_dev in tree.local and span.size >= STEP else _copied
        read(descriptor, span, into, progress or _silent, stopped)
        after = tree.stamp(os.fstat(descriptor))
    except (OSError, ValueError) as error:
        return Hashed(
            span, None, f"cannot be read ({os.strerror(getattr(error, 'errno', 0) or 0)})"
        )
    finally:
        os.close(descriptor)
    if stamp != after:
        return Hashed(span, None, CHANGED)
    return Hashed(span, into.hexdigest())


def _mapped(
    descriptor: int, span: Span, into: Hash, progress: Progress, stopped: threading.Event
) -> None:
    """From the page cache itself, without a copy."""
    offset = span.start - span.start % mmap.ALLOCATIONGRANULARITY
    skip = span.start - offset
    with mmap.mmap(
        descriptor, skip + span.size, mmap.MAP_SHARED, mmap.PROT_READ, offset=offset
    ) as pages:
        pages.madvise(mmap.MADV_SEQUENTIAL)
        with memoryview(pages) as view:
            for start in range(skip, skip + span.size, STEP):
                end = min(start + STEP, skip + span.size)
                # A file cut short would end the process by SIGBUS: look before each step.
                if stopped.is_set() or os.fstat(descriptor).st_size < offset + end:
                    return
                with view[start:end] as step:
                    into.update(step)
                progress(end - start)


def _copied(
    descriptor: int, span: Span, into: Hash, progress: Progress, stopped: threading.Event
) -> None:
    buffer = bytearray(READ)
    offset, end, told = span.start, span.start + span.size, 0
    with memoryview(buffer) as view:
        while offset < end and not stopped.is_set():
            count = os.preadv(descriptor, [view[: min(READ, end - offset)]], offset)
            if not count:
                return
            with view[:count] as part:
                into.update(part)
            offset += count
            told += count
            if told >= STEP:
                progress(told)
                told = 0
    progress(told)


def _silent(count: int) -> None:
    """Nobody watches."""
