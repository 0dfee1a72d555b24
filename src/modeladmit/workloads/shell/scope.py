"""What the variables of a script may hold at one point.

A value is a tuple of words (a scalar has one); what may have several values (set in a branch) has several alternatives.
"""

import itertools
from collections.abc import Sequence
from typing import Final

from modeladmit.workloads.text import TOO_MANY

Value = tuple[str, ...]
Alternatives = tuple[Value, ...]
MAX_ALTERNATIVES: Final = 12
MAX_PARAMETERS: Final = 1024
NOTHING: Final[Alternatives] = ((),)


def given_words(words: Sequence[str]) -> list[Alternatives]:
    """Words as positional parameters; what is beyond them stays visible as one that is not known."""
    given: list[Alternatives] = [((word,),) for word in words[:MAX_PARAMETERS]]
    return given if len(words) <= MAX_PARAMETERS else [*given, ((TOO_MANY,),)]


class Scope:
    """Variables and positional parameters as they are at one point. A branch has a scope of its own around the outer one."""

    __slots__ = ("changes", "outer", "own", "parameters")

    def __init__(
        self, parameters: list[Alternatives] | None = None, outer: "Scope | None" = None
    ) -> None:
        self.own: dict[str, Alternatives] = {}
        self.outer = outer
        self.changes: list[int] = [0] if outer is None else outer.changes
        """How often any scope of the script was changed: what was computed from one holds until then."""
        self.parameters: list[Alternatives] = list(
            outer.parameters if outer is not None else parameters or []
        )

    def get(self, name: str) -> Alternatives | None:
        """What a variable holds, or None when the script has not set it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.own:
                return scope.own[name]
            scope = scope.outer
        return None

    def set(self, name: str, found: Alternatives) -> None:
        """Set a variable."""
        self.own[name] = limited(found)
        self.changes[0] += 1

    def branch(self) -> "Scope":
        """A scope for what may or may not happen."""
        return Scope(outer=self)

    def all(self) -> dict[str, Alternatives]:
        """Every variable."""
        chain: list[Scope] = []
        scope: Scope | None = self
        while scope is not None:
            chain.append(scope)
            scope = scope.outer
        return {name: found for one in reversed(chain) for name, found in one.own.items()}

    def join(self, *branches: "Scope") -> None:
        """After branches of this scope: what they leave different has every one of their values."""
        for name in dict.fromkeys(name for branch in branches for name in branch.own):
            found: dict[Value, None] = {}
            for branch in branches:
                for value in branch.get(name) or ():
                    found.setdefault(value)
            self.set(name, tuple(found))


def limited(found: Alternatives) -> Alternatives:
    """No more alternatives than are followed; what is beyond them stays visible as one that is not known."""
    return (
        found if len(found) <= MAX_ALTERNATIVES else (*found[: MAX_ALTERNATIVES - 1], (TOO_MANY,))
    )


def glued(left: Alternatives, right: Alternatives) -> Alternatives:
    """Two parts of one word side by side."""
    return limited(
        tuple(
            (*a[:-1], a[-1] + b[0], *b[1:]) if a and b else a or b
            for a, b in itertools.product(left, right)
        )
    )
