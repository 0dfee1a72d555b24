"""How long work tells how far it is. The command line draws it; servers stay silent."""

from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol


class Progress(Protocol):
    """A stack of steps, the innermost of which moves."""

    def step(
        self, what: str, total: int | None, *, unit: str = "bytes"
    ) -> AbstractContextManager[object]:
        """Enter a step; `total` is in `unit`, None when nobody knows."""
        ...

    def advance(self, count: int) -> None:
        """Another `count` is done."""
        ...


class _Silent:
    def step(
        self,
        what: str,  # noqa: ARG002
        total: int | None,  # noqa: ARG002
        *,
        unit: str = "bytes",  # noqa: ARG002
    ) -> AbstractContextManager[object]:
        return nullcontext()

    def advance(self, count: int) -> None:
        """Nothing is drawn."""


SILENT: Final[Progress] = _Silent()
