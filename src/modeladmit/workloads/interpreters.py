"""Shells and Python: which text they read."""

import posixpath
from typing import Final

from modeladmit.core.workload import UndeterminedReason
from modeladmit.workloads.environment import Environment
from modeladmit.workloads.files import File
from modeladmit.workloads.programs import Command, Follower
from modeladmit.workloads.text import Word, marked

_LONGEST_BUNDLE: Final = 4
"""Letters of bundled options (`-eux`) with their dash."""
HARMLESS_SCRIPTS: Final = frozenset(
    {"multi-node-serving.sh", "run_cluster.sh", "wait-for-it.sh", "wait-for.sh", "set_env.sh"}
)
"""Scripts of engine images that start Ray and wait; none names a model."""


def start_shell(
    runner: Follower, words: list[Word], environment: Environment, stdin: str | None, depth: int
) -> None:
    """A shell: its text is an argument, a file or its input."""
    position = 1
    while (
        position < len(words)
        and words[position].text.startswith(("-", "+"))
        and words[position].text not in {"--", "-"}
    ):
        option = words[position].text
        position += 1
        if option.startswith("-") and not option.startswith("--") and "c" in option:
            while position < len(words) and (
                words[position].text == "--"
                or (
                    words[position].text.startswith("-")
                    and len(words[position].text) <= _LONGEST_BUNDLE
                    and " " not in words[position].text
                )
            ):
                position += 1
            if position < len(words):
                runner.shell_text(words[position], environment, words[position + 1 :], depth)
            return
        if option in {"-o", "+o", "-O", "+O", "--rcfile", "--init-file"}:
            position += 1
    if position < len(words) and words[position].text in {"--", "-"}:
        position += 1
    if position < len(words):
        start_script(runner, words[position:], environment, depth)
    elif stdin is not None and marked(stdin):
        runner.unread(
            UndeterminedReason.SCRIPT,
            words[0].field,
            "a shell reads commands that are not in the object",
            certain=True,
        )
    elif stdin is not None:
        runner.shell_text(words[0].part(stdin), environment, [], depth)


def start_script(runner: Follower, words: list[Word], environment: Environment, depth: int) -> None:
    """A script of the object: its first line says what reads it."""
    file = runner.view.files.read(runner.path(words[0].text))
    if not isinstance(file, File):
        if posixpath.basename(words[0].text) not in HARMLESS_SCRIPTS:
            runner.unread(
                file.reason,
                words[0].field,
                f"script {words[0].shown()}: {file.name} is not in the object",
            )
        runner.programs.commands.append(
            Command(tuple(words), environment, directory=runner.directory)
        )
        return
    first = file.text.split("\n", 1)[0]
    body = runner.reading.ledger.word(file.text, words[0].field, file=file.origin)
    if "python" in first:
        runner.python_text(body, words[1:], environment)
    else:
        runner.shell_text(body, environment, words, depth + 1)


def start_python(
    runner: Follower, words: list[Word], environment: Environment, stdin: str | None, depth: int
) -> None:
    """Python: a module, a file, text in an argument or its input."""
    position = 1
    while position < len(words):
        word = words[position]
        text = word.text
        if text == "-c" and position + 1 < len(words):
            runner.python_text(words[position + 1], words[position + 2 :], environment)
            return
        if text == "-m" and position + 1 < len(words):
            module = words[position + 1]
            if module.text in {
                "torch.distributed.run",
                "torch.distributed.launch",
                "accelerate.commands.launch",
            }:
                name = "torchrun" if module.text.startswith("torch") else "accelerate"
                rest = [module.part("launch")] if name == "accelerate" else []
                runner.run(
                    [module.part(name), *rest, *words[position + 2 :]],
                    environment,
                    depth=depth + 1,
                )
                return
            runner.programs.commands.append(
                Command(
                    (module.part(f"-m {module.text}"), *words[position + 2 :]),
                    environment,
                    stdin,
                    None,
                    runner.directory,
                )
            )
            return
        if text == "-" or not text.startswith("-"):
            break
        position += 2 if text in {"-W", "-X"} else 1
    if position >= len(words) or words[position].text == "-":
        if stdin is not None:
            runner.python_text(words[0].part(stdin), words[position + 1 :], environment)
        return
    script = words[position]
    file = runner.view.files.read(runner.path(script.text))
    runner.programs.commands.append(
        Command(tuple(words[position:]), environment, stdin, None, runner.directory)
    )
    if isinstance(file, File):
        runner.python_text(
            runner.reading.ledger.word(file.text, script.field, file=file.origin),
            words[position + 1 :],
            environment,
        )
    else:
        runner.unread(
            file.reason,
            script.field,
            f"program {script.shown()}: {file.name} is not in the object",
        )
