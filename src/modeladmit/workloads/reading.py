"""Looking into raw objects that may hold anything: wrong types are absent, nothing raises."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from modeladmit.core.fieldpath import ROOT, FieldPath

_NOTHING: Final[Mapping[str, Any]] = {}


def mapping(value: object) -> Mapping[Any, Any]:
    """The value if it is a map, else an empty one. Its keys may be anything: YAML has numbers there."""
    return value if isinstance(value, dict) else _NOTHING


def sequence(value: object) -> Sequence[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list | tuple) else ()


def string(value: object) -> str:
    """The value if it is text, else an empty one."""
    return value if isinstance(value, str) else ""


def dig(value: object, *steps: str | int) -> Any:
    """Follow keys and positions; None where a step leads nowhere."""
    for step in steps:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = (
                value[step]
                if isinstance(value, list | tuple) and -len(value) <= step < len(value)
                else None
            )
    return value


def select(value: object, pattern: str, at: FieldPath = ROOT) -> Iterator[tuple[FieldPath, Any]]:
    """Everything at `spec.{a,b}.*.items[].uri`: `*` is any key, `{a,b}` one of them, `[]` every position.

    Missing fields match nothing.
    """
    return _selected(value, list(_steps(pattern)), at)


def _selected(
    value: object, steps: Sequence[str], at: FieldPath
) -> Iterator[tuple[FieldPath, Any]]:
    if not steps:
        yield at, value
        return
    for path, item in _children(at, value, steps[0]):
        yield from _selected(item, steps[1:], path)


def _steps(pattern: str) -> Iterator[str]:
    for step in pattern.split("."):
        lists = step.count("[]")
        if name := step.replace("[]", ""):
            yield name
        yield from ["[]"] * lists


def _children(path: FieldPath, value: object, step: str) -> Iterator[tuple[FieldPath, Any]]:
    if step == "[]":
        for index, item in enumerate(sequence(value)):
            yield path / index, item
    elif isinstance(value, dict):
        if step == "*":
            keys = [key for key in value if isinstance(key, str)]
        else:
            keys = step[1:-1].split(",") if step.startswith("{") else [step]
        for key in keys:
            if key in value:
                yield path / key, value[key]
