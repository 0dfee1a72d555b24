"""Text whose origin is remembered: what is known, what is not, and what may change after admission.

A value that cannot be known (a Secret, an undefined variable, a command substitution) is carried through expansion,
shell and parsers as one private-use character, its *marker*; a value that is known but lives in a mutable carrier is
preceded by one. So ordinary string operations keep the origin, and nobody can compute it away.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Carrier, UndeterminedReason

_FIRST: Final = 0xF0000
_LAST: Final = 0xFFFFD
MARKERS: Final = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")


def marked(text: str) -> bool:
    """Whether something unknown, or the carrier of something known, stands in the text."""
    return not text.isascii() and MARKERS.search(text) is not None


TOO_MANY: Final = chr(_LAST)
"""Stands for the values beyond those that are followed one by one."""
MAX_TEXT: Final = 1 << 16
"""Characters of one argument, value or script that are read. Longer text is undetermined."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a piece of text comes from."""

    name: str
    """For people: `Secret hf/token`, `$MODEL`, `$(curl …)`."""
    reason: UndeterminedReason
    known: bool = False
    """Whether the text itself follows the marker; then only its carrier matters."""
    carrier: Carrier = Carrier.OBJECT
    field: FieldPath | None = None


_BEYOND: Final = Origin("one of more values than are followed", UndeterminedReason.LIMIT)


@dataclass(slots=True)
class Ledger:
    """All origins met while one object is read."""

    origins: list[Origin] = field(default_factory=list)
    _known: dict[Origin, str] = field(default_factory=dict)

    def marker(self, origin: Origin) -> str:
        """The character that stands for this origin."""
        if origin in self._known:
            return self._known[origin]
        if len(self.origins) > _LAST - _FIRST - 1:
            return TOO_MANY
        self.origins.append(origin)
        self._known[origin] = marker = chr(_FIRST + len(self.origins) - 1)
        return marker

    def origin(self, marker: str) -> Origin:
        """What a marker stands for."""
        if marker == TOO_MANY:
            return _BEYOND
        index = ord(marker) - _FIRST
        if index < len(self.origins):
            return self.origins[index]
        return Origin("text with reserved characters", UndeterminedReason.INVALID)

    def readable(self, value: object) -> str:
        """A scalar as the text that a program would see.

        Reserved characters are replaced, so that nobody can forge a marker; text over the limit becomes one.
        """
        if isinstance(value, str):
            if len(value) > MAX_TEXT:
                return self.marker(
                    Origin(f"text of {len(value)} characters", UndeterminedReason.LIMIT)
                )
            return value if value.isascii() else MARKERS.sub("\ufffd", value)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value) if -(1 << 64) < value < 1 << 64 else ""
        return repr(value) if isinstance(value, float) else ""

    def word(
        self,
        raw: str,
        at: FieldPath,
        *,
        span: tuple[int, int] | None = None,
        file: Origin | None = None,
        whole: bool = False,
    ) -> "Word":
        """Text with its origins looked up. `file` is the origin of a script that the whole text was read from."""
        if file is None and raw.isascii():
            return Word(raw, at, span, (), whole)
        found = [] if file is None else [file]
        if not raw.isascii():
            found += [self.origin(marker) for marker in dict.fromkeys(MARKERS.findall(raw))]
        known = {o for o in found if o.known}
        text = (
            MARKERS.sub(lambda m: "" if self.origin(m[0]) in known else m[0], raw)
            if known and not raw.isascii()
            else raw
        )
        return Word(text, at, span, tuple(found), whole)


@dataclass(frozen=True, slots=True)
class Word:
    """One piece of text that the object, or something it points to, hands to a program."""

    text: str
    """Markers stay where something unknown stands."""
    field: FieldPath
    span: tuple[int, int] | None = None
    """Which characters of the field's text, when it is a part of a script that stands there literally."""
    origins: tuple[Origin, ...] = ()
    whole: bool = False
    """Whether the field is a list element that holds this word alone."""

    @property
    def unknown(self) -> Origin | None:
        """The first thing in it that is not known, if any."""
        if not self.origins:
            return None
        return next((origin for origin in self.origins if not origin.known), None)

    @property
    def mutable(self) -> Origin | None:
        """The first mutable carrier behind it, if any."""
        if not self.origins:
            return None
        return next((origin for origin in self.origins if origin.carrier.mutable), None)

    def part(self, text: str) -> "Word":
        """A piece of this word: same place, same origins unless the piece has none of its own."""
        origins = self.origins
        if origins and self.unknown is not None and not marked(text):
            origins = tuple(o for o in origins if o.known)
        return Word(text, self.field, self.span, origins, self.whole and text == self.text)

    def at(self, other: "Word", *, whole: bool) -> "Word":
        """This text, said by what stands in another place."""
        return Word(self.text, other.field, other.span, self.origins, whole)

    def shown(self) -> str:
        """For messages: unknown pieces as an ellipsis, bounded, one line."""
        text = self.text[:200]
        if text.isascii() and text.isprintable():
            return text
        return " ".join(MARKERS.sub("…", text).split())
