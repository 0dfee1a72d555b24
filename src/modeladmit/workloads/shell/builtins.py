"""Builtins that change what follows."""

from typing import TYPE_CHECKING, Final

from modeladmit.core.workload import UndeterminedReason
from modeladmit.workloads.files import File
from modeladmit.workloads.shell.branching import MAX_ITERATIONS
from modeladmit.workloads.shell.scope import given_words
from modeladmit.workloads.text import Word, marked

if TYPE_CHECKING:
    from modeladmit.workloads.shell.evaluate import Script

SHELL_ONLY: Final = frozenset(
    {
        "shift",
        "set",
        "read",
        "eval",
        "source",
        ".",
        "cd",
        "pushd",
        "exit",
        "return",
        "break",
        "continue",
        ":",
        "trap",
        "unset",
        "alias",
        "wait",
        "mapfile",
        "readarray",
        "getopts",
        "shopt",
        "ulimit",
        "umask",
        "type",
        "hash",
        "let",
    }
)


def run_builtin(script: "Script", name: str, words: list[Word], stdin: str | None) -> None:
    """Builtins that change what follows."""
    rest = words[1:]
    match name:
        case "shift":
            count = int(rest[0].text[:4]) if rest and rest[0].text.isdigit() else 1
            del script.scope.parameters[1 : 1 + count]
        case "set":
            if any(w.text == "--" for w in rest):
                index = next(i for i, w in enumerate(rest) if w.text == "--")
                given = [w.text for w in rest[index + 1 :]]
                script.scope.parameters[1:] = given_words(given)
        case "read" | "mapfile" | "readarray" | "getopts":
            lines = [line for line in (stdin or "").splitlines() if line.strip()]
            if len(lines) > MAX_ITERATIONS:
                script.cut_off()
            for word in rest:
                if word.text.isidentifier():
                    known = tuple((line.strip(),) for line in lines[:MAX_ITERATIONS])
                    unread = script.expander.unknown(f"${word.text}, which is read at start")
                    script.scope.set(word.text, known or unread)
        case "eval":
            text = " ".join(w.text for w in rest)
            if marked(text):
                script.unread(
                    UndeterminedReason.SHELL,
                    "eval of text that is not known; write the command out",
                    certain=True,
                )
            elif text:
                script.runner.shell_text(
                    script.word.part(text), script.exported(), [], script.depth + 1
                )
        case "source" | "." if rest:
            file = script.runner.view.files.read(script.runner.path(rest[0].text))
            if isinstance(file, File):
                script.runner.shell_text(
                    script.ledger.word(file.text, script.word.field, file=file.origin),
                    script.exported(),
                    rest,
                    script.depth + 1,
                )
            elif not rest[0].text.endswith(
                (
                    "activate",
                    "setvars.sh",
                    "vars.sh",
                    ".bashrc",
                    ".profile",
                    "conda.sh",
                    "env.sh",
                    "oneapi",
                )
            ):
                script.unread(
                    file.reason, f"{rest[0].shown()} is read at start; write its variables out"
                )
        case "cd" | "pushd" if rest:
            script.runner.directory = (
                script.runner.view.mounts.absolute(rest[0].text) if not marked(rest[0].text) else ""
            )
        case _:
            return
