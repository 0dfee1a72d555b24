"""Signed manifest against a folder: the bytes themselves, every one of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from modeladmit.core.content_digest import is_signature_file
from modeladmit.core.model_manifest import covers, is_loadable
from modeladmit.signatures.files.hashing import Hashed, Progress, Span, hash_spans
from modeladmit.signatures.files.tree import CHANGED, Tree, TreeFile
from modeladmit.signatures.model_signature import SINGLE_FILE, ModelManifest, Resource

_GIT: Final = (".git", ".gitattributes", ".github", ".gitignore")
"""Left out by every release of model-signing; releases before 1.1 do not write that down."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a folder holds, compared with what was signed."""

    problems: tuple[str, ...]
    """One line each, sorted by name; empty: every signed byte is there, and nothing else that a server would load."""
    files: int
    bytes: int


def compare(
    manifest: ModelManifest,
    tree: Tree,
    *,
    signature: str | None = None,
    ignored: Sequence[str] = (),
    threads: int | None = None,
    progress: Callable[[int], Progress] | None = None,
) -> Comparison:
    """Compare. `signature` is the signature's own name in the folder; `ignored` are paths that the caller leaves out.

    `progress` gets the number of bytes to hash and gives the function that counts them. Raises LimitExceeded or OSError.
    """
    stored = {file.name: file for file in tree.files()}
    signed = {resource.name for resource in manifest.resources}
    if signed == {SINGLE_FILE}:
        return Comparison(
            ("the signature covers a single file, not a folder; give the file",), 0, 0
        )
    problems = [*_unsigned(manifest, signed, stored, signature, ignored)]
    problems += [f"{name} is signed, but missing" for name in signed - stored.keys()]
    problems += [
        f"{name} {stored[name].problem}" for name in signed & stored.keys() if stored[name].problem
    ]
    spans = [
        (resource, span)
        for resource in manifest.resources
        if (span := _span(resource, stored)) is not None
    ]
    problems += [f"{name} has bytes that are not signed" for name in _longer(manifest, stored)]
    total = sum(span.size for _, span in spans)
    count = progress(total) if progress else None
    hashed = hash_spans(
        tree, [span for _, span in spans], manifest.algorithm, threads=threads, progress=count
    )
    problems += [
        problem
        for (resource, _), result in zip(spans, hashed, strict=True)
        if (problem := _objection(resource, result))
    ]
    problems += tree.changes(stored.values())
    return Comparison(tuple(sorted(set(problems))), len({span.name for _, span in spans}), total)


def compare_file(
    manifest: ModelManifest,
    tree: Tree,
    name: str,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare a model that is one file. Up to 1.1.1 model-signing calls it `.`, later its own name."""
    resources = manifest.resources
    if {resource.name for resource in resources} - {SINGLE_FILE, name}:
        return Comparison(("the signature covers other files than this one",), 0, 0)
    try:
        only = {name: tree.file(name)}
    except FileNotFoundError:
        return Comparison((f"{name} is missing",), 0, 0)
    renamed = [Resource(name, resource.hex, resource.start, resource.end) for resource in resources]
    spans = [span for resource in renamed if (span := _span(resource, only)) is not None]
    if not spans:
        return Comparison((f"{name} {only[name].problem or 'is empty'}",), 0, 0)
    hashed = hash_spans(tree, spans, manifest.algorithm, threads=threads, progress=progress)
    problems = [
        problem
        for resource, result in zip(renamed, hashed, strict=True)
        if (problem := _objection(resource, result))
    ]
    size = sum(span.size for span in spans)
    if size != only[name].size:
        problems.append(f"{name} has bytes that are not signed")
    if tree.file(name) != only[name]:
        problems.append(f"{name} {CHANGED}")
    return Comparison(tuple(sorted(set(problems))), 1, size)


def _unsigned(
    manifest: ModelManifest,
    signed: set[str],
    stored: dict[str, TreeFile],
    signature: str | None,
    ignored: Sequence[str],
) -> Iterator[str]:
    for name in stored.keys() - signed:
        if (
            name == signature
            or is_signature_file(name)
            or any(covers(path, name) for path in ignored)
        ):
            continue
        if (
            manifest.shard_bytes is not None
            and stored[name].size == 0
            and stored[name].problem is None
        ):
            continue  # Empty files have no shard: nothing of them could be signed.
        if not any(covers(path, name) for path in (*manifest.ignored_paths, *_GIT)):
            yield f"{name} is not signed"
        elif is_loadable(name):
            yield f"{name} is not signed: the signer left it out (ignore_paths), but a server may load it"


def _span(resource: Resource, stored: dict[str, TreeFile]) -> Span | None:
    file = stored.get(resource.name)
    if file is None or file.problem is not None:
        return None
    if resource.end is None:
        return Span(resource.name, 0, file.size, whole=True, stamp=file.stamp)
    return Span(resource.name, resource.start, resource.end - resource.start, stamp=file.stamp)


def _longer(manifest: ModelManifest, stored: dict[str, TreeFile]) -> Iterator[str]:
    """Files that go on after their last signed part."""
    ends: dict[str, int] = {}
    for resource in manifest.resources:
        if resource.end is not None:
            ends[resource.name] = max(ends.get(resource.name, 0), resource.end)
    for name, end in ends.items():
        if name in stored and stored[name].problem is None and stored[name].size > end:
            yield name


def _objection(resource: Resource, result: Hashed) -> str | None:
    part = f" bytes {resource.start} to {resource.end}" if resource.end is not None else ""
    if result.problem is not None:
        return f"{resource.name} {result.problem}"
    if result.hex != resource.hex:
        return (
            f"{resource.name}{part}: {(result.hex or '')[:12]} on disk, {resource.hex[:12]} signed"
        )
    return None
