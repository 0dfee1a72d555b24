"""What is wrong with an object of ours, and where: collected, so that people mend everything in one go."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from modeladmit.core.fieldpath import FieldPath
from modeladmit.errors import InvalidPolicy

Value_co = TypeVar("Value_co", covariant=True)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend."""

    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"

    @property
    def error(self) -> InvalidPolicy:
        """The same as an exception, for whoever cannot go on."""
        return InvalidPolicy(self.field, self.message)


@dataclass(frozen=True, slots=True)
class Compiled(Generic[Value_co]):
    """A core value, and what is wrong. `value` is None where nothing can be said without mending."""

    value: Value_co
    problems: tuple[Problem, ...] = ()


class Problems:
    """A collector; the same problem counts once."""

    def __init__(self, found: Iterable[Problem] = ()) -> None:
        self._found: dict[Problem, None] = dict.fromkeys(found)

    def add(self, field: FieldPath, message: str) -> None:
        """Note one."""
        self._found[Problem(str(field), message)] = None

    def all(self) -> tuple[Problem, ...]:
        """In the order of finding."""
        return tuple(self._found)
