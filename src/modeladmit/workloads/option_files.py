"""Files from which an engine reads options, or that name what it loads."""

import re
from typing import Any, Final

import orjson
import yaml

from modeladmit.core.workload import UndeterminedReason
from modeladmit.workloads.arguments import Parsed, Setting, parse
from modeladmit.workloads.claims import Reading, View
from modeladmit.workloads.files import File
from modeladmit.workloads.tables import Engine, Means
from modeladmit.workloads.text import Word

_COMMENT: Final = re.compile(r"^\s*#.*$", re.MULTILINE)
_FIELD: Final = re.compile(
    r"\b([A-Za-z_][A-Za-z0-9_]*)\s*:\s*(?:\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)')"
)
_ESCAPED: Final = re.compile(r"\\(.)")
_YAML: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def settings_of_files(
    reading: Reading, view: View, engine: Engine, parsed: Parsed
) -> list[Setting]:
    """Options of a configuration file: its keys are option names; the command line comes after and wins."""
    settings: list[Setting] = []
    for setting in parsed.settings:
        if setting.option.means is not Means.CONFIG or not setting.values:
            continue
        word = setting.values[-1]
        file = option_file(reading, view, engine, word)
        if file is None:
            continue
        document = read_yaml(file.text)
        words: list[Word] = []
        for key, value in list(document.items()) if isinstance(document, dict) else []:
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
                    for i in items
                ]
                words += [
                    flag,
                    *(reading.ledger.word(t, word.field, file=file.origin) for t in texts),
                ]
        settings += parse(engine, words).settings
    return settings


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


def read_text_proto(text: str) -> dict[str, list[str]]:
    """String fields of protobuf's text format by their names, however deeply they are nested and whatever surrounds them.

    https://protobuf.dev/reference/protobuf/textformat-spec
    """
    found: dict[str, list[str]] = {}
    for name, double, single in _FIELD.findall(_COMMENT.sub("", text)):
        found.setdefault(name, []).append(_ESCAPED.sub(r"\1", double or single))
    return found


def read_yaml(text: str) -> Any:
    """YAML of strangers: no anchors that multiply, no nesting that recurses; None when it cannot be read."""
    if text.count("&") > 64 or text.count("[") + text.count("{") > 1 << 12:  # noqa: PLR2004 - anchors multiply, nesting recurses
        return None
    try:
        return yaml.load(text, _YAML)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
