"""How a reference is pinned in the object that names it: JSON Patch (RFC 6902) with a hole for the pin.

One mechanism serves three mouths: the `fix:` of a denial, `modeladmit pin`, and the mutating webhook.
An edit knows nothing of its neighbours; `patch` joins those that touch the same text or the same missing list.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from modeladmit.core.digest import Digest
from modeladmit.core.fieldpath import FieldPath

JsonPatchOperation = dict[str, object]

REVISION: Final = "{revision}"
DIGEST: Final = "{digest}"


@dataclass(frozen=True, slots=True)
class PinEdit:
    """One edit; `template` is the new value with `{revision}` or `{digest}` where the pin goes."""

    op: Literal["add", "replace"]
    field: FieldPath
    """For "add" into a list, the last step is the position, or `-` to append."""
    template: str
    shown: str
    """What a person pastes, with the same hole: `--revision={revision}`."""
    env_name: str | None = None
    """When set, the value added is a whole env entry `{name, value}` with this name."""
    new_list: bool = False
    """The list at `field` does not exist yet: what is added is a list that holds the one value."""
    original: str | None = None
    """For "replace" inside a longer text: the text as it stands. `template` then takes the place of `start` to `end`."""
    start: int = 0
    end: int = 0

    def operation(
        self, *, digest: Digest | None, revision: str | None
    ) -> JsonPatchOperation | None:
        """The JSON Patch operation, or None when the pin that the template needs is not known."""
        return next(iter(patch([(self, digest, revision)])), None)

    def text(self, *, digest: Digest | None, revision: str | None) -> str | None:
        """What to paste, or None when the pin that it needs is not known."""
        return _fill(self.shown, digest, revision)


def patch(edits: Iterable[tuple[PinEdit, Digest | None, str | None]]) -> list[JsonPatchOperation]:
    """All edits of one object as JSON Patch: equal ones once, those of one text together, unknown pins left out."""
    operations: dict[tuple[str, object], JsonPatchOperation] = {}
    texts: dict[str, tuple[PinEdit, dict[tuple[int, int], str]]] = {}
    lists: dict[str, tuple[PinEdit, list[object]]] = {}
    for edit, digest, revision in edits:
        value = _fill(edit.template, digest, revision)
        if value is None:
            continue
        pointer, entry = edit.field.pointer, _entry(edit, value)
        if edit.original is not None:
            texts.setdefault(pointer, (edit, {}))[1].setdefault((edit.start, edit.end), value)
        elif edit.new_list:
            entries = lists.setdefault(pointer, (edit, []))[1]
            entries += [entry] if entry not in entries else []
        else:
            operation: JsonPatchOperation = {"op": edit.op, "path": pointer, "value": entry}
            operations.setdefault((pointer, str(entry)), operation)
    spliced: list[tuple[PinEdit, object]] = [
        (edit, _spliced(edit.original or "", parts)) for edit, parts in texts.values()
    ]
    return [
        *operations.values(),
        *(
            {"op": edit.op, "path": edit.field.pointer, "value": value}
            for edit, value in [*spliced, *lists.values()]
        ),
    ]


def _entry(edit: PinEdit, value: str) -> object:
    return value if edit.env_name is None else {"name": edit.env_name, "value": value}


def _spliced(original: str, parts: dict[tuple[int, int], str]) -> str:
    """Replace each span; of two that overlap the later one is left out, since both would not make sense together."""
    pieces: list[str] = []
    position = 0
    for (start, end), value in sorted(parts.items()):
        if start < position:
            continue
        pieces += [original[position:start], value]
        position = end
    return "".join((*pieces, original[position:]))


def _fill(template: str, digest: Digest | None, revision: str | None) -> str | None:
    if DIGEST in template:
        return None if digest is None else template.replace(DIGEST, str(digest))
    if REVISION in template:
        return None if revision is None else template.replace(REVISION, revision)
    return template
