"""How much reading one object may cost: steps in all, and levels at a time. Counted, not timed, so that it never varies.

Shell in Python in shell shares one budget: what calls itself, or text that makes more text, ends where the budget does.
"""

from dataclasses import dataclass
from typing import Final

MAX_STEPS: Final = 6000
"""Statements and expressions; scripts that people write take a few hundred."""
MAX_NESTING: Final = 40
"""Levels, each a handful of Python frames: far from the interpreter's own limit, whoever calls."""


MAX_WORDS: Final = 8192
"""Words of all commands, arguments and option lists; a container has a few dozen."""
MAX_PARTS: Final = 6000
"""Maps, lists and scalars of all configuration files and other text that is parsed as YAML."""
MAX_CONTAINERS: Final = 128
"""Maps that custom resources use as containers."""


@dataclass(slots=True)
class Effort:
    """What is left for one object."""

    steps: int = MAX_STEPS
    nesting: int = 0
    words: int = MAX_WORDS
    parts: int = MAX_PARTS
    containers: int = MAX_CONTAINERS

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

    def take_words(self, wanted: int) -> int:
        """How many more words may be read."""
        taken = min(wanted, self.words)
        self.words -= taken
        return taken

    def take_document(self, text: str) -> bool:
        """Pay for text that becomes maps and lists: parsing costs by what it makes, not by its length."""
        self.parts -= 1 + sum(text.count(sign) for sign in "\n,:[{")
        return self.parts >= 0

    def take_container(self) -> bool:
        """Whether one more container may be read."""
        self.containers -= 1
        return self.containers >= 0

    def spend(self, cost: int) -> None:
        """Pay for work that is not a level."""
        self.steps -= cost

    def afford(self, cost: int) -> bool:
        """Pay for work that may be left undone; whether there was enough."""
        self.steps -= cost
        return self.steps >= 0
