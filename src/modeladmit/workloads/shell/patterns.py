"""POSIX parameter expansion on known text: `${V#*/}`, `${V%.*}`, `${V/a/b}`, `${V:1:2}`, `${V^^}`.

POSIX.1-2024, Shell Command Language, section 2.6.2; the rest is bash's.
"""

import re
from functools import lru_cache
from typing import Final

MAX_WILDCARDS: Final = 2
"""More could take a regular expression long; the result is then unknown."""
MAX_LENGTH: Final = 512


@lru_cache(maxsize=512)
def _expression(pattern: str, *, greedy: bool) -> re.Pattern[str] | None:
    if pattern.count("*") > MAX_WILDCARDS or "[" in pattern or len(pattern) > 256:  # noqa: PLR2004 - long patterns are no prefixes
        return None
    star = ".*" if greedy else ".*?"
    parts: list[str] = []
    escaped = False
    for character in pattern:
        if escaped or character not in "*?\\":
            parts.append(re.escape(character))
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            parts.append(star if character == "*" else ".")
    return re.compile("".join(parts), re.DOTALL)


def trimmed(text: str, operator: str, pattern: str) -> str | None:
    """Remove the shortest or longest matching prefix or suffix; None when that is not computed."""
    expression = _expression(pattern, greedy=len(operator) == 2)  # noqa: PLR2004 - `##` and `%%`
    if expression is None or len(text) > MAX_LENGTH:
        return None
    if operator.startswith("#"):
        match = expression.match(text)
        return text if match is None else text[match.end() :]
    starts = range(len(text) + 1) if len(operator) == 2 else range(len(text), -1, -1)  # noqa: PLR2004
    for start in starts:
        if expression.fullmatch(text, start):
            return text[:start]
    return text


def replaced(text: str, operator: str, pattern: str, replacement: str) -> str | None:
    """`${V/pattern/replacement}`, `//` for all, `/#` and `/%` anchored; None when that is not computed."""
    expression = _expression(pattern, greedy=True)
    if expression is None or len(text) > MAX_LENGTH or not pattern:
        return None
    if operator == "/#":
        match = expression.match(text)
        return text if match is None else replacement + text[match.end() :]
    if operator == "/%":
        return None
    return expression.sub(lambda _: replacement, text, count=0 if operator == "//" else 1)


def cased(text: str, operator: str) -> str:
    """`${V^^}`, `${V,,}`, `${V^}`, `${V,}`."""
    match operator:
        case "^^":
            return text.upper()
        case ",,":
            return text.lower()
        case "^":
            return text[:1].upper() + text[1:]
        case _:
            return text[:1].lower() + text[1:]


def sliced(text: str, offset: str, length: str) -> str | None:
    """`${V:offset:length}` with plain numbers."""
    if not re.fullmatch(r"\s*-?\d{1,6}\s*", offset) or (
        length and not re.fullmatch(r"\d{1,6}", length)
    ):
        return None
    start = int(offset)
    tail = text[start:] if start >= 0 else text[max(0, len(text) + start) :]
    return tail[: int(length)] if length else tail
