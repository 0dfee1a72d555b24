"""A command line as the engine's own parser reads it.

argparse: unambiguous prefixes name an option, the last of two wins, `_` is `-` (vLLM), `--json.member x` (vLLM).
Other parsers take whole names. Unknown options take the next word unless it is an option itself.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from operator import itemgetter
from typing import Final

from modeladmit.workloads.tables import FALSE, Engine, Means, Option, Style
from modeladmit.workloads.text import Word

_TRUTH: Final = (FALSE - {""}) | {"1", "true", "yes", "on"}
_SWITCHES: Final = frozenset({Means.SWITCH, Means.CODE})
_NO_WORDS: Final = frozenset({"--", "\\"})
MAX_WORDS = 4096
_SHORTEST = 3
"""`--x` is no abbreviation that anybody writes."""


@dataclass(frozen=True, slots=True)
class Setting:
    """An option with what it was given."""

    option: Option
    flag: Word
    values: tuple[Word, ...] = ()
    member: str = ""
    """The dotted rest of a JSON option: `--speculative-config.model`."""
    negated: bool = False

    @property
    def on(self) -> bool:
        """Whether a switch is set: a bare flag, or a value that is not false."""
        if self.negated:
            return False
        return not self.values or self.values[-1].text.strip().lower() not in FALSE


@dataclass(slots=True)
class Parsed:
    """The words of a command line, sorted by meaning."""

    settings: list[Setting] = field(default_factory=list)
    positionals: list[Word] = field(default_factory=list)
    unknown: list[tuple[Word, Word | None]] = field(default_factory=list)
    ambiguous: list[Word] = field(default_factory=list)


@lru_cache(maxsize=256)
def _names(options: tuple[Option, ...]) -> dict[str, Option]:
    return {name: option for option in options for name in option.names}


@lru_cache(maxsize=256)
def _sorted_names(options: tuple[Option, ...]) -> list[tuple[str, Option]]:
    """In order, so that those with a prefix stand together however many an object asks for."""
    pairs = [(name.replace("_", "-"), option) for option in options for name in option.names]
    return sorted(pairs, key=itemgetter(0))


def parse(engine: Engine, words: Sequence[Word]) -> Parsed:
    """Read the words after the command."""
    parsed = Parsed()
    known = _names(engine.options)
    rest = list(words[:MAX_WORDS])
    position = 0
    while position < len(rest):
        word = rest[position]
        position += 1
        text = word.text
        if engine.style is Style.PAIRS:
            _pair(parsed, known, word)
            continue
        if text in _NO_WORDS:
            continue
        if not text.startswith("-") or len(text) == 1:
            parsed.positionals.append(word)
            continue
        name, equals, inline = text.partition("=")
        option, member, negated = _option(engine, known, name, parsed, word)
        if option is None:
            takes = (
                engine.serves
                and position < len(rest)
                and not equals
                and not _dashed(rest[position])
            )
            following = rest[position] if takes else None
            position += following is not None
            parsed.unknown.append((word, word.part(inline) if equals else following))
            continue
        values: list[Word] = []
        if equals:
            values.append(word.part(inline))
        elif (
            option.means in _SWITCHES
            or negated
            or (option.means is Means.LOADING and not option.when)
        ):
            if position < len(rest) and rest[position].text.lower() in _TRUTH:
                values.append(rest[position])
                position += 1
        else:
            while (
                position < len(rest) and not _dashed(rest[position]) and (option.many or not values)
            ):
                values.append(rest[position])
                position += 1
        parsed.settings.append(Setting(option, word, tuple(values), member, negated))
    return parsed


def _dashed(word: Word) -> bool:
    return word.text.startswith("-") and len(word.text) > 1 and not word.text[1:2].isdigit()


def _pair(parsed: Parsed, known: dict[str, Option], word: Word) -> None:
    name, equals, value = word.text.partition("=")
    option = known.get(name.lstrip("-"))
    if equals and option is not None:
        parsed.settings.append(Setting(option, word, (word.part(value),)))
    elif not equals:
        parsed.positionals.append(word)


def _option(
    engine: Engine, known: dict[str, Option], name: str, parsed: Parsed, word: Word
) -> tuple[Option | None, str, bool]:
    if name in known:
        return known[name], "", False
    if engine.style is Style.EXACT:
        return _exact(known, name), "", False
    head, dot, member = name.partition(".")
    head = head if not head.startswith("--") else "--" + head[2:].replace("_", "-")
    member = member if dot else ""
    option = known.get(head) or known.get("--" + head[2:].replace("-", "_"))
    if option is not None:
        return option, member, False
    if head.startswith("--no-") and (option := known.get("--" + head[5:])) is not None:
        return option, "", True
    if head.startswith("--"):
        return _abbreviated(engine, head, parsed, word), member, False
    return _joined(known, name, parsed, word), "", False


def _exact(known: dict[str, Option], name: str) -> Option | None:
    """One dash or two, `_` or `-`: the spellings that such parsers take for one name."""
    dashes = len(name) - len(name.lstrip("-"))
    forms = (
        name[1:] if name.startswith("--") else f"-{name}",
        name.replace("_", "-"),
        name.replace("-", "_").replace("_", "-", dashes),
    )
    return next((known[form] for form in forms if form in known), None)


def _abbreviated(engine: Engine, head: str, parsed: Parsed, word: Word) -> Option | None:
    """argparse: any prefix that only one option has."""
    if len(head) <= _SHORTEST:
        return None
    names = _sorted_names(engine.options)
    position = bisect_left(names, head, key=itemgetter(0))
    candidates: list[Option] = []
    while position < len(names) and names[position][0].startswith(head):
        option = names[position][1]
        candidates += [option] if option not in candidates else []
        position += 1
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        parsed.ambiguous.append(word)
    return None


def _joined(known: dict[str, Option], name: str, parsed: Parsed, word: Word) -> Option | None:
    """`-mVALUE`: a short option with its value in one word."""
    option = known.get(name[:2]) if name[2:] else None
    if option is None or option.means in _SWITCHES:
        return None
    parsed.settings.append(Setting(option, word, (word.part(word.text[2:]),)))
    return Option((name,), Means.SWITCH)


def last(settings: Sequence[Setting], option: Option) -> Setting | None:
    """Of several the last one, as argparse takes it."""
    return next((s for s in reversed(settings) if s.option is option and not s.member), None)


def texts(setting: Setting) -> Iterator[Word]:
    """The setting's values one by one: separators and `name=` taken away."""
    for word in setting.values:
        yield from split_values(setting.option, word)


def split_values(option: Option, word: Word) -> Iterator[Word]:
    """One value as the references in it."""
    if option.separator == " ":
        parts = re.split(r"[\s,;]+", word.text)
    else:
        parts = word.text.split(option.separator) if option.separator else [word.text]
    for part in parts:
        value = part.strip()
        if option.keyed and "=" in value and not value.startswith(("{", "http://", "https://")):
            value = value.partition("=")[2]
        if value:
            yield word.part(value)
