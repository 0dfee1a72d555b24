"""Where something stands in a Kubernetes object: `spec.containers[0].args[3]`.

Prints as the API server prints field paths, and as a JSON Pointer (RFC 6901) for patches.
"""

import re
from dataclasses import dataclass
from typing import Final, Self

from modeladmit.errors import InvalidFieldPath

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_TOKEN: Final = re.compile(
    r"\.?([A-Za-z_][A-Za-z0-9_-]*)|\[(0|[1-9][0-9]{0,8})\]|\[\"((?:[^\"\\]|\\.)*)\"\]", re.DOTALL
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
MAX_STEPS: Final = 512


@dataclass(frozen=True, slots=True)
class FieldPath:
    """Steps from the root of an object: keys are strings, list positions are integers."""

    steps: tuple[str | int, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `str()` prints. Raises InvalidFieldPath."""
        steps: list[str | int] = []
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if not match or len(steps) >= MAX_STEPS or (match[0].startswith(".") and position == 0):
                raise InvalidFieldPath(f"not a field path at character {position}")
            name, index, quoted = match.groups()
            if name is not None and position > 0 and not match[0].startswith("."):
                raise InvalidFieldPath(f"not a field path at character {position}")
            steps.append(
                name if name is not None else int(index) if index else _ESCAPED.sub(r"\1", quoted)
            )
            position = match.end()
        return cls(tuple(steps))

    def __truediv__(self, step: str | int) -> "FieldPath":
        return FieldPath((*self.steps, step))

    def __add__(self, other: "FieldPath") -> "FieldPath":
        return FieldPath((*self.steps, *other.steps))

    @property
    def order(self) -> tuple[tuple[int, str], ...]:
        """Sort key: the order of the object, `containers[2]` before `containers[10]`."""
        return tuple((step, "") if isinstance(step, int) else (-1, step) for step in self.steps)

    @property
    def pointer(self) -> str:
        """RFC 6901, for JSON Patch."""
        return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in self.steps)

    def __str__(self) -> str:
        parts: list[str] = []
        for step in self.steps:
            if isinstance(step, int):
                parts.append(f"[{step}]")
            elif _PLAIN.fullmatch(step):
                parts.append(f".{step}" if parts else step)
            else:
                escaped = step.replace("\\", "\\\\").replace('"', '\\"')
                parts.append(f'["{escaped}"]')
        return "".join(parts)


ROOT: Final = FieldPath()
