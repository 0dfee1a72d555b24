"""What an engine loads: its table applied to one command line and one environment."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.workloads.address import hub_like
from modeladmit.workloads.arguments import Parsed, Setting, parse
from modeladmit.workloads.claims import MAX_CLAIMS, Claim, Reading, View
from modeladmit.workloads.files import File
from modeladmit.workloads.folders import in_store, read_folders
from modeladmit.workloads.option_files import (
    option_file,
    settings_of_files,
    values_of,
)
from modeladmit.workloads.programs import Command
from modeladmit.workloads.recognition import engine_of_command
from modeladmit.workloads.said import (
    Said,
    is_reference,
    read_json,
    read_positionals,
    references,
)
from modeladmit.workloads.served_claims import (
    claim_code,
    claim_given_code,
    claim_role,
    complete_given,
)
from modeladmit.workloads.tables import FALSE, Engine, Form, Means, Option
from modeladmit.workloads.text import Word

_MODEL_SCHEMES: Final = (
    "hf://",
    "huggingface://",
    "s3://",
    "gs://",
    "oci://",
    "ngc://",
    "modelscope://",
    "pvc://",
    "az://",
)


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Weights that another field names for this command line."""

    claim: Claim


@dataclass(slots=True)
class Served:
    """What reading a command line gave."""

    named: bool = False
    """Whether it names weights, readable or not."""
    signal: Word | None = None
    """An option that only a model server has."""


def read_engine(
    reading: Reading,
    view: View,
    engine: Engine,
    words: Sequence[Word],
    *,
    given: Given | None = None,
) -> Served:
    """Add a claim for everything that the command line and the environment name."""
    parsed = parse(engine, words)
    settings = [*settings_of_files(reading, view, engine, parsed), *parsed.settings]
    roles: dict[Role, Said] = {}
    served = Served(signal=_signal(engine, parsed))
    code_flag: Word | None = None
    for setting in settings:
        code_flag = _apply(reading, view, engine, setting, roles, code_flag)
    read_positionals(engine, parsed, roles)
    code_flag = read_folders(reading, view, engine, parsed, roles, code_flag)
    code_flag = _variables(reading, view, engine, roles, code_flag, settings)
    for word in parsed.ambiguous:
        reading.undetermine(
            UndeterminedReason.INVALID,
            word.field,
            f"option {word.shown()} may be short for more than one; write it out",
            view,
            engine.name,
        )
    for flag, value in parsed.unknown:
        if value is not None and (
            value.text.startswith(_MODEL_SCHEMES) or (hub_like(value.text) and _namelike(flag.text))
        ):
            reading.claims.append(
                Claim(Role.UNKNOWN, value, Form.HUB, engine.name, view, optional=True)
            )
    for said in roles.values():
        said.names = list(in_store(said))
        if any(option.means is not Means.STORE for _, option, _ in said.names):
            said.names = [name for name in said.names if name[1].means is not Means.STORE]
    hub = _hub(engine, view)
    if given is not None and not (Role.WEIGHTS in roles and roles[Role.WEIGHTS].names):
        complete_given(given.claim, roles.get(Role.WEIGHTS), engine, code=code_flag is not None)
        if code_flag is not None:
            claim_given_code(reading, view, engine, given.claim, roles.get(Role.CODE), code_flag)
        code_flag = None if not (Role.WEIGHTS in roles and roles[Role.WEIGHTS].names) else code_flag
    weights = (
        {word.text for word, _, _ in roles[Role.WEIGHTS].names} if Role.WEIGHTS in roles else set()
    )
    for role, said in roles.items():
        claim_role(reading, view, engine, role, said, hub, weights, runs_code=code_flag is not None)
    if code_flag is not None:
        claim_code(reading, view, engine, roles, code_flag, hub)
    if engine.runtime:
        reading.undetermine(
            UndeterminedReason.RUNTIME_LOADING,
            view.container.path,
            engine.runtime,
            view,
            engine.name,
        )
    if Role.WEIGHTS in roles:
        served.named = any(
            not option.only_text or is_reference(word, option)
            for word, option, _ in roles[Role.WEIGHTS].names
        )
    return served


def _namelike(flag: str) -> bool:
    return any(
        part in flag
        for part in ("model", "tokenizer", "adapter", "lora", "repo", "checkpoint", "ckpt")
    )


def _signal(engine: Engine, parsed: Parsed) -> Word | None:
    names = set(engine.signal_options)
    for setting in parsed.settings:
        if (
            names.intersection(setting.option.names)
            and setting.flag.text.partition("=")[0].replace("_", "-") in names
        ):
            return setting.flag
    return None


def _apply(
    reading: Reading,
    view: View,
    engine: Engine,
    setting: Setting,
    roles: dict[Role, Said],
    code_flag: Word | None,
) -> Word | None:
    option = setting.option
    match option.means:
        case Means.MODEL | Means.PLUGIN | Means.STORE:
            said = roles.setdefault(option.role, Said())
            if not option.many and not option.repeated and option.means is Means.MODEL:
                said.names = [n for n in said.names if n[1] is not option]
            for value in setting.values:
                left = MAX_CLAIMS + 1 - len(said.names)
                words = islice(references(option, value), left)
                said.names += [(word, option, setting) for word in words]
        case Means.REVISION if setting.values:
            roles.setdefault(option.role, Said()).revision = (setting.values[-1], setting)
        case Means.FILE if setting.values:
            roles.setdefault(option.role, Said()).file = setting.values[-1]
        case Means.CODE:
            return setting.flag if setting.on else None
        case Means.JSON if setting.values:
            read_json(reading, view, engine, setting, roles)
        case Means.DOCUMENT | Means.TEXT_PROTO if setting.values:
            _read_document(reading, view, engine, option, setting.values[-1])
        case Means.LOADING if setting.on and (
            not option.when or {v.text for v in setting.values}.intersection(option.when)
        ):
            _loading(reading, view, engine, setting.flag)
        case Means.REDIRECT if setting.on:
            _redirect(reading, view, engine, setting.flag)
        case _:
            pass
    return code_flag


def _variables(
    reading: Reading,
    view: View,
    engine: Engine,
    roles: dict[Role, Said],
    code_flag: Word | None,
    settings: list[Setting],
) -> Word | None:
    """What variables say where no option says it: the command line wins."""
    said_options = {(s.option.means, s.option.role) for s in settings}
    for option in engine.variables:
        for name in option.names:
            variable = view.environment.variables.get(name)
            if variable is None:
                continue
            word = reading.ledger.word(variable.text, variable.field)
            if not word.text.strip():
                continue
            if option.means in {Means.LOADING, Means.REDIRECT, Means.JSON, Means.DOCUMENT}:
                _apply(reading, view, engine, Setting(option, word, (word,)), roles, None)
            elif (option.means, option.role) in said_options and option.means is not Means.MODEL:
                continue
            elif option.means is Means.CODE:
                if code_flag is None and word.text.strip().lower() not in FALSE:
                    code_flag = word
            elif option.means is Means.REVISION:
                roles.setdefault(option.role, Said()).revision = (word, None)
            elif option.means is Means.FILE:
                roles.setdefault(option.role, Said()).file = word
            elif option.means in {Means.MODEL, Means.PLUGIN, Means.STORE}:
                if option.within is not None:
                    word = word.part(
                        f"{view.environment.get(option.within[0]) or option.within[1]}/{word.text}"
                    )
                said = roles.setdefault(option.role, Said())
                if not any(
                    setting is not None and o.means is Means.MODEL for _, o, setting in said.names
                ):
                    said.names += [(part, option, None) for part in references(option, word)]
            break
    return code_flag


def _read_document(
    reading: Reading, view: View, engine: Engine, option: Option, word: Word
) -> None:
    """A file of the engine's own format: each member is a path to references."""
    file = option_file(reading, view, engine, word)
    if file is None:
        return
    for member, value in values_of(reading, option, file, word.field):
        if not isinstance(value, str):
            continue
        if member.means is Means.PROGRAM:
            _read_program(reading, view, word, value, file)
            continue
        found = reading.ledger.word(reading.ledger.readable(value), word.field, file=file.origin)
        reading.claims.append(
            Claim(member.role, found, member.form, engine.name, view, optional=member.only_text)
        )


def _read_program(reading: Reading, view: View, word: Word, text: str, file: File) -> None:
    """A command line that a configuration holds."""
    try:
        parts = shlex.split(reading.ledger.readable(text))
    except ValueError:
        parts = text.split()
    words = tuple(reading.ledger.word(part, word.field, file=file.origin) for part in parts)
    if (
        words
        and (match := engine_of_command(reading.tables, Command(words, view.environment)))
        is not None
    ):
        read_engine(reading, view, match[0], list(match[1]))


def _hub(engine: Engine, view: View) -> str:
    for name, hub in engine.hub_switches:
        if (value := view.environment.get(name)) is not None and value.strip().lower() not in FALSE:
            return hub
    return "hf"


def _loading(reading: Reading, view: View, engine: Engine, word: Word) -> None:
    reading.undetermine(
        UndeterminedReason.RUNTIME_LOADING,
        word.field,
        "the server is told to load models while it runs; take the setting away, or load them at start",
        view,
        engine.name,
    )


def _redirect(reading: Reading, view: View, engine: Engine, word: Word) -> None:
    reading.undetermine(
        UndeterminedReason.CONFIG_FILE,
        word.field,
        "a file that maps names to other names decides what is loaded; take the setting away",
        view,
        engine.name,
    )
