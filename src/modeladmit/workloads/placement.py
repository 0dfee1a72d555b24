"""Where the text of a script stands in the object that holds it."""

from modeladmit.workloads.reading import dig
from modeladmit.workloads.text import Word


def literal_offset(root: object, text: Word) -> int | None:
    """Where the script's text starts in the field that holds it literally."""
    if text.origins:
        return None
    literal = dig(root, *text.field.steps)
    if not isinstance(literal, str):
        return None
    if text.span is None:
        return (
            0
            if literal == text.text
            else (literal.index(text.text) if text.text and literal.count(text.text) == 1 else None)
        )
    start, end = text.span
    for shift in (0, 1):
        if literal[start + shift : end - shift] == text.text:
            return start + shift
    inner = literal[start:end]
    return start + inner.index(text.text) if text.text and inner.count(text.text) == 1 else None
