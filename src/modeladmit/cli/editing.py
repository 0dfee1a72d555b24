"""JSON Patch on YAML and JSON text that leaves everything else as its author wrote it.

ruamel.yaml writes the patched objects; a round trip keeps comments and quotes, but not every space. What it changes on
its own is found by a round trip without the patch, and taken out: only the lines of the patch change.
"""

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import jsonpatch
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.util import load_yaml_guess_indent

from modeladmit.cli.manifests import ManifestFile, UnreadableManifest, documents

Patches = Mapping[int, Sequence[Mapping[str, Any]]]
"""JSON Patch operations (RFC 6902) by document of a file."""


def edited(file: ManifestFile, patches: Patches) -> str:
    """The file's text with every patch applied. Raises UnreadableManifest when the result would not mean what it should."""
    if not any(patches.values()):
        return file.text
    load, write = (_json_documents, _write_json) if _is_json(file) else _yaml(file)
    try:
        wanted = _patched(_unshared(documents(file)), patches)
        noisy, rewritten = write(load(file.text)), write(_patched(load(file.text), patches))
    except (
        YAMLError,
        jsonpatch.JsonPatchException,
        jsonpatch.JsonPointerException,
        ValueError,
        TypeError,
        IndexError,
        RecursionError,
    ) as error:
        raise UnreadableManifest(
            f"{file.name}: cannot be rewritten ({type(error).__name__})"
        ) from error
    for text in (_transplanted(file.text, noisy, rewritten), rewritten):
        if _means(file.name, text, wanted):
            return text
    raise UnreadableManifest(
        f"{file.name}: cannot be pinned without changing what else it says; pin it by hand"
    )


def _patched(contents: list[Any], patches: Patches) -> list[Any]:
    for number, patch in patches.items():
        contents[number] = jsonpatch.JsonPatch(list(patch)).apply(contents[number], in_place=True)
    return contents


def _unshared(contents: Iterable[Any]) -> list[Any]:
    """What the text means to the API server: JSON, in which nothing is shared through anchors."""
    return [json.loads(json.dumps(content)) for content in contents]


def _yaml(file: ManifestFile) -> tuple[Callable[[str], list[Any]], Callable[[list[Any]], str]]:
    _, indent, offset = load_yaml_guess_indent(file.text.partition("\n---")[0])
    rules = YAML()
    rules.preserve_quotes = True
    rules.width = 1 << 20
    rules.indent(mapping=2, sequence=indent or 2, offset=offset or 0)
    rules.explicit_start = file.text.lstrip().startswith("---")

    def write(documents: list[Any]) -> str:
        stream = io.StringIO()
        rules.dump_all(documents, stream)
        return stream.getvalue()

    return lambda text: list(rules.load_all(text)), write


def _is_json(file: ManifestFile) -> bool:
    """Whether it is JSON, and not YAML in braces."""
    try:
        return file.is_json and bool(_json_documents(file.text))
    except (ValueError, RecursionError):
        return False


def _json_documents(text: str) -> list[Any]:
    return [json.loads(text)]


def _write_json(documents: list[Any]) -> str:
    return json.dumps(documents[0], indent=2, ensure_ascii=False) + "\n"


def _means(name: str, text: str, wanted: Sequence[Any]) -> bool:
    try:
        return _unshared(documents(ManifestFile(name, text))) == wanted
    except UnreadableManifest:
        return False


def _transplanted(original: str, noisy: str, patched: str) -> str:
    """Apply to `original` what differs between `noisy` and `patched`, with the indentation of the place."""
    lines, ours, theirs = (
        original.splitlines(keepends=True),
        noisy.splitlines(keepends=True),
        patched.splitlines(keepends=True),
    )
    place = _places(lines, ours)
    result: list[str] = []
    done = 0
    for tag, start, end, new_start, new_end in SequenceMatcher(
        a=ours, b=theirs, autojunk=False
    ).get_opcodes():
        if tag == "equal":
            continue
        at, until = place[start], place[end]
        result += lines[done:at]
        if result and not result[-1].endswith("\n"):
            result[-1] += "\n"
        nearest = start if start < end else max(0, start - 1)
        shift = (
            _indent(lines[place[nearest]]) - _indent(ours[nearest])
            if place[nearest] < len(lines) and nearest < len(ours)
            else 0
        )
        result += [_shifted(line, shift) for line in theirs[new_start:new_end]]
        done = until
    return "".join((*result, *lines[done:]))


def _places(lines: Sequence[str], ours: Sequence[str]) -> list[int]:
    """For each line of `ours`, and its end, the line of the original that it came from."""
    place = [0] * (len(ours) + 1)
    matcher = SequenceMatcher(
        a=[line.strip() for line in ours], b=[line.strip() for line in lines], autojunk=False
    )
    for _, start, end, new_start, new_end in matcher.get_opcodes():
        for offset in range(end - start):
            place[start + offset] = min(new_start + offset, new_end)
        place[end] = new_end
    place[len(ours)] = len(lines)
    return place


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _shifted(line: str, shift: int) -> str:
    return " " * shift + line if shift >= 0 else line[min(-shift, _indent(line)) :]
