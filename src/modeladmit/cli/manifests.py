"""Kubernetes objects from files, folders and standard input, each with the place it came from.

Text is read as kubectl reads it: YAML 1.1 without timestamps, several documents a file, `kind: List` opened up. What is no
object is refused where it was named, and noted on standard error where it only lies in a folder.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import click
import orjson
import yaml

from modeladmit.cli import bystanders
from modeladmit.core.fieldpath import FieldPath
from modeladmit.errors import InvalidInput

STDIN: Final = "-"
STDIN_NAME: Final = "<stdin>"
MAX_FILE: Final = 64 * 1024 * 1024
"""Bytes. A stream of 1,000 large workloads stays below; a mistaken model file does not."""
_SUFFIXES: Final = frozenset({".yaml", ".yml", ".json"})


class UnreadableManifest(InvalidInput):
    """A file that is missing, too large, or not the YAML or JSON of Kubernetes objects."""


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file's name and text."""

    name: str
    """As the user wrote it; `<stdin>` for standard input."""
    text: str
    named: bool = True
    """Whether the user named it, and not a folder that it lies in."""

    @property
    def is_json(self) -> bool:
        """Whether it is read as JSON."""
        return self.text.lstrip()[:1] == "{"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object in a file."""

    file: ManifestFile
    document: int
    """Which document of the file, from 0."""
    prefix: FieldPath
    """Where in the document it stands: empty, or `items[3]` of a List."""
    content: Mapping[str, Any]

    @property
    def has_kind(self) -> bool:
        """Whether it says what it is."""
        kind = self.content.get("kind")
        return isinstance(kind, str) and bool(kind)

    @property
    def namespace(self) -> str | None:
        """The namespace that the object itself names."""
        metadata = self.content.get("metadata")
        named = metadata.get("namespace") if isinstance(metadata, Mapping) else None
        return named if isinstance(named, str) and named else None


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # libyaml where it is built in
    """The safe loader without timestamps, which Kubernetes keeps as text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def files(names: Sequence[str]) -> Iterator[ManifestFile]:
    """Read files, `-`, and every .yaml, .yml and .json below folders, in name order. Raises UnreadableManifest."""
    for name in names:
        if name == STDIN:
            yield ManifestFile(
                STDIN_NAME, _decoded(STDIN_NAME, sys.stdin.buffer.read(MAX_FILE + 1))
            )
            continue
        path = Path(name)
        if not path.is_dir():
            yield _file(path)
            continue
        below = sorted(found for found in _walk(path) if found.suffix.lower() in _SUFFIXES)
        if not below:
            raise UnreadableManifest(f"{name} holds no .yaml, .yml or .json file")
        for found in below:
            yield replace(_file(found), named=False)


def manifests(names: Sequence[str]) -> Iterator[Manifest]:
    """Every object of the files. Raises UnreadableManifest, and when there is none at all.

    A wrong path or an empty pipe must not look like a clean bill of health.
    """
    count = 0
    for file in files(names):
        for manifest in objects(file):
            if not manifest.has_kind:
                _without_kind(manifest)
                continue
            count += 1
            said = bystanders.note(file.name, manifest.content)
            if said is not None:
                click.echo(said, err=True)
            yield manifest
    if names and not count:
        shown = ", ".join(STDIN_NAME if name == STDIN else name for name in names)
        raise UnreadableManifest(f"{shown}: no Kubernetes object in it")


def _without_kind(manifest: Manifest) -> None:
    """Say so, or raise UnreadableManifest where somebody meant it to be an object."""
    name = f"{manifest.file.name}: document {manifest.document + 1}"
    said = f"{name} has no `kind`; {bystanders.no_kind(manifest.file.name, manifest.content)}"
    if manifest.file.named or bystanders.is_meant_as_object(manifest.content):
        raise UnreadableManifest(said)
    click.echo(said, err=True)


def objects(file: ManifestFile) -> Iterator[Manifest]:
    """Every object of one file. Empty documents are none. Raises UnreadableManifest."""
    for number, document in enumerate(documents(file)):
        if document is None:
            continue
        if not isinstance(document, Mapping):
            raise UnreadableManifest(
                f"{file.name}: document {number + 1} is no Kubernetes object, but a {_kind(document)}"
                f"{bystanders.no_mapping(document)}"
            )
        yield from _opened(file, number, document)


def _opened(file: ManifestFile, number: int, document: Mapping[str, Any]) -> Iterator[Manifest]:
    items = document.get("items")
    if not (str(document.get("kind", "")).endswith("List") and isinstance(items, list)):
        yield Manifest(file, number, FieldPath(), document)
        return
    for position, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise UnreadableManifest(
                f"{file.name}: items[{position}] of document {number + 1} is no Kubernetes object"
            )
        yield Manifest(file, number, FieldPath(("items", position)), item)


def documents(file: ManifestFile) -> Iterator[Any]:
    """Every document of one file, as it is. Raises UnreadableManifest."""
    if file.is_json:
        try:
            yield orjson.loads(file.text)
        except orjson.JSONDecodeError:
            pass  # a flow mapping of YAML, or several documents
        else:
            return
    try:
        yield from yaml.load_all(file.text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise UnreadableManifest(
            f"{file.name}{_line(error)}: not valid YAML{bystanders.unreadable(file.text)}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise UnreadableManifest(f"{file.name}: holds a value that YAML cannot express") from error


def _line(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return f", line {mark.line + 1}" if mark else ""


def _walk(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(root) / name for name in names)


def _file(path: Path) -> ManifestFile:
    try:
        with path.open("rb") as stream:
            return ManifestFile(str(path), _decoded(str(path), stream.read(MAX_FILE + 1)))
    except FileNotFoundError:
        raise UnreadableManifest(f"{path} does not exist") from None
    except OSError as error:
        raise UnreadableManifest(
            f"{path} cannot be read ({os.strerror(error.errno or 0)})"
        ) from error


def _decoded(name: str, data: bytes) -> str:
    if len(data) > MAX_FILE:
        raise UnreadableManifest(f"{name} is larger than {MAX_FILE // 1024 // 1024} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableManifest(f"{name} is not UTF-8 text") from None


def _kind(value: object) -> str:
    return {
        "list": "list",
        "str": "text",
        "int": "number",
        "float": "number",
        "bool": "boolean",
    }.get(type(value).__name__, "value")
