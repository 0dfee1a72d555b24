"""The content digest of what lies at a path, computed from every byte.

The same number that admission verified: SHA-256 over the canonical JSON of `[[name, algorithm, hex], …]`
(`core.content_digest`), or, for a single file, its own SHA-256.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from modeladmit.core.content_digest import content_digest
from modeladmit.core.digest import Digest
from modeladmit.errors import NotResolvable
from modeladmit.signatures.files.hashing import Progress, Span, hash_spans
from modeladmit.signatures.files.tree import CHANGED, Tree, TreeFile

_SNAPSHOT: Final = re.compile(r".+/(snapshots/[0-9a-f]{40})")
_DOWNLOAD_RECORDS: Final = re.compile(
    r"\.cache/huggingface/(.+\.(metadata|lock)|\.gitignore|CACHEDIR\.TAG)"
)
"""What huggingface_hub writes beside the files that it downloads into a folder."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """What is mounted."""

    digests: tuple[Digest, ...]
    """Each of them names exactly these bytes; a single file has two, with and without its name."""
    files: int
    bytes: int
    problems: tuple[str, ...] = ()
    """Why it cannot be measured: links, devices, files that change."""


def measure(
    path: Path, *, threads: int | None = None, progress: Callable[[int], Progress] | None = None
) -> Measurement:
    """Hash a file or a folder. Raises NotResolvable when there is nothing to hash, LimitExceeded when there is too much."""
    try:
        whole = path.resolve(strict=True)
        if whole.is_dir():
            return _folder(whole, threads, progress)
        with Tree(whole.parent) as tree:
            file = tree.file(whole.name)
            found = _measured(tree, (file,), threads, progress, single=True)
            return found if tree.file(whole.name) == file else _moved((f"{file.name} {CHANGED}",))
    except OSError:
        raise NotResolvable(
            f"{path} cannot be read: is the volume mounted, and may this user read it?"
        ) from None


def _folder(
    path: Path, threads: int | None, progress: Callable[[int], Progress] | None
) -> Measurement:
    # A snapshot in the Hugging Face cache is links into `blobs` beside it: those are followed, and no others.
    snapshot = _SNAPSHOT.fullmatch(path.as_posix())
    root, base = (path.parent.parent, snapshot[1]) if snapshot else (path, "")
    with Tree(root, base=base, links=snapshot is not None) as tree:
        listed = list(tree.files())
        counted = [file for file in listed if not _DOWNLOAD_RECORDS.fullmatch(file.name)]
        found = _measured(tree, counted, threads, progress, single=False)
        changes = tuple(tree.changes(listed))
    return _moved(changes) if changes and not found.problems else found


def _moved(changes: tuple[str, ...]) -> Measurement:
    """Nothing is known of a folder that somebody writes to."""
    return Measurement((), 0, 0, changes)


def _measured(
    tree: Tree,
    files: Sequence[TreeFile],
    threads: int | None,
    progress: Callable[[int], Progress] | None,
    *,
    single: bool,
) -> Measurement:
    if problems := tuple(f"{file.name} {file.problem}" for file in files if file.problem):
        return Measurement((), len(files), 0, problems)
    total = sum(file.size for file in files)
    spans = [Span(file.name, 0, file.size, whole=True, stamp=file.stamp) for file in files]
    results = hash_spans(
        tree, spans, "sha256", threads=threads, progress=progress(total) if progress else None
    )
    problems = tuple(f"{result.span.name} {result.problem}" for result in results if result.problem)
    if problems:
        return Measurement((), len(spans), total, problems)
    rows = [(result.span.name, Digest("sha256", result.hex or "")) for result in results]
    digest = content_digest(rows)
    digests = (digest,) if digest is not None else ()
    return Measurement((rows[0][1], *digests) if single else digests, len(spans), total)
