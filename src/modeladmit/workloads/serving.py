"""What an engine loads: its table applied to one command line and one environment."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import orjson
import yaml

from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.errors import InvalidReference
from modeladmit.workloads.address import hub_like, locate
from modeladmit.workloads.arguments import Parsed, Setting, parse, split_values
from modeladmit.workloads.claims import Claim, Pinning, Reading, View
from modeladmit.workloads.commandline import Command
from modeladmit.workloads.files import File
from modeladmit.workloads.reading import select
from modeladmit.workloads.recognition import engine_of_command
from modeladmit.workloads.tables import FALSE, Engine, Form, Means, Option
from modeladmit.workloads.text import MARKERS, Word

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
_YAML: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class _Said:
    """What was said about one role."""

    names: list[tuple[Word, Option, Setting | None]] = field(default_factory=list)
    revision: tuple[Word, Setting | None] | None = None
    file: Word | None = None


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
    settings = [*_from_files(reading, view, engine, parsed), *parsed.settings]
    roles: dict[Role, _Said] = {}
    served = Served(signal=_signal(engine, parsed))
    code_flag: Word | None = None
    for setting in settings:
        code_flag = _apply(reading, view, engine, setting, roles, code_flag)
    _positionals(engine, parsed, roles)
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
        if any(option.means is not Means.STORE for _, option, _ in said.names):
            said.names = [name for name in said.names if name[1].means is not Means.STORE]
    hub = _hub(engine, view)
    if given is not None and not (Role.WEIGHTS in roles and roles[Role.WEIGHTS].names):
        _complete(given.claim, roles.get(Role.WEIGHTS), engine, code=code_flag is not None)
        if code_flag is not None:
            _claim_given_code(reading, view, engine, given.claim, roles.get(Role.CODE), code_flag)
        code_flag = None if not (Role.WEIGHTS in roles and roles[Role.WEIGHTS].names) else code_flag
    weights = (
        {word.text for word, _, _ in roles[Role.WEIGHTS].names} if Role.WEIGHTS in roles else set()
    )
    for role, said in roles.items():
        _claim(reading, view, engine, role, said, hub, weights, runs_code=code_flag is not None)
    if code_flag is not None:
        _claim_code(reading, view, engine, roles, code_flag, hub)
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
            not option.only_text or _is_reference(word, option)
            for word, option, _ in roles[Role.WEIGHTS].names
        )
    return served


def _is_reference(word: Word, option: Option) -> bool:
    """Whether text that may be something else (an alias, a mode) is a reference."""
    if MARKERS.search(word.text):
        return True
    try:
        return locate(word.text, option.form) is not None
    except InvalidReference:
        return False


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
    roles: dict[Role, _Said],
    code_flag: Word | None,
) -> Word | None:
    option = setting.option
    match option.means:
        case Means.MODEL | Means.PLUGIN | Means.STORE:
            said = roles.setdefault(option.role, _Said())
            if not option.many and not option.repeated and option.means is Means.MODEL:
                said.names = [n for n in said.names if n[1] is not option]
            for value in setting.values:
                said.names += [(word, option, setting) for word in _references(option, value)]
        case Means.REVISION if setting.values:
            roles.setdefault(option.role, _Said()).revision = (setting.values[-1], setting)
        case Means.FILE if setting.values:
            roles.setdefault(option.role, _Said()).file = setting.values[-1]
        case Means.CODE:
            return setting.flag if setting.on else None
        case Means.JSON if setting.values:
            _json(reading, view, engine, setting, roles)
        case Means.DOCUMENT if setting.values:
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


def _references(option: Option, value: Word) -> Iterator[Word]:
    document = _document(value.text) if value.text.lstrip().startswith(("{", "[")) else None
    if document is not None:
        for item in document if isinstance(document, list) else [document]:
            if isinstance(item, dict):
                for key in ("path", "source", "local_path", "url", "id"):
                    if isinstance(item.get(key), str):
                        yield value.part(item[key])
                        break
        return
    yield from split_values(option, value)


def _document(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _json(
    reading: Reading, view: View, engine: Engine, setting: Setting, roles: dict[Role, _Said]
) -> None:
    value = setting.values[-1]
    if setting.member:
        document: Any = {setting.member: value.text}
    else:
        document = _document(value.text)
        for member in setting.option.members:  # a later literal replaces an earlier one whole
            roles.pop(member.role, None) if member.role is not Role.WEIGHTS else None
    if not isinstance(document, dict):
        if MARKERS.search(value.text) or not setting.member:
            reading.undetermine(
                UndeterminedReason.INVALID,
                value.field,
                f"{setting.flag.shown()} is not JSON that can be read",
                view,
                engine.name,
            )
        return
    for member in setting.option.members:
        for name in member.names:
            text = _member(document, name)
            if not isinstance(text, str) or not text:
                continue
            said = roles.setdefault(member.role, _Said())
            if member.means is Means.REVISION:
                said.revision = (value.part(text), None)
            elif member.means is Means.MODEL:
                said.names = [n for n in said.names if n[1] is not member]
                said.names.append((value.part(text), member, setting))


def _member(document: Mapping[str, Any], name: str) -> Any:
    if name in document:
        return document[name]
    head, _, rest = name.partition(".")
    inner = document.get(head)
    return _member(inner, rest) if rest and isinstance(inner, dict) else None


def _positionals(engine: Engine, parsed: Parsed, roles: dict[Role, _Said]) -> None:
    option = engine.positional
    if option is None:
        return
    words = parsed.positionals if option.many else parsed.positionals[:1]
    for word in words:
        if word.text.strip():
            said = roles.setdefault(option.role, _Said())
            said.names += [
                (part, option, Setting(option, word, (word,)))
                for part in split_values(option, word)
            ]


def _variables(
    reading: Reading,
    view: View,
    engine: Engine,
    roles: dict[Role, _Said],
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
                roles.setdefault(option.role, _Said()).revision = (word, None)
            elif option.means is Means.FILE:
                roles.setdefault(option.role, _Said()).file = word
            elif option.means in {Means.MODEL, Means.PLUGIN, Means.STORE}:
                if option.within is not None:
                    word = word.part(
                        f"{view.environment.get(option.within[0]) or option.within[1]}/{word.text}"
                    )
                said = roles.setdefault(option.role, _Said())
                if not any(
                    setting is not None and o.means is Means.MODEL for _, o, setting in said.names
                ):
                    said.names += [(part, option, None) for part in _references(option, word)]
            break
    return code_flag


def _from_files(reading: Reading, view: View, engine: Engine, parsed: Parsed) -> list[Setting]:
    """Options of a configuration file: its keys are option names; the command line comes after and wins."""
    settings: list[Setting] = []
    for setting in parsed.settings:
        if setting.option.means is not Means.CONFIG or not setting.values:
            continue
        word = setting.values[-1]
        file = _file(reading, view, engine, word)
        if file is None:
            continue
        document = _yaml(file.text)
        words: list[Word] = []
        for key, value in list(document.items())[:512] if isinstance(document, dict) else []:
            if value is None or not isinstance(key, str):
                continue
            flag = reading.ledger.word(f"--{key}", word.field, file=file.origin)
            items = value if isinstance(value, list) else [value]
            if value is True:
                words.append(flag)
            elif value is not False:
                texts = [
                    orjson.dumps(i, default=str).decode()
                    if isinstance(i, dict)
                    else reading.ledger.readable(i)
                    for i in items[:64]
                ]
                words += [
                    flag,
                    *(reading.ledger.word(t, word.field, file=file.origin) for t in texts),
                ]
        settings += parse(engine, words).settings
    return settings


def _file(reading: Reading, view: View, engine: Engine, word: Word) -> File | None:
    file = view.files.read(word.text)
    if isinstance(file, File):
        return file
    reading.undetermine(
        UndeterminedReason.CONFIG_FILE,
        word.field,
        f"{file.name} cannot be read at admission; write its options as arguments",
        view,
        engine.name,
    )
    return None


def _yaml(text: str) -> Any:
    if text.count("&") > 64 or text.count("[") + text.count("{") > 1 << 12:  # noqa: PLR2004 - anchors multiply, nesting recurses
        return None
    try:
        return yaml.load(text, _YAML)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _read_document(
    reading: Reading, view: View, engine: Engine, option: Option, word: Word
) -> None:
    """A file of the engine's own format: each member is a path to references."""
    file = _file(reading, view, engine, word)
    if file is None:
        return
    document = _yaml(file.text)
    for member in option.members:
        for path in member.names:
            for _, value in select(document, path):
                if isinstance(value, str) and member.means is Means.PROGRAM:
                    _read_program(reading, view, word, value, file)
                elif isinstance(value, str):
                    found = reading.ledger.word(
                        reading.ledger.readable(value), word.field, file=file.origin
                    )
                    reading.claims.append(
                        Claim(
                            member.role,
                            found,
                            member.form,
                            engine.name,
                            view,
                            optional=member.only_text,
                        )
                    )


def _read_program(reading: Reading, view: View, word: Word, text: str, file: File) -> None:
    """A command line that a configuration holds."""
    try:
        parts = shlex.split(reading.ledger.readable(text))
    except ValueError:
        parts = text.split()
    words = tuple(reading.ledger.word(part, word.field, file=file.origin) for part in parts[:512])
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


def _claim(
    reading: Reading,
    view: View,
    engine: Engine,
    role: Role,
    said: _Said,
    hub: str,
    weights: set[str],
    *,
    runs_code: bool,
) -> None:
    revision, revision_setting = said.revision or (None, None)
    for word, option, setting in said.names:
        if role is Role.TOKENIZER and word.text in weights:
            continue  # the weights' own repository: one artifact, one pin
        json = setting is not None and setting.option.means is Means.JSON
        pin_option = _pin_option(engine, role)
        pinning = Pinning(
            option=pin_option if not json and setting is not None else None,
            variable=engine.pin_variable if setting is None and role is Role.WEIGHTS else None,
            existing=revision,
            existing_flag=None if revision_setting is None else revision_setting.flag,
            anchor=None if setting is None else _anchor(setting),
            member="revision" if json and role is Role.DRAFT else None,
        )
        reading.claims.append(
            Claim(
                role,
                word,
                Form.PATH if option.means is Means.PLUGIN else option.form,
                engine.name,
                view,
                revision if role in {Role.WEIGHTS, Role.TOKENIZER, Role.DRAFT} else None,
                pinning,
                runs_code=runs_code and role is Role.WEIGHTS,
                hub=hub,
                optional=option.only_text,
                filename=None if said.file is None else said.file.text,
            )
        )


def _anchor(setting: Setting) -> Word:
    value = setting.values[-1] if setting.values else setting.flag
    return value if value.whole or value.span else setting.flag


def _pin_option(engine: Engine, role: Role) -> str | None:
    """The engine's option that pins this role: its own, or the general one for weights."""
    if role is Role.WEIGHTS:
        return engine.pin_option
    names = [
        n for o in engine.options if o.means is Means.REVISION and o.role is role for n in o.names
    ]
    return names[0] if names else None


def _claim_code(
    reading: Reading, view: View, engine: Engine, roles: dict[Role, _Said], flag: Word, hub: str
) -> None:
    """The code that an artifact brings is a reference of its own: same place, other risk, pinned on its own."""
    weights = roles.get(Role.WEIGHTS)
    code = roles.get(Role.CODE)
    if weights is None:
        return
    for word, option, setting in weights.names:
        own = code.revision if code is not None and code.revision is not None else weights.revision
        revision, revision_setting = own or (None, None)
        option_name = (
            _pin_option(engine, Role.CODE)
            if code is not None and code.revision
            else engine.pin_option
        )
        reading.claims.append(
            Claim(
                Role.CODE,
                replace(word, field=flag.field, span=flag.span),
                option.form,
                engine.name,
                view,
                revision,
                Pinning(
                    option=option_name if setting is not None else None,
                    variable=engine.pin_variable if setting is None else None,
                    existing=revision,
                    existing_flag=None if revision_setting is None else revision_setting.flag,
                    anchor=None if setting is None else _anchor(setting),
                    inline=False,
                ),
                runs_code=True,
                hub=hub,
                filename=None,
            )
        )


def _complete(claim: Claim, said: _Said | None, engine: Engine, *, code: bool) -> None:
    """The arguments may say which revision of the given weights is meant, and that their code runs."""
    claim.runs_code = claim.runs_code or code
    if said is not None and said.revision is not None and claim.revision is None:
        word, setting = said.revision
        claim.revision = word
        claim.pinning = replace(
            claim.pinning, existing=word, existing_flag=None if setting is None else setting.flag
        )
    elif claim.pinning.append_to is not None and claim.pinning.option is None:
        claim.pinning = replace(claim.pinning, option=engine.pin_option)


def _claim_given_code(
    reading: Reading, view: View, engine: Engine, claim: Claim, said: _Said | None, flag: Word
) -> None:
    own = said.revision if said is not None else None
    reading.claims.append(
        Claim(
            Role.CODE,
            replace(claim.word, field=flag.field, span=flag.span, whole=False),
            claim.form,
            engine.name,
            view,
            own[0] if own is not None else claim.revision,
            claim.pinning
            if own is None
            else replace(
                claim.pinning,
                existing=own[0],
                existing_flag=None if own[1] is None else own[1].flag,
            ),
            runs_code=True,
            hub=claim.hub,
        )
    )


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
