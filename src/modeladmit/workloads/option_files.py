"""Files from which an engine reads options, or that name what it loads."""

import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Carrier, UndeterminedReason
from modeladmit.workloads.arguments import Parsed, Setting, parse
from modeladmit.workloads.claims import Reading, View
from modeladmit.workloads.files import File
from modeladmit.workloads.reading import select
from modeladmit.workloads.tables import Engine, Means, Option
from modeladmit.workloads.text import Word
from modeladmit.workloads.yaml_text import read_yaml

_COMMENT: Final = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
_FIELD: Final = re.compile(
    r"\b([A-Za-z_][A-Za-z0-9_]*)\s*:\s*(?:\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)')"
)
_ENTRY: Final = re.compile(
    r'\bkey\s*:\s*"([^"\\\n]*)"\s*(?:,\s*)?value\s*(?::\s*)?\{\s*string_value\s*:\s*"([^"\\\n]*)"'
)
_ESCAPED: Final = re.compile(r"\\(.)")
_CONTINUED: Final = re.compile(r"\\\r?\n[ \t]*")
_PROPERTY: Final = re.compile(r"[ \t]*([^\s:=#!][^\s:=]*)[ \t]*[:=\s][ \t]*(.*)")


def settings_of_files(
    reading: Reading, view: View, engine: Engine, parsed: Parsed
) -> list[Setting]:
    """Options of a configuration file: its keys are option names; the command line comes after and wins."""
    settings = _settings_of_properties(reading, view, engine, parsed)
    for setting in parsed.settings:
        if setting.option.means is not Means.CONFIG or not setting.values:
            continue
        word = setting.values[-1]
        file = option_file(reading, view, engine, word)
        if file is None:
            continue
        document = read_yaml(reading, file.text, word.field)
        words: list[Word] = []
        for key, value in document.items() if isinstance(document, dict) else ():
            if value is None or value is False or not isinstance(key, str):
                continue
            texts = [f"--{key}", *_texts(reading, value)]
            if reading.effort.take_words(len(texts)) < len(texts):
                reading.limit(word.field, "more options than are read in one object", view)
                break
            words += [reading.ledger.word(t, word.field, file=file.origin) for t in texts]
        settings += parse(engine, words).settings
    return settings


def _settings_of_properties(
    reading: Reading, view: View, engine: Engine, parsed: Parsed
) -> list[Setting]:
    """Options of a properties file. One in the image or beside the models says nothing that they do not say."""
    for option in (*engine.variables, *engine.options):
        if option.means is not Means.PROPERTIES:
            continue
        given = next(
            (s for s in reversed(parsed.settings) if s.option is option and s.values), None
        )
        variables = view.environment.variables
        word = next(
            (Word(variables[n].text, variables[n].field) for n in option.names if n in variables),
            Word(option.assumed, view.container.path) if option.assumed else None,
        )
        word = word if given is None else given.values[-1]
        if word is None:
            continue
        file = view.files.read(word.text)
        if isinstance(file, File):
            words: list[Word] = []
            for key, value in read_properties(file.text).items():
                words += [
                    reading.ledger.word(f"--{key}", word.field, file=file.origin),
                    reading.ledger.word(value, word.field, file=file.origin),
                ]
            return parse(engine, words).settings
        if file.carrier in {Carrier.CONFIG_MAP, Carrier.SECRET}:
            option_file(reading, view, engine, word)
        return []
    return []


def _texts(reading: Reading, value: object) -> list[str]:
    """What an option of a file is given, as a command line would hold it."""
    if value is True:
        return []
    return [
        orjson.dumps(item, default=str).decode()
        if isinstance(item, dict)
        else reading.ledger.readable(item)
        for item in (value if isinstance(value, list) else [value])
    ]


def option_file(reading: Reading, view: View, engine: Engine, word: Word) -> File | None:
    """The file that an option names; undetermined when it is not in the object."""
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


def values_of(
    reading: Reading, option: Option, file: File, at: FieldPath
) -> Iterator[tuple[Option, Any]]:
    """What each member of an option finds in a file of the engine's own format."""
    if option.means is Means.TEXT_PROTO:
        document, every = read_text_proto(file.text), "[]"
    else:
        document, every = read_yaml(reading, file.text, at), ""
    for member in option.members:
        for name in member.names:
            for _, value in select(document, f"{name}{every}"):
                yield member, value


def read_text_proto(text: str) -> dict[str, list[str]]:
    """String fields of protobuf's text format by their names, however deeply they are nested and whatever surrounds them.

    https://protobuf.dev/reference/protobuf/textformat-spec
    """
    found: dict[str, list[str]] = {}
    plain = _COMMENT.sub("", text)
    for name, value in _ENTRY.findall(plain):  # an entry of a map counts by its key
        found.setdefault(name, []).append(value)
    for name, double, single in _FIELD.findall(plain):
        found.setdefault(name, []).append(_ESCAPED.sub(r"\1", double or single))
    return found


def read_properties(text: str) -> dict[str, str]:
    """Lines of `key=value`; a backslash at a line's end joins the next one. java.util.Properties."""
    lines = _CONTINUED.sub("", text).splitlines()
    found = (_PROPERTY.fullmatch(line) for line in lines)
    return {match[1]: match[2].strip() for match in found if match is not None}
