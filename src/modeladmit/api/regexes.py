"""Regular expressions from policies: RE2 (linear time, bounded memory), always matched against the whole text."""

from dataclasses import dataclass, field
from typing import Any, Final, Self

import re2  # type: ignore[import-untyped]  # has no stubs

from modeladmit.core.authority import ExactText, TextMatcher

_MAX_MEMORY: Final = 1 << 20
"""Bytes for one compiled expression: `(((a{9}){9}){9}){9}` is refused instead of compiled."""
_MAX_TEXT: Final = 4096
"""Characters of a text that is matched at all; certificate names and claims are far shorter."""


def _options() -> Any:
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    return options


@dataclass(frozen=True, slots=True)
class RegExpText:
    """A compiled expression; equal when its text is."""

    pattern: str
    compiled: Any = field(repr=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Compile an expression. Raises ValueError."""
        return cls(text, compile_regex(text))

    def matches(self, text: str) -> bool:
        """Whether the whole text matches. Newlines are characters like others and never end it."""
        return len(text) <= _MAX_TEXT and self.compiled.fullmatch(text) is not None

    def __str__(self) -> str:
        return f"/{self.pattern}/"


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of several matchers."""

    matchers: tuple[TextMatcher, ...]

    def matches(self, text: str) -> bool:
        """Whether one of them matches."""
        return any(matcher.matches(text) for matcher in self.matchers)

    def __str__(self) -> str:
        return " or ".join(str(matcher) for matcher in self.matchers)


def compile_regex(text: str) -> Any:
    """Compile an expression. Raises ValueError with a reason of our own."""
    try:
        return re2.compile(text, _OPTIONS)
    except re2.error:
        raise ValueError(
            "not a regular expression in RE2 syntax (no look-around, no back-references), or too large"
        ) from None


def matcher(exact: str | None, pattern: str | None) -> TextMatcher | None:
    """The matcher that a pair of fields such as `subject` and `subjectRegExp` describes; None for neither."""
    if exact is not None:
        return ExactText(exact)
    return RegExpText.parse(pattern) if pattern is not None else None


_OPTIONS: Final = _options()
