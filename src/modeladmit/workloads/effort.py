"""How much reading one object may cost: steps in all, and levels at a time. Counted, not timed, so that it never varies.

Shell in Python in shell shares one budget: what calls itself, or text that makes more text, ends where the budget does.
"""

from dataclasses import dataclass
from typing import Final

MAX_STEPS: Final = 6000
"""Statements and expressions; scripts that people write take a few hundred."""
MAX_NESTING: Final = 40
"""Levels, each a handful of Python frames: far from the interpreter's own limit, whoever calls."""


@dataclass(slots=True)
class Effort:
    """What is left for one object."""

    steps: int = MAX_STEPS
    nesting: int = 0

    def enter(self, cost: int = 1) -> bool:
        """Go one level deeper, if that is allowed. Whoever is told so must `leave`."""
        self.steps -= cost
        if self.steps < 0 or self.nesting >= MAX_NESTING:
            return False
        self.nesting += 1
        return True

    def leave(self) -> None:
        """Come back from a level."""
        self.nesting -= 1

    def spend(self, cost: int) -> None:
        """Pay for work that is not a level."""
        self.steps -= cost

    def afford(self, cost: int) -> bool:
        """Pay for work that may be left undone; whether there was enough."""
        self.steps -= cost
        return self.steps >= 0
