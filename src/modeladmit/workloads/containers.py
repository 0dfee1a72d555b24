"""One container read from end to end: its programs, the engines among them, what they load and what gives them away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.workloads.calls import read_calls, started_commands
from modeladmit.workloads.claims import Claim, Reading, View
from modeladmit.workloads.commandline import Command, Runner, Unread, container_words
from modeladmit.workloads.environment import read_environment
from modeladmit.workloads.fetching import BY_NAME, fetch
from modeladmit.workloads.files import Files
from modeladmit.workloads.podspec import Container
from modeladmit.workloads.reading import dig, sequence
from modeladmit.workloads.recognition import IDLE, engine_of_command, engine_of_image
from modeladmit.workloads.serving import read_engine
from modeladmit.workloads.signals import accelerator
from modeladmit.workloads.tables import Engine, Form
from modeladmit.workloads.text import Word
from modeladmit.workloads.volumes import Volume, read_mounts

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


def make_view(reading: Reading, container: Container, volumes: Mapping[str, Volume]) -> View:
    """Everything that the container's words refer to."""
    environment = read_environment(container, reading.ledger, reading.supplied, reading.namespace)
    mounts = read_mounts(container, volumes, environment, reading.ledger)
    return View(container, environment, mounts, Files(mounts, reading.supplied, reading.namespace, reading.ledger))


def read_container(reading: Reading, view: View, *, engine_hint: Engine | None = None) -> Outcome:
    """Read one container."""
    container = view.container
    outcome = Outcome(view)
    by_image = engine_hint or engine_of_image(reading.tables, container.image)
    runner = Runner(reading, view)
    command, arguments = container_words(reading, view)
    entry = _run(runner, view, command, arguments, by_image)
    for handler in _HANDLERS:
        at = container.path / "lifecycle" / handler / "exec" / "command"
        words = [reading.ledger.word(reading.ledger.readable(w), at / i, whole=True) for i, w in enumerate(sequence(dig(container.raw, "lifecycle", handler, "exec", "command"))[:256])]
        if words:
            runner.run(words, view.environment)
    for words, call in started_commands(runner, runner.programs.calls):
        runner.run(words, call.environment, depth=1)
    outcome.unread = runner.programs.unread
    _accelerated(reading, outcome)
    _commands(reading, outcome, runner.programs.commands, by_image)
    read_calls(reading, view, runner.programs.calls)
    if entry is not None and by_image is not None:
        _serve(reading, outcome, by_image, view, entry, by_image=True)
    elif by_image is not None and outcome.engine is None and not outcome.idle:
        _loose(reading, outcome, by_image, runner.programs.commands)
    return outcome


def _run(
    runner: Runner, view: View, command: list[Word], arguments: list[Word], by_image: Engine | None
) -> list[Word] | None:
    """Run what is written; returns the arguments when the image's own entry point gets them."""
    if command:
        runner.run([*command, *arguments], view.environment)
        return None
    if arguments and _program(arguments[0].text):
        before = len(runner.programs.commands)
        runner.run(arguments, view.environment)
        found = runner.programs.commands[before:]
        if len(found) == 1 and found[0].words[0] is arguments[0] and engine_of_command(runner.reading.tables, found[0]) is None and by_image is not None:
            del runner.programs.commands[before:]
            return arguments
        return None
    return arguments


def _program(text: str) -> bool:
    return bool(text) and not text.startswith("-")


def _accelerated(reading: Reading, outcome: Outcome) -> None:
    found = accelerator(outcome.view.container)
    if found is not None and not outcome.view.container.initial:
        outcome.accelerated = True
        reading.signal("accelerator", *found)


def _commands(reading: Reading, outcome: Outcome, commands: Sequence[Command], by_image: Engine | None) -> None:
    view = outcome.view
    known = False
    for command in commands:
        local = _local(view, command)
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
    if command.environment is not view.environment:
        view = replace(view, environment=command.environment)
    return replace(view, mounts=replace(view.mounts, working_directory=command.directory)) if command.directory else view


def _serve(
    reading: Reading, outcome: Outcome, engine: Engine, view: View, words: Sequence[Word], *, by_image: bool = False
) -> None:
    served = read_engine(reading, view, engine, words, by_image=by_image)
    container = view.container
    outcome.engine = outcome.engine or engine
    outcome.named = outcome.named or served.named
    if engine.serves and not container.initial:
        outcome.serves = True
        at = container.path / "image" if by_image else (words[0].field if words else container.path)
        reading.signal("image" if by_image else "command", at, container.image if by_image else engine.name)
        if served.signal is not None:
            reading.signal("option", served.signal.field, served.signal.text)


def _loose(reading: Reading, outcome: Outcome, engine: Engine, commands: Sequence[Command]) -> None:
    """An engine's image that runs a program of somebody else: its options may still be the engine's."""
    words = next((list(c.words[1:]) for c in commands if c.head not in IDLE and len(c.words) > 1), [])
    _serve(reading, outcome, engine, outcome.view, [w for w in words if w.text], by_image=True)


def image_use(container: Container, reading: Reading, view: View) -> Claim | None:
    """The container image itself: the runtime that everything else is loaded into."""
    if not container.image:
        return None
    word = reading.ledger.word(reading.ledger.readable(container.image), FieldPath((*container.path.steps, "image")))
    return Claim(Role.RUNTIME, word, Form.IMAGE, None, view, optional=False)


def nothing_named(reading: Reading, outcome: Outcome) -> None:
    """A server for sure, and no weights: say why."""
    engine, view = outcome.engine, outcome.view
    name = None if engine is None else engine.name
    for unread in outcome.unread:
        if unread.certain or not outcome.named:
            reading.undetermine(unread.reason, unread.field, unread.detail, view, name)
    if outcome.named or (engine is not None and not engine.needs_model):
        return
    if outcome.unread:
        return
    default = "" if engine is None or engine.default is None else f"; without one it loads {engine.default}"
    title = "the container" if engine is None else engine.title
    reading.undetermine(
        UndeterminedReason.NO_MODEL_NAMED, view.container.path, f"{title} serves a model, and nothing says which{default}", view, name
    )
