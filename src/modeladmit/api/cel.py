"""CEL, evaluated by Google's own implementation (cel-expr-python): type-checked when compiled, bounded when evaluated.

The evaluator stops after 10,000 loop steps and 32 levels of nesting, and regular expressions are RE2. What it does not
bound is memory: every value built in a loop lives until the evaluation ends. So a rule of a policy may loop or build
(`+`, `map`, `filter`, `exists_one`), never both, and what it reads is bounded before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from cel_expr_python import cel  # type: ignore[import-untyped]  # ships stubs without py.typed

MAX_NODES: Final = 100_000
"""Values in a predicate that rules are evaluated on at all."""
MAX_TEXT: Final = 1 << 20
"""Characters in all its texts together."""
MAX_DEPTH: Final = 64
MAX_LOOPED_TEXT: Final = 4096
"""Characters of its longest text, for a rule that matches expressions inside a loop: 10,000 times that is milliseconds."""

_LOOP: Final = b"@result"
"""The accumulator's name in every comprehension of a checked expression (cel-spec, checked.proto)."""
_BUILD: Final = b"_+_"
_MATCH: Final = b"matches"


@dataclass(frozen=True, slots=True)
class CelRule:
    """A compiled rule over `predicate`. Equal when its text and message are."""

    text: str
    message: str
    program: Any = field(repr=False, compare=False)
    looped_match: bool = False

    @classmethod
    def parse(cls, text: str, message: str) -> "CelRule":
        """Compile and check it. Raises ValueError with a reason for people."""
        program, looped_match = compile_rule(text)
        return cls(text, message, program, looped_match)

    def holds(self, predicate: Any) -> bool:
        """Whether it holds; a rule that cannot be evaluated does not."""
        size = _longest_text(predicate)
        if size is None or (self.looped_match and size > MAX_LOOPED_TEXT):
            return False
        return outcome(self.program, {"predicate": predicate}) is True


@lru_cache(maxsize=512)
def compile_rule(text: str) -> tuple[Any, bool]:
    """A program over `predicate`, and whether it matches expressions in a loop. Raises ValueError."""
    program = compiled(text, "predicate")
    checked = program.serialize()
    loops = _LOOP in checked
    if loops and _BUILD in checked:
        raise ValueError(
            "a rule may loop (all, exists) or build values (+, map, filter, exists_one), not both: its cost would have no bound"
        )
    return program, loops and _MATCH in checked


@lru_cache(maxsize=512)
def compiled(text: str, variable: str) -> Any:
    """Compile a boolean expression over one variable of any type. Raises ValueError with the compiler's words."""
    try:
        program = _environment(variable).compile(text)
    except RuntimeError as error:
        raise ValueError(_reason(str(error))) from None
    kind = program.return_type().name()
    if kind not in _BOOLEAN:
        raise ValueError(f"a rule must be true or false, and this is {kind}")
    return program


def outcome(program: Any, variables: Mapping[str, Any]) -> bool | None:
    """True, false, or None when it cannot be evaluated."""
    try:
        value = program.eval(data=dict(variables)).value()
    except (RuntimeError, TypeError, ValueError, OverflowError, MemoryError):
        return None
    return value if isinstance(value, bool) else None


@lru_cache(maxsize=4)
def _environment(variable: str) -> Any:
    return cel.NewEnv(variables={variable: cel.Type.DYN})


_BOOLEAN: Final = frozenset({cel.Type.BOOL.name(), cel.Type.DYN.name()})


def _reason(text: str) -> str:
    """The first line of the compiler's message: it speaks of the rule's own text and of nothing else."""
    line = text.partition("\n")[0]
    advice = "; a rule speaks of `predicate`" if "undeclared reference" in line else ""
    said = line.removeprefix("INVALID_ARGUMENT: ").removeprefix("ERROR: ")[:300]
    said = said.removesuffix(" (in container '')")
    return f"not CEL: {said}{advice}"


def _longest_text(value: Any) -> int | None:
    """Characters of the longest text in JSON data; None when the data is too large to look at."""
    longest = total = nodes = 0
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        nodes += 1
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            return None
        texts: list[str] = []
        match item:
            case str():
                texts = [item]
            case Mapping():
                texts = [key for key in item if isinstance(key, str)]
                waiting += [(child, depth + 1) for child in item.values()]
            case list() | tuple():
                waiting += [(child, depth + 1) for child in item]
        for text in texts:
            longest, total = max(longest, len(text)), total + len(text)
        if total > MAX_TEXT or len(waiting) > MAX_NODES:
            return None
    return longest
