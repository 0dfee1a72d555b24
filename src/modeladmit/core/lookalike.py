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
_SEPARATORS: Final = re.compile(r"[-_.]+")
_SHORT: Final = 5
"""Names shorter than this are too often one letter apart by nature."""
_LONG: Final = 10


def lookalike(
    reference: Reference, patterns: Iterable[ModelPattern], namespace: str | None = None
) -> str | None:
    """The address that the reference probably imitates, or None. Never for what a pattern covers."""
    kept = [pattern for pattern in patterns if pattern.scheme == reference.scheme]
    if any(pattern.matches(reference, namespace) for pattern in kept):
        return None
    name = reference.address.partition("://")[2].strip("/").split("/")
    for pattern in kept:
        for position, literal in enumerate(pattern.literal_segments[: len(name)]):
            if literal is None:
                break
            if literal == name[position]:
                continue
            if confusable(literal, name[position]):
                original = (*name[:position], literal, *name[position + 1 :])
                return f"{pattern.scheme}://{'/'.join(original)}"
            break
    return None


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
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    plain = _SEPARATORS.sub("", plain).replace("rn", "m").replace("vv", "w").replace("cl", "d")
    return plain.translate(_GLYPHS)


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
