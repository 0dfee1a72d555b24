"""Values that a Python program computes before it loads a model, as far as they are constant."""

import itertools
from dataclasses import dataclass
from typing import Final

from modeladmit.workloads.text import TOO_MANY

MAX_MANY: Final = 12
MAX_TEXTS: Final = 64


@dataclass(frozen=True, slots=True)
class Text:
    """A string, with markers where something is not known, and where it stands literally."""

    text: str
    span: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list, tuple or set."""

    items: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A dictionary with string keys."""

    entries: tuple[tuple[str, "Value"], ...]

    def get(self, key: str) -> "Value | None":
        """The value of a key."""
        return next((value for name, value in self.entries if name == key), None)


@dataclass(frozen=True, slots=True)
class Many:
    """One of several values."""

    values: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """True, False, None or a number."""

    text: str


Value = Text | Items | Table | Many | Constant


def many(*found: Value) -> Value:
    """One of the values; one alone is itself."""
    flat: dict[Value, None] = {}
    for value in found:
        for inner in value.values if isinstance(value, Many) else (value,):
            flat.setdefault(inner)
    values = tuple(flat)
    if len(values) > MAX_MANY:
        values = (*values[: MAX_MANY - 1], Text(TOO_MANY))
    return values[0] if len(values) == 1 else Many(values)


def each(value: Value) -> tuple[Value, ...]:
    """Its possible values."""
    return value.values if isinstance(value, Many) else (value,)


def texts(value: Value) -> list[Text]:
    """Its possible strings; of a list, every string in it."""
    found: list[Text] = []
    for one in each(value):
        if isinstance(one, Text):
            found.append(one)
        elif isinstance(one, Items):
            found += [t for item in one.items for t in texts(item)]
    return found if len(found) <= MAX_TEXTS else [*found[:MAX_TEXTS], Text(TOO_MANY)]


def joined(left: Value, right: Value) -> Value:
    """String concatenation over every combination."""
    pairs = itertools.product(each(left), each(right))
    results = [
        Text((a.text + b.text)[: 1 << 14])
        for a, b in pairs
        if isinstance(a, Text | Constant) and isinstance(b, Text | Constant)
    ]
    return many(*results) if results else Text("")
