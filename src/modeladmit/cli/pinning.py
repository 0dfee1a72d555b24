"""Manifests to the same manifests with every reference pinned: read, resolve each reference once, edit."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff

from modeladmit.cli.editing import edited
from modeladmit.cli.manifests import STDIN_NAME, Manifest, ManifestFile, manifests
from modeladmit.cli.places import Places
from modeladmit.cli.session import session
from modeladmit.cli.tables import workload_tables
from modeladmit.core.credentials import ANONYMOUS
from modeladmit.core.evidence import Artifact
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.patch import JsonPatchOperation, patch
from modeladmit.core.pin import Pin
from modeladmit.core.reference import Reference
from modeladmit.core.rendering import plain
from modeladmit.core.workload import ModelUse, Role, Undetermined
from modeladmit.engine.patience import waiting
from modeladmit.errors import EvidenceError
from modeladmit.settings import Settings
from modeladmit.sources.progress import Progress
from modeladmit.sources.source import Source
from modeladmit.workloads.documents import config_maps
from modeladmit.workloads.inspect import inspect_object

_PARALLEL = 8


@dataclass(frozen=True, slots=True)
class Unpinned:
    """A manifest and its uses that are not pinned."""

    manifest: Manifest
    uses: tuple[ModelUse, ...]
    undetermined: tuple[Undetermined, ...] = ()


@dataclass(frozen=True, slots=True)
class PinResult:
    """New texts of the files that change, and what could not be pinned."""

    texts: tuple[tuple[ManifestFile, str], ...]
    pinned: int
    problems: tuple[str, ...]

    @property
    def changed(self) -> int:
        """How many files differ."""
        return sum(file.text != text for file, text in self.texts)

    def summary(self, *, written: bool) -> str:
        """One line for people."""
        if not self.pinned and not self.problems:
            return "nothing to pin"
        if not self.pinned:
            return f"{_count(len(self.problems), 'reference')} cannot be pinned"
        verb = "pinned" if written else "to pin"
        text = f"{_count(self.pinned, 'reference')} {verb} in {_count(self.changed, 'file')}"
        return f"{text}, {len(self.problems)} cannot be pinned" if self.problems else text


def inspected(
    names: Sequence[str], settings: Settings, *, namespace: str | None, images: bool
) -> list[Unpinned]:
    """Every manifest with the uses that are not pinned. Raises UnreadableManifest."""
    found, tables = list(manifests(names)), workload_tables(settings)
    supplied = config_maps(manifest.content for manifest in found)
    result = []
    for manifest in found:
        workload = inspect_object(
            manifest.content,
            supplied=supplied,
            tables=tables,
            namespace=manifest.namespace or namespace,
        )
        uses = tuple(
            use
            for use in workload.uses
            if use.pin is Pin.NONE and (images or use.role is not Role.RUNTIME)
        )
        result.append(Unpinned(manifest, uses, workload.undetermined))
    return result


async def pinned(
    found: Sequence[Unpinned], settings: Settings, progress: Progress, *, seconds: float
) -> PinResult:
    """Resolve each distinct reference once and edit the files."""
    references = {
        use.reference.key: use.reference
        for item in found
        for use in item.uses
        if use.reference.resolvable
    }
    async with session(settings, progress) as engine:
        with progress.step("resolving references", len(references), unit=""):
            answers = await _answers(references, engine.sources, progress, seconds)
    places, problems, patches = (
        Places(),
        list[str](),
        dict[int, dict[int, list[JsonPatchOperation]]](),
    )
    files: dict[int, ManifestFile] = {}
    count = 0
    for item in found:
        edits = []
        for use in item.uses:
            answer = answers.get(use.reference.key)
            problem = _problem(use, answer)
            if problem is not None or not isinstance(answer, Artifact):
                line = places.line(item.manifest, use.field)
                problems.append(
                    plain(
                        f"{item.manifest.file.name}:{line}: {use.field}: {use.reference}: {problem}"
                    )
                )
                continue
            count += 1
            edits += [(edit, answer.digest, answer.revision) for edit in use.pin_edits]
        for unknown in item.undetermined:
            line = places.line(item.manifest, unknown.field)
            problems.append(
                plain(
                    f"{item.manifest.file.name}:{line}: {unknown.field}: {unknown.reason}: {unknown.detail}"
                )
            )
        operations = [_rooted(operation, item.manifest.prefix) for operation in patch(edits)]
        if operations:
            files[id(item.manifest.file)] = item.manifest.file
            patches.setdefault(id(item.manifest.file), defaultdict(list))[
                item.manifest.document
            ] += operations
    for item in found:
        if item.manifest.file.name == STDIN_NAME:  # a filter passes on what it does not change
            patches.setdefault(id(item.manifest.file), defaultdict(list))
            files[id(item.manifest.file)] = item.manifest.file
    texts = tuple((files[key], edited(files[key], documents)) for key, documents in patches.items())
    return PinResult(texts, count, tuple(problems))


def diff(file: ManifestFile, text: str) -> str:
    """The change as a unified diff, which `git apply` and `patch` take."""
    old, new = file.text.splitlines(keepends=True), text.splitlines(keepends=True)
    return "".join(
        unified_diff(old, new, f"a/{file.name.lstrip('/')}", f"b/{file.name.lstrip('/')}")
    )


async def _answers(
    references: Mapping[str, Reference],
    sources: Mapping[str, Source],
    progress: Progress,
    seconds: float,
) -> dict[str, Artifact | str]:
    limit = asyncio.Semaphore(_PARALLEL)

    async def ask(reference: Reference) -> Artifact | str:
        try:
            async with limit:
                with waiting(seconds):
                    async with asyncio.timeout(seconds):
                        return await sources[reference.scheme].resolve(reference, scope=ANONYMOUS)
        except EvidenceError as error:
            return str(error)
        except TimeoutError:
            return f"no answer within {seconds:g} s; --timeout gives the store more"
        finally:
            progress.advance(1)

    answers = await asyncio.gather(*map(ask, references.values()))
    return dict(zip(references, answers, strict=True))


def _problem(use: ModelUse, answer: Artifact | str | None) -> str | None:
    if use.carrier.mutable:
        return f"it comes from a {use.carrier}, which can change after admission; write it into the object itself"
    if answer is None:
        return "the place has no identity at admission; load the model from a registry by digest"
    if isinstance(answer, str):
        return answer
    filled = [
        edit.operation(digest=answer.digest, revision=answer.revision) for edit in use.pin_edits
    ]
    if not filled:
        return f"{use.engine or 'the engine'} has no way to name a pin here; load the model from a registry by digest"
    if None in filled:
        return "its store has no immutable name for it"
    return None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _rooted(operation: JsonPatchOperation, prefix: FieldPath) -> JsonPatchOperation:
    return {**operation, "path": f"{prefix.pointer}{operation['path']}"}
