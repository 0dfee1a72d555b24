"""Whether an object has the shape and keeps the rules of its model: the judgement of the API server, without one."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from modeladmit.api import cel
from modeladmit.api.compile.problem import Problem
from modeladmit.api.nesting import nested_model
from modeladmit.api.wire import API_VERSION, Resource, WireModel
from modeladmit.core.fieldpath import ROOT, FieldPath

Model = TypeVar("Model", bound=WireModel)

MAX_DEPTH: Final = 32
"""Levels of a spec; ours have fewer than ten."""


def resource_problems(kind: type[Resource], raw: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with `apiVersion`, `kind` and `spec`. Metadata and status are the API server's business."""
    if raw.get("apiVersion") != API_VERSION:
        yield Problem("apiVersion", f"must be {API_VERSION}")
    if raw.get("kind") != kind.__name__:
        yield Problem("kind", f"must be {kind.__name__}")
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
        details = error.errors(include_url=False, include_context=False, include_input=False)
        for detail in details:
            place = detail["loc"]
            if detail["type"] == "too_short" and any(
                len(other["loc"]) > len(place) and other["loc"][: len(place)] == place
                for other in details
            ):
                continue  # pydantic counts only the good items of a list; the bad ones are told
            yield Problem(str(_place(path, place)), _words(detail["type"], detail["msg"]))


def _place(path: FieldPath, location: tuple[int | str, ...]) -> FieldPath:
    for step in location:
        if step != "[key]":
            path = path / step
    return path


def _words(kind: str, message: str) -> str:
    match kind:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return "is not a field of this kind"
        case "value_error":
            return message.removeprefix("Value error, ")
        case "string_pattern_mismatch":
            return message.replace("String should", "must")
        case _:
            return message.replace("Input should", "must").replace("should", "must")


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
