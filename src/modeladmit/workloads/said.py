"""What options, positionals and JSON say about each role of an engine."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.errors import InvalidReference
from modeladmit.workloads.address import locate
from modeladmit.workloads.arguments import Parsed, Setting, split_values
from modeladmit.workloads.claims import Reading, View
from modeladmit.workloads.reading import select
from modeladmit.workloads.tables import Engine, Means, Option
from modeladmit.workloads.text import Word, marked

MAX_MEMBERS: Final = 256
"""Names that one pattern may find."""


@dataclass(slots=True)
class Said:
    """What was said about one role."""

    names: list[tuple[Word, Option, Setting | None]] = field(default_factory=list)
    revision: tuple[Word, Setting | None] | None = None
    file: Word | None = None


def references(option: Option, value: Word) -> Iterator[Word]:
    """Every reference in one value: JSON objects, separators and `name=` are taken apart."""
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


def read_json(
    reading: Reading, view: View, engine: Engine, setting: Setting, roles: dict[Role, Said]
) -> None:
    """JSON that an option holds, or one member of it given as `--option.member`."""
    value = setting.values[-1]
    if setting.member:
        document: Any = {setting.member: value.text}
    else:
        document = _document(value.text)
        for member in setting.option.members:  # a later literal replaces an earlier one whole
            roles.pop(member.role, None) if member.role is not Role.WEIGHTS else None
    if not isinstance(document, dict):
        if marked(value.text) or not setting.member:
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
            if "*" in name:
                said = roles.setdefault(member.role, Said())
                texts = [text for _, text in select(document, name) if isinstance(text, str)]
                said.names += [(value.part(text), member, setting) for text in texts[:MAX_MEMBERS]]
                continue
            text = _member(document, name)
            if not isinstance(text, str) or not text:
                continue
            said = roles.setdefault(member.role, Said())
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


def read_positionals(engine: Engine, parsed: Parsed, roles: dict[Role, Said]) -> None:
    """What stands without an option."""
    option = engine.positional
    if option is None:
        return
    words = parsed.positionals if option.many else parsed.positionals[:1]
    for word in words:
        if word.text.strip():
            said = roles.setdefault(option.role, Said())
            said.names += [
                (part, option, Setting(option, word, (word,)))
                for part in split_values(option, word)
            ]


def is_reference(word: Word, option: Option) -> bool:
    """Whether text that may be something else (an alias, a mode) is a reference."""
    if marked(word.text):
        return True
    try:
        return locate(word.text, option.form) is not None
    except InvalidReference:
        return False
