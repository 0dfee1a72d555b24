"""From a container's `command` and `args` to the programs that really run.

Wrappers (`tini --`, `exec`, `env A=b`, `timeout 5`, `mpirun -n 2`) are taken off; shells and interpreters are read on.
"""

import posixpath
import re
from collections.abc import Sequence
from typing import Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import UndeterminedReason
from modeladmit.workloads.claims import Reading, View
from modeladmit.workloads.environment import Environment, expand
from modeladmit.workloads.files import File
from modeladmit.workloads.interpreters import start_python, start_script, start_shell
from modeladmit.workloads.programs import Command, Programs, Unread
from modeladmit.workloads.reading import sequence
from modeladmit.workloads.script.program import read_python
from modeladmit.workloads.shell.evaluate import Script
from modeladmit.workloads.text import Word, marked
from modeladmit.workloads.wrappers import unwrapped

SHELLS: Final = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox-sh"})
_PYTHON: Final = re.compile(r"(?:python|pypy)(?:[23](?:\.\d+)?)?")
MAX_DEPTH: Final = 12
MAX_COMMANDS: Final = 256
MAX_WORDS: Final = 4096


def container_words(reading: Reading, view: View) -> tuple[Sequence[Word], Sequence[Word]]:
    """`command` and `args` after Kubernetes' expansion."""
    both = reading.started.get(view.container)
    if both is None:
        both = _expanded(reading, view, "command"), _expanded(reading, view, "args")
        reading.started[view.container] = both
    return both


def _expanded(reading: Reading, view: View, name: str) -> Sequence[Word]:
    raw, ledger = view.container.raw.get(name), reading.ledger
    if isinstance(raw, str):
        text = expand(ledger.readable(raw), view.environment, ledger)
        return [ledger.word(text, view.container.path / name)]
    steps = (*view.container.path.steps, name)
    items = reading.affordable(sequence(raw)[:MAX_WORDS], FieldPath(steps), view)
    return [
        ledger.word(
            expand(ledger.readable(item), view.environment, ledger),
            FieldPath((*steps, index)),
            whole=True,
        )
        for index, item in enumerate(items)
    ]


_STARTERS: Final = {"modeladmit": ("guard",), "ray": ("job", "submit")}
"""Programs that start what stands behind `--`: our own guard, and the submission of Ray jobs."""


def _starts_another(head: str, words: Sequence[Word]) -> bool:
    verbs = _STARTERS.get(head)
    return verbs is not None and tuple(w.text for w in words[1 : 1 + len(verbs)]) == verbs


class Runner:
    """Follows words to the programs that they start."""

    def __init__(self, reading: Reading, view: View) -> None:
        self.reading = reading
        self.view = view
        self.programs = Programs()
        self.directory = ""

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
        if depth > MAX_DEPTH or len(self.programs.commands) >= MAX_COMMANDS:
            at = words[0].field if words else self.view.container.path
            self.unread(
                UndeterminedReason.LIMIT,
                at,
                "commands nested or repeated beyond what is read",
                certain=True,
            )
            return
        words, environment = unwrapped(list(words), environment, shell=depth > 0)
        if not words:
            return
        head = words[0].text.rpartition("/")[2]
        if _starts_another(head, words):
            behind = next((i for i, word in enumerate(words) if word.text == "--"), len(words))
            self.run(words[behind + 1 :], environment, stdin=stdin, stdout=stdout, depth=depth + 1)
            return
        if marked(words[0].text):
            self.unread(
                UndeterminedReason.SHELL,
                words[0].field,
                f"the program {words[0].shown()} is not known",
                certain=True,
            )
            return
        if head in SHELLS:
            start_shell(self, words, environment, stdin, depth)
        elif _PYTHON.fullmatch(head):
            start_python(self, words, environment, stdin, depth)
        elif words[0].text.endswith((".sh", ".bash")) or (
            "/" in words[0].text and self._is_script(words[0].text)
        ):
            start_script(self, words, environment, depth)
        elif head.endswith(".py"):
            start_python(self, [words[0].part("python3"), *words], environment, stdin, depth)
        else:
            self.programs.commands.append(
                Command(tuple(words), environment, stdin, stdout, self.directory)
            )

    def unread(
        self, reason: UndeterminedReason, at: FieldPath, detail: str, *, certain: bool = False
    ) -> None:
        """Note what could not be read."""
        known = any((u.reason, u.detail) == (reason, detail) for u in self.programs.unread)
        if len(self.programs.unread) < 64 and not known:  # noqa: PLR2004 - enough for a person
            self.programs.unread.append(Unread(reason, at, detail, certain))

    def path(self, text: str) -> str:
        """A path as it is after the script's `cd`."""
        return (
            text
            if text.startswith("/") or not self.directory
            else posixpath.join(self.directory, text)
        )

    def _is_script(self, path: str) -> bool:
        file = self.view.files.read(self.path(path))
        return isinstance(file, File) and file.text.startswith("#!")

    def shell_text(
        self, text: Word, environment: Environment, parameters: Sequence[Word], depth: int
    ) -> None:
        """Read shell text; `parameters` are `$0`, `$1` and so on."""
        self.reading.script_budget -= len(text.text)
        if self.reading.script_budget < 0:
            self.unread(
                UndeterminedReason.LIMIT,
                text.field,
                "more shell text than is read in one object",
                certain=True,
            )
            return
        self.reading.effort.spend(8)
        Script(self, text, environment, tuple(parameters), depth).evaluate()

    def python_text(self, text: Word, arguments: Sequence[Word], environment: Environment) -> None:
        """Read program text; `arguments` are what it gets on its command line."""
        self.reading.script_budget -= len(text.text)
        if self.reading.script_budget < 0:
            self.unread(
                UndeterminedReason.LIMIT,
                text.field,
                "more program text than is read in one object",
                certain=True,
            )
            return
        read_python(self, text, arguments, environment)
