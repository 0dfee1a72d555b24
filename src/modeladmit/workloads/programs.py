"""What a container was found to run, and who follows its words there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import UndeterminedReason
from modeladmit.workloads.claims import Reading, View
from modeladmit.workloads.environment import Environment
from modeladmit.workloads.script.call import Call
from modeladmit.workloads.text import Word


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """A program with its arguments, as it is started."""

    words: tuple[Word, ...]
    environment: Environment
    stdin: str | None = None
    stdout: str | None = None
    """The file that its output goes to."""
    directory: str = ""

    @property
    def head(self) -> str:
        """The program's name without folder; of a Python module, `-m package.module`."""
        return self.words[0].text.rpartition("/")[2] if self.words else ""


@dataclass(frozen=True, slots=True, eq=False)
class Unread:
    """A program whose text is not in the object, or shell beyond what is read."""

    reason: UndeterminedReason
    field: FieldPath
    detail: str
    certain: bool = False
    """Whether it may do anything, whatever else was found (`eval`, a downloaded script)."""


@dataclass(slots=True, eq=False)
class Programs:
    """Everything that one container was found to run."""

    commands: list[Command] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    """Calls of Python programs whose text is in the object."""
    unread: list[Unread] = field(default_factory=list)


class Follower(Protocol):
    """Who follows words to the programs that they start: wrappers, shells and interpreters hand their words back to it."""

    reading: Reading
    view: View
    programs: Programs
    directory: str
    """Where the script stands after its `cd`; empty: unknown or the image's own."""

    def run(
        self,
        words: Sequence[Word],
        environment: Environment,
        *,
        stdin: str | None = None,
        stdout: str | None = None,
        depth: int = 0,
    ) -> None:
        """Start one command line."""

    def unread(
        self, reason: UndeterminedReason, at: FieldPath, detail: str, *, certain: bool = False
    ) -> None:
        """Note what could not be read."""

    def path(self, text: str) -> str:
        """A path as it is after the script's `cd`."""

    def shell_text(
        self, text: Word, environment: Environment, parameters: Sequence[Word], depth: int
    ) -> None:
        """Read shell text; `parameters` are `$0`, `$1` and so on."""

    def python_text(self, text: Word, arguments: Sequence[Word], environment: Environment) -> None:
        """Read program text; `arguments` are what it gets on its command line."""
