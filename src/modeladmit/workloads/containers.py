"""One container read from end to end: its programs, the engines among them, what they load and what gives them away."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Role
from modeladmit.workloads.calls import read_calls, started_commands
from modeladmit.workloads.claims import Claim, Reading, View
from modeladmit.workloads.commandline import Runner, container_words
from modeladmit.workloads.engines import custom, nim
from modeladmit.workloads.environment import read_environment
from modeladmit.workloads.fetching import BY_NAME, fetch
from modeladmit.workloads.files import Files
from modeladmit.workloads.image_copies import COPIES, copied_from_image, follow_copy
from modeladmit.workloads.modelfiles import create_from_modelfile
from modeladmit.workloads.podspec import Container
from modeladmit.workloads.programs import Command, Unread
from modeladmit.workloads.reading import dig, sequence
from modeladmit.workloads.recognition import (
    IDLE,
    engine_of_arguments,
    engine_of_command,
    engine_of_image,
    harmless_image,
    repository,
)
from modeladmit.workloads.serving import read_engine
from modeladmit.workloads.signals import accelerator
from modeladmit.workloads.tables import Engine, Form
from modeladmit.workloads.text import Word
from modeladmit.workloads.volumes import Mounts, Volume, read_mounts

_HANDLERS: Final = ("postStart",)
"""`preStop` and probes name nothing that is loaded."""


@dataclass(slots=True, eq=False)
class Outcome:
    """What one container was found to be."""

    view: View
    engine: Engine | None = None
    named: bool = False
    serves: bool = False
    idle: bool = False
    unread: Sequence[Unread] = ()
    accelerated: bool = False
    fetches: bool = False
    mounted: bool = False
    heads: Sequence[str] = ()
    """Names of the programs that it runs."""
    leftover: Sequence[Sequence[Word]] = ()
    """Arguments of each program that no table knows."""


def make_view(reading: Reading, container: Container, volumes: Mapping[str, Volume]) -> View:
    """Everything that the container's words refer to."""
    environment = read_environment(container, reading.ledger, reading.supplied, reading.namespace)
    raw_mounts = reading.volumes.mounts(container.raw.get("volumeMounts"))
    mounts = read_mounts(container, raw_mounts, volumes, environment, reading.ledger)
    return View(
        container,
        environment,
        mounts,
        Files(mounts, reading.supplied, reading.namespace, reading.ledger),
    )


def read_container(reading: Reading, view: View, *, engine_hint: Engine | None = None) -> Outcome:
    """Read one container."""
    container = view.container
    outcome = Outcome(view)
    by_image = engine_hint or engine_of_image(reading.tables, container.image)
    runner = Runner(reading, view)
    command, arguments = container_words(reading, view)
    entry = _run(runner, view, command, arguments, by_image)
    for handler in _HANDLERS if "lifecycle" in container.raw else ():
        at = container.path / "lifecycle" / handler / "exec" / "command"
        raw = sequence(dig(container.raw, "lifecycle", handler, "exec", "command"))
        if words := [
            reading.ledger.word(reading.ledger.readable(w), at / i, whole=True)
            for i, w in enumerate(raw)
        ]:
            runner.run(words, view.environment)
    _programs(reading, outcome, runner)
    _image(reading, outcome, by_image, entry, runner.programs.commands)
    _accelerated(reading, outcome)
    return outcome


def _image(
    reading: Reading,
    outcome: Outcome,
    by_image: Engine | None,
    entry: Sequence[Word] | None,
    commands: Sequence[Command],
) -> None:
    """What the image adds to what the command line says."""
    if entry is not None and by_image is not None:
        _entry(reading, outcome, by_image, entry)
        return
    if outcome.engine is not None or outcome.idle:
        return
    outcome.leftover = [entry] if entry is not None else _leftover(reading, commands)
    if entry is not None and not entry and harmless_image(outcome.view.container.image):
        outcome.idle = True
    for words in outcome.leftover or [[]]:
        engine = by_image or engine_of_arguments(reading.tables, words)
        if engine is not None and engine.serves:
            _serve(
                reading,
                outcome,
                _without_positional(engine),
                outcome.view,
                words,
                by_image=by_image is not None,
            )


@lru_cache(maxsize=256)
def _without_positional(engine: Engine) -> Engine:
    return replace(engine, positional=None)


def _programs(reading: Reading, outcome: Outcome, runner: Runner) -> None:
    """Read every program that was found; Python may start more."""
    for words, call in list(started_commands(runner, runner.programs.calls)):
        runner.run(words, call.environment, depth=1)
    outcome.unread = runner.programs.unread
    outcome.heads = [command.head for command in runner.programs.commands]
    before = len(reading.claims)
    read_calls(reading, outcome.view, runner.programs.calls)
    _commands(reading, outcome, runner.programs.commands)
    outcome.named = outcome.named or any(c.role is Role.WEIGHTS for c in reading.claims[before:])


def read_programs(reading: Reading, runner: Runner) -> Outcome:
    """Read what a runner found, for a command line that stands outside of a container."""
    outcome = Outcome(runner.view)
    _programs(reading, outcome, runner)
    outcome.leftover = _leftover(reading, runner.programs.commands)
    return outcome


def _entry(reading: Reading, outcome: Outcome, engine: Engine, words: Sequence[Word]) -> None:
    """The image's own entry point gets the arguments."""
    if (tool := BY_NAME.get(engine.name)) is not None:
        outcome.fetches |= fetch(
            reading, outcome.view, Command(tuple(words), outcome.view.environment), tool, words
        )
        return
    for verb in _verbs(engine.commands):
        if words and words[0].text == verb[0] and [w.text for w in words[: len(verb)]] == verb:
            words = words[len(verb) :]
            break
    _serve(reading, outcome, engine, outcome.view, words, by_image=True)


@lru_cache(maxsize=256)
def _verbs(commands: tuple[str, ...]) -> list[list[str]]:
    """What stands behind the program in its commands: an entry point that is the program alone gets it."""
    verbs = [pattern.split()[1:] for pattern in commands if not pattern.startswith("-m")]
    return [verb for verb in verbs if verb and not verb[0].startswith("-")]


def _leftover(reading: Reading, commands: Sequence[Command]) -> list[list[Word]]:
    """The arguments of the programs that nothing is known of."""
    unknown = (
        c for c in commands if c.head not in IDLE and engine_of_command(reading.tables, c) is None
    )
    return [list(command.words[1:]) for command in unknown]


def read_as_custom(reading: Reading, outcome: Outcome, engine: Engine = custom.ENGINE) -> None:
    """A program of its own in a container that is certainly about models: names that everybody uses."""
    start = len(reading.claims)
    view = outcome.view
    for words in outcome.leftover or [[]]:
        served = read_engine(reading, view, engine, words)
        outcome.named = outcome.named or served.named
    known = {
        claim.word.text
        for claim in reading.claims[:start]
        if claim.view is not None and claim.view.container is view.container
    }
    reading.claims[start:] = [
        claim
        for claim in reading.claims[start:]
        if claim.word.text not in known or claim.role is Role.CODE
    ]


def _run(
    runner: Runner,
    view: View,
    command: Sequence[Word],
    arguments: Sequence[Word],
    by_image: Engine | None,
) -> Sequence[Word] | None:
    """Run what is written; returns the arguments when the image's own entry point gets them."""
    source = view.container.raw.get("source")
    if isinstance(source, str):  # Argo Workflows: the text becomes a file that the command gets
        text = runner.reading.ledger.word(
            runner.reading.ledger.readable(source), view.container.path / "source"
        )
        interpreter = command[0] if command else text.part("sh")
        runner.run([interpreter, text.part("-c"), text], view.environment)
        return None
    if command:
        runner.run([*command, *arguments], view.environment)
        return None
    if arguments and _program(arguments[0].text):
        before = len(runner.programs.commands)
        runner.run(arguments, view.environment)
        found = runner.programs.commands[before:]
        if (
            len(found) == 1
            and found[0].words[0] is arguments[0]
            and engine_of_command(runner.reading.tables, found[0]) is None
            and by_image is not None
        ):
            del runner.programs.commands[before:]
            return arguments
        return None
    return arguments


def _program(text: str) -> bool:
    return bool(text) and not text.startswith("-") and "=" not in text


def _accelerated(reading: Reading, outcome: Outcome) -> None:
    found = accelerator(outcome.view.container)
    if found is not None and not outcome.view.container.initial and not outcome.idle:
        outcome.accelerated = True
        if not reading.training:
            reading.signal("accelerator", *found)


def _commands(reading: Reading, outcome: Outcome, commands: Sequence[Command]) -> None:
    view = outcome.view
    known = False
    for command in commands:
        local = _local(view, command)
        if command.head in COPIES and not follow_copy(reading, local, command):
            copied_from_image(reading, local, command)
        if (
            command.head == "ollama"
            and len(command.words) > 1
            and command.words[1].text == "create"
        ):
            create_from_modelfile(reading, local, command.words[1:])
        match = engine_of_command(reading.tables, command)
        if match is not None:
            engine, words = match
            known = True
            if (tool := BY_NAME.get(engine.name)) is not None:
                outcome.fetches |= fetch(reading, local, command, tool, list(words))
                continue
            _serve(reading, outcome, engine, local, list(words))
    real = [c for c in commands if c.head not in IDLE]
    outcome.idle = bool(commands) and not real and not known


def _local(view: View, command: Command) -> View:
    """The container as one command sees it: its own variables, its own working directory."""
    if command.environment is view.environment and not command.directory:
        return view
    mounts = view.mounts
    if command.directory:
        mounts = Mounts(mounts.mounts, command.directory, mounts.by_length)
    return View(view.container, command.environment, mounts, view.files)


def _serve(
    reading: Reading,
    outcome: Outcome,
    engine: Engine,
    view: View,
    words: Sequence[Word],
    *,
    by_image: bool = False,
) -> None:
    start = len(reading.claims)
    served = read_engine(reading, view, engine, words)
    container = view.container
    served.named = served.named or any(
        c.role is Role.WEIGHTS and not c.optional for c in reading.claims[start:]
    )
    if engine.image_is_model and not served.named:
        served.named = _image_is_model(reading, view, engine)
    outcome.engine = outcome.engine or engine
    outcome.named = outcome.named or served.named
    if engine.serves and not container.initial:
        outcome.serves = True
        at = container.path / "image" if by_image else (words[0].field if words else container.path)
        reading.signal(
            "image" if by_image else "command", at, container.image if by_image else engine.name
        )
        if served.signal is not None:
            reading.signal("option", served.signal.field, served.signal.text)


def _image_is_model(reading: Reading, view: View, engine: Engine) -> bool:
    """The image holds the weights: it is a reference of its own, pinned as images are."""
    name = repository(view.container.image)
    if not name or any(re.search(p, name) for p in nim.GENERIC_IMAGES):
        return False
    if engine.name.startswith("nim"):
        word = reading.ledger.word(
            reading.ledger.readable(view.container.image), view.container.path / "image"
        )
        reading.claims.append(Claim(Role.WEIGHTS, word, Form.IMAGE, engine.name, view))
        return True
    return False


def image_use(container: Container, reading: Reading, view: View) -> Claim | None:
    """The container image itself: the runtime that everything else is loaded into."""
    if not container.image:
        return None
    word = reading.ledger.word(
        reading.ledger.readable(container.image), FieldPath((*container.path.steps, "image"))
    )
    return Claim(Role.RUNTIME, word, Form.IMAGE, None, view, optional=False)
