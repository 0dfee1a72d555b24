"""How long work tells how far it is. The command line draws it; servers stay silent."""

from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol


class Progress(Protocol):
    """A stack of steps, the innermost of which moves."""

    def step(self, what: str, total: int | None) -> AbstractContextManager[object]:
        """Enter a step; `total` is in bytes, None when nobody knows."""
        ...

    def advance(self, count: int) -> None:
        """Another `count` bytes are done."""
        ...


class _Silent:
    def step(self, what: str, total: int | None) -> AbstractContextManager[object]:  # noqa: ARG002
        return nullcontext()

    def advance(self, count: int) -> None:
        """Nothing is drawn."""


SILENT: Final[Progress] = _Silent()
