"""A call of a Python program, with what is known of its arguments."""

from dataclasses import dataclass

from modeladmit.workloads.environment import Environment
from modeladmit.workloads.script.values import (
    Value,
)
from modeladmit.workloads.text import Word


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call with what is known of its arguments."""

    name: str
    positional: tuple[Value, ...]
    keywords: dict[str, Value]
    word: Word
    """The program's text, for fields and origins."""
    end: tuple[int, int] | None
    """Where the last argument ends, when the program stands literally in the object."""
    quote: str
    environment: Environment
    directory: str = ""
    modules: frozenset[str] = frozenset()
