"""Whether an object has the shape and keeps the rules of its model: the judgement of the API server, without one."""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from modeladmit.api import cel
from modeladmit.api.compile.problem import Problem
from modeladmit.api.nesting import nested_model
from modeladmit.api.texts import DIGEST, DURATION, LABEL, MAX_NAME, NAME
from modeladmit.api.wire import API_VERSION, Resource, WireModel
from modeladmit.core.fieldpath import ROOT, FieldPath

Model = TypeVar("Model", bound=WireModel)

MAX_DEPTH: Final = 32
"""Levels of a spec; ours have fewer than ten."""


def resource_problems(kind: type[Resource], raw: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with `apiVersion`, `kind`, `spec` and the name; the rest is the API server's business."""
    if raw.get("apiVersion") != API_VERSION:
        yield Problem("apiVersion", f"must be {API_VERSION}")
    if raw.get("kind") != kind.__name__:
        yield Problem("kind", f"must be {kind.__name__}")
    yield from _name_problems(raw.get("metadata"))
    spec = nested_model(kind.model_fields["spec"].annotation)
    if spec is None or "spec" not in raw:
        yield Problem("spec", "is required")
        return
    if too_deep(raw["spec"]):
        yield Problem("spec", f"is nested deeper than {MAX_DEPTH} levels")
        return
    path, written = ROOT / "spec", without_nulls(raw["spec"])
    misshapen = tuple(_field_problems(spec, written, path))
    yield from misshapen
    yield from _broken_rules(spec, written, path, misshapen=bool(misshapen))


def _name_problems(metadata: Any) -> Iterator[Problem]:
    """Findings, exemptions and reports speak of a policy by its name; one from a file may have none."""
    if not isinstance(metadata, Mapping):
        yield Problem("metadata", "is required")
        return
    name = metadata.get("name") or metadata.get("generateName")
    if not name:
        yield Problem("metadata.name", "is required")
    elif "name" in metadata and not (
        isinstance(name, str) and len(name) <= MAX_NAME and re.fullmatch(NAME, name)
    ):
        yield Problem("metadata.name", _NAMED_PATTERNS[NAME])


def too_deep(raw: Any) -> bool:
    """Whether data from outside is nested deeper than anything of ours."""
    level = [raw]
    for _ in range(MAX_DEPTH):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def without_nulls(raw: Any) -> Any:
    """The API server takes `field: null` for a field that is not there. Only for data that is not too deep."""
    match raw:
        case Mapping():
            return {key: without_nulls(value) for key, value in raw.items() if value is not None}
        case list() | tuple():
            return [without_nulls(value) for value in raw]
        case _:
            return raw


def _children(item: Any) -> Iterable[Any]:
    match item:
        case Mapping():
            return item.values()
        case list() | tuple():
            return item
        case _:
            return ()


def read(model: type[Model], raw: Any) -> Model | None:
    """The value, or None where it has problems (which `resource_problems` has told)."""
    try:
        return None if too_deep(raw) else model.model_validate(without_nulls(raw))
    except ValidationError:
        return None


def _field_problems(model: type[WireModel], raw: Any, path: FieldPath) -> Iterator[Problem]:
    try:
        model.model_validate(raw)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        for detail in details:
            place = detail["loc"]
            if detail["type"] == "too_short" and any(
                len(other["loc"]) > len(place) and other["loc"][: len(place)] == place
                for other in details
            ):
                continue  # pydantic counts only the good items of a list; the bad ones are told
            hint = _hint(model, place) if detail["type"] == "extra_forbidden" else ""
            yield Problem(str(_place(path, place)), _words(detail) + hint)


def _place(path: FieldPath, location: tuple[int | str, ...]) -> FieldPath:
    for step in location:
        if step != "[key]":
            path = path / step
    return path


_SHAPES: Final = {
    "model_type": "a mapping",
    "dict_type": "a mapping",
    "tuple_type": "a list",
    "string_type": "text",
    "int_type": "a whole number",
}
_NAMED_PATTERNS: Final = {
    DURATION: "must be hours, minutes and seconds, such as 720h, 1h30m or 90s (there are no days)",
    DIGEST: "must be a whole digest in lower case, such as sha256: and 64 hexadecimal digits",
    NAME: "must be a name: lower-case letters and digits, with `-` and `.` between them",
    LABEL: "must be a name: lower-case letters and digits, with `-` between them",
}


def _hint(model: type[WireModel], location: tuple[int | str, ...]) -> str:
    """`; did you mean pinning?`, for a field that is not there."""
    *parents, wrong = location
    for step in parents:
        if isinstance(step, str):
            info = next((i for n, i in model.model_fields.items() if (i.alias or n) == step), None)
            inner = None if info is None else nested_model(info.annotation)
            if inner is None:
                return ""
            model = inner
    names = [info.alias or name for name, info in model.model_fields.items()]
    close = get_close_matches(str(wrong), names, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _words(detail: ErrorDetails) -> str:
    """Pydantic's findings in the words of who writes the file."""
    message, context = detail["msg"], detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return "is not a field of this kind"
        case "value_error":
            return message.removeprefix("Value error, ")
        case "string_pattern_mismatch":
            return _NAMED_PATTERNS.get(
                context.get("pattern", ""), message.replace("String should", "must")
            )
        case "too_short" | "too_long":
            return f"must have {_bounds(context)}, and has {context['actual_length']}"
        case "greater_than_equal":
            return f"must be at least {context['ge']}"
        case kind if kind in _SHAPES:
            return f"must be {_SHAPES[kind]}"
        case _:
            return message.replace("Input should", "must").replace("should", "must")


def _bounds(context: Mapping[str, Any]) -> str:
    word, number = (
        ("least", context["min_length"])
        if "min_length" in context
        else ("most", context["max_length"])
    )
    return f"at {word} {number} {'entry' if number == 1 else 'entries'}"


def _broken_rules(
    model: type[WireModel], raw: Any, path: FieldPath, *, misshapen: bool
) -> Iterator[Problem]:
    """Every CEL rule of a model and of the models inside, on the raw object, as the API server holds them.

    On a misshapen object a rule that cannot be evaluated says nothing new.
    """
    if not isinstance(raw, Mapping):
        return
    for rule in model.invariants:
        held = cel.outcome(cel.compiled(rule.cel, "self"), {"self": raw})
        if held is False or (held is None and not misshapen):
            place = path + FieldPath.parse(rule.field_path.removeprefix("."))
            yield Problem(str(place), rule.message)
    for name, info in model.model_fields.items():
        inner, key = nested_model(info.annotation), info.alias or name
        if inner is None or key not in raw:
            continue
        value = raw[key]
        if isinstance(value, list | tuple):
            for index, item in enumerate(value):
                yield from _broken_rules(inner, item, path / key / index, misshapen=misshapen)
        else:
            yield from _broken_rules(inner, value, path / key, misshapen=misshapen)
