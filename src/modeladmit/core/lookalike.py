"""Names that a person may take for a trusted one: typosquatting, homoglyphs, separators, owner swaps.

A reference that no pattern covers, but that resembles what a pattern names, is a finding of its own, so that the
denial says which original was probably meant.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from modeladmit.core.patterns import ModelPattern
from modeladmit.core.reference import Reference

_GLYPHS: Final = str.maketrans(
    {
        "0": "o",
        "1": "l",
        "i": "l",
        "|": "l",
        "5": "s",
        "3": "e",
        "4": "a",
        "7": "t",
        "8": "b",
        "9": "g",
    }
)
_LETTERS: Final = {
    ord(letter): latin
    for latin, letters in {
        "a": "\u0430\u03b1\u0251", "b": "\u0432\u03b2", "c": "\u0441", "d": "\u0501", "e": "\u0435\u03b5", "g": "\u0261", "h": "\u04bb",
        "i": "\u0456\u03b9\u0131", "j": "\u0458", "k": "\u043a\u03ba", "l": "\u04cf", "m": "\u043c", "n": "\u043f\u03b7\u0578", "o": "\u043e\u03bf",
        "p": "\u0440\u03c1", "q": "\u051b", "r": "\u0433", "s": "\u0455", "t": "\u0442\u03c4", "u": "\u03c5", "v": "\u03bd", "w": "\u051d\u03c9",
        "x": "\u0445\u03c7", "y": "\u0443\u03b3",
    }.items()
    for letter in letters
}  # fmt: skip
"""Cyrillic, Greek and other letters that look like Latin ones (UTS #39, confusables.txt)."""
_SEPARATORS: Final = re.compile(r"[-_.]+")
_SHORT: Final = 5
"""Names shorter than this are too often one letter apart by nature."""
_LONG: Final = 10
_NUMBERS: Final = re.compile(r"[0-9]+(?:[-_.]?[0-9]+)*")


def lookalike(
    reference: Reference, patterns: Iterable[ModelPattern], namespace: str | None = None
) -> str | None:
    """The address that the reference probably imitates, or None. Never for what a pattern covers."""
    kept = [pattern for pattern in patterns if pattern.scheme == reference.scheme]
    if any(pattern.matches(reference, namespace) for pattern in kept):
        return None
    name = reference.address.partition("://")[2].strip("/").split("/")
    last = len(name) - 1
    for pattern in kept:
        for position, literal in enumerate(pattern.literal_segments[: len(name)]):
            if literal is None:
                break
            if literal == name[position]:
                continue
            if position == last and position > 0 and _is_version(literal, name[position]):
                break
            if confusable(literal, name[position]):
                original = (*name[:position], literal, *name[position + 1 :])
                return f"{pattern.scheme}://{'/'.join(original)}"
            break
    return None


def _is_version(original: str, other: str) -> bool:
    """Whether two names of one owner differ in numbers only: releases and sizes, `Llama-3.1-8B` and `Llama-3.2-70B`."""
    return _NUMBERS.sub("0", original) == _NUMBERS.sub("0", other)


def confusable(original: str, other: str) -> bool:
    """Whether two different names look or read alike."""
    if original == other:
        return False
    left, right = skeleton(original), skeleton(other)
    if left == right:
        return True
    if sorted(_SEPARATORS.split(original.casefold())) == sorted(
        _SEPARATORS.split(other.casefold())
    ):
        return True
    length = min(len(left), len(right))
    if length < _SHORT:
        return False
    return _within(left, right, 2 if length >= _LONG else 1)


def skeleton(name: str) -> str:
    """A form in which look-alikes are equal (in the manner of UTS #39, section 4)."""
    shown = ".".join(_shown(label) for label in name.casefold().split("."))
    decomposed = unicodedata.normalize("NFKD", shown)
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    plain = plain.translate(_LETTERS)
    plain = _SEPARATORS.sub("", plain).replace("rn", "m").replace("vv", "w").replace("cl", "d")
    return plain.translate(_GLYPHS)


def _shown(label: str) -> str:
    """A host label as browsers show it (RFC 3492); what is no Punycode stays as it is."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _within(left: str, right: str, limit: int) -> bool:
    """Optimal string alignment distance (insert, delete, replace, swap neighbours) at most `limit`."""
    if abs(len(left) - len(right)) > limit:
        return False
    before: list[int] = []
    previous = list(range(len(right) + 1))
    for row, character in enumerate(left, start=1):
        if min(previous) > limit:
            return False
        current = [row]
        for column, other in enumerate(right, start=1):
            cost = min(
                previous[column] + 1, current[-1] + 1, previous[column - 1] + (character != other)
            )
            if row > 1 and column > 1 and character == right[column - 2] and left[row - 2] == other:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before, previous = previous, current
    return previous[-1] <= limit
