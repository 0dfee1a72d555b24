"""Which models of ours a field's annotation holds, and how: itself, optionally, or as a list."""

from typing import Any, get_args

from modeladmit.api.wire import WireModel


def nested_model(annotation: Any) -> type[WireModel] | None:
    """The model in `M`, `M | None`, `tuple[M, ...]` and `Annotated` forms of them; None for plain values."""
    if isinstance(annotation, type) and issubclass(annotation, WireModel):
        return annotation
    for argument in get_args(annotation):
        found = nested_model(argument)
        if found is not None:
            return found
    return None
