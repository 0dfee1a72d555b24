"""How a claim is pinned in the object that holds it: the JSON Patch edits that a denial prints and `pin` applies."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.patch import DIGEST, REVISION, PinEdit
from modeladmit.core.reference import Reference, Scheme
from modeladmit.workloads.claims import Claim
from modeladmit.workloads.reading import dig, sequence
from modeladmit.workloads.text import MAX_TEXT, Word

_HUBS: Final = frozenset({Scheme.HF, Scheme.MODELSCOPE})


def pin_edits(root: Mapping[str, Any], claim: Claim, reference: Reference) -> tuple[PinEdit, ...]:
    """The edits, best first; none when the place has no syntax for a pin or its text is not in the object."""
    if claim.word.mutable is not None:
        return ()
    if reference.scheme is Scheme.OCI:
        return _image(root, claim, reference)
    if reference.scheme not in _HUBS:
        return ()
    how = claim.pinning
    if how.key is not None:
        present = isinstance(dig(root, *how.key.steps), str)
        return (
            PinEdit(
                "replace" if present else "add",
                how.key,
                REVISION,
                f"{how.key.steps[-1]}: {REVISION}",
            ),
        )
    if how.existing is not None:
        edit = _replaced(root, how.existing, how.existing_flag)
        return () if edit is None else (edit,)
    if how.member is not None:
        return _member(root, claim.word, how.member)
    if how.call:
        anchor = how.anchor or claim.word
        quote = anchor.text if anchor.text in {"'", '"'} else '"'
        return _inserted(
            root,
            anchor,
            f", revision={quote}{REVISION}{quote}",
            f"revision={quote}{REVISION}{quote}",
        )
    if how.option is not None:
        if how.append_to is not None:
            return _appended(root, how.append_to, f"{how.option}={REVISION}")
        if how.anchor is not None:
            return _option(root, claim, how.anchor, how.option)
    if how.variable is not None and claim.view is not None:
        path = claim.view.container.path / "env"
        shown = f"{{name: {how.variable}, value: {REVISION}}}"
        missing = not isinstance(dig(root, *path.steps), list)
        return (
            PinEdit(
                "add",
                path if missing else path / "-",
                REVISION,
                shown,
                how.variable,
                new_list=missing,
            ),
        )
    return _in_uri(root, claim, reference) if how.inline else ()


def _text(root: Mapping[str, Any], at: FieldPath) -> str | None:
    value = dig(root, *at.steps)
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return None
    return value if _literal(value) else None


@lru_cache(maxsize=16)
def _literal(text: str) -> bool:
    """Whether what stands for a pin is not in the text already."""
    return REVISION not in text and DIGEST not in text


def _spliced(
    root: Mapping[str, Any], at: FieldPath, start: int, end: int, template: str, shown: str
) -> PinEdit | None:
    original = _text(root, at)
    if original is None:
        return None
    return PinEdit("replace", at, template, shown, original=original, start=start, end=end)


def _option(
    root: Mapping[str, Any], claim: Claim, anchor: Word, option: str
) -> tuple[PinEdit, ...]:
    shown = f"{option}={REVISION}"
    if anchor.span is not None:
        edit = _spliced(root, anchor.field, anchor.span[1], anchor.span[1], f" {shown}", shown)
        return () if edit is None else (edit,)
    if not anchor.whole or not anchor.field.steps or not isinstance(anchor.field.steps[-1], int):
        return ()
    holder = FieldPath(anchor.field.steps[:-1])
    if claim.view is not None and holder.steps[-1:] == ("command",):
        arguments = claim.view.container.path / "args"
        holder = arguments if sequence(dig(root, *arguments.steps)) else holder
    return _appended(root, holder, shown)


def _appended(root: Mapping[str, Any], holder: FieldPath, text: str) -> tuple[PinEdit, ...]:
    missing = not isinstance(dig(root, *holder.steps), list)
    return (PinEdit("add", holder if missing else holder / "-", text, text, new_list=missing),)


def _replaced(root: Mapping[str, Any], word: Word, flag: Word | None) -> PinEdit | None:
    joined = flag is not None and "=" in flag.text and flag.field == word.field
    prefix = flag.text.partition("=")[0] + "=" if joined and flag is not None else ""
    span = flag.span if joined and flag is not None else word.span
    shown = f"{prefix}{REVISION}"
    if span is not None:
        return _spliced(root, word.field, span[0], span[1], shown, shown)
    current = _text(root, word.field)
    if current is None:
        return None
    if word.whole or joined or current == word.text:
        return PinEdit("replace", word.field, shown, shown)
    return _inside(root, word, word.text, REVISION, shown)


def _inside(
    root: Mapping[str, Any], word: Word, old: str, template: str, shown: str
) -> PinEdit | None:
    """Replace the one occurrence of a text in the field."""
    original = _text(root, word.field)
    if original is None or not old or original.count(old) != 1:
        return None
    start = original.index(old)
    return PinEdit(
        "replace", word.field, template, shown, original=original, start=start, end=start + len(old)
    )


def _inserted(
    root: Mapping[str, Any], word: Word, template: str, shown: str
) -> tuple[PinEdit, ...]:
    if word.span is None:
        return ()
    edit = _spliced(root, word.field, word.span[1], word.span[1], template, shown)
    return () if edit is None else (edit,)


def _member(root: Mapping[str, Any], word: Word, member: str) -> tuple[PinEdit, ...]:
    original = _text(root, word.field)
    quoted = f'"{word.text}"'
    if original is None or original.count(quoted) != 1 or f'"{member}"' in original:
        return ()
    end = original.index(quoted) + len(quoted)
    shown = f'"{member}": "{REVISION}"'
    return (
        PinEdit("replace", word.field, f", {shown}", shown, original=original, start=end, end=end),
    )


def _image(root: Mapping[str, Any], claim: Claim, reference: Reference) -> tuple[PinEdit, ...]:
    """Write `tag@digest`: the tag stays, as a hint for people."""
    original = _text(root, claim.word.field)
    if original is None or reference.digest is not None:
        return ()
    text = claim.word.text.strip()
    if original.count(text) != 1:
        return ()
    end = original.index(text) + len(text)
    return (
        PinEdit(
            "replace",
            claim.word.field,
            f"@{DIGEST}",
            f"{text}@{DIGEST}",
            original=original,
            start=end,
            end=end,
        ),
    )


def _in_uri(root: Mapping[str, Any], claim: Claim, reference: Reference) -> tuple[PinEdit, ...]:
    """Hub URLs hold their revision in the path; `hf://` URIs of the loaders that know it, behind a colon."""
    original = _text(root, claim.word.field)
    text = claim.word.text.strip()
    if original is None:
        return ()
    if match := re.search(r"/(?:resolve|raw|blob)/([^/]+)/", text):
        edit = _inside(
            root,
            claim.word,
            text,
            text[: match.start(1)] + REVISION + text[match.end(1) :],
            REVISION,
        )
        return () if edit is None else (edit,)
    if (
        not text.startswith(("hf://", "modelscope://"))
        or reference.path
        or original.count(text) != 1
    ):
        return ()
    name = text.rstrip("/") if reference.revision is None else text.rpartition(":")[0]
    edit = _inside(root, claim.word, text, f"{name}:{REVISION}", f"{name}:{REVISION}")
    return () if edit is None else (edit,)
