"""A progress bar on a terminal, nothing anywhere else."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modeladmit.cli.sizes import size_text
from modeladmit.sources.progress import SILENT, Progress

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID


@contextmanager
def drawn() -> Iterator[Progress]:
    """Draw on standard error, if a person looks at it."""
    if not sys.stderr.isatty():
        yield SILENT
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as RichProgress

    amount = TextColumn("{task.fields[amount]}", markup=False)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), amount)
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Drawing(bars)


class _Drawing:
    """Satisfies `sources.progress.Progress` with one bar a step."""

    def __init__(self, bars: "RichProgress") -> None:
        self._bars = bars
        self._stack: list[_Step] = []

    @contextmanager
    def step(self, what: str, total: int | None, *, unit: str = "bytes") -> Iterator[None]:
        """Show a bar while the step lasts."""
        step = _Step(self._bars.add_task(what, total=total, amount=""), total, unit)
        self._stack.append(step)
        try:
            yield
        finally:
            self._stack.remove(step)
            self._bars.remove_task(step.task)

    def advance(self, count: int) -> None:
        """Move the innermost bar."""
        if self._stack:
            step = self._stack[-1]
            step.done += count
            self._bars.update(step.task, advance=count, amount=step.amount)


@dataclass(eq=False, slots=True)
class _Step:
    task: "TaskID"
    total: int | None
    unit: str
    done: int = 0

    @property
    def amount(self) -> str:
        """`3/10`, `12.5 MB`."""
        shown = size_text if self.unit == "bytes" else str
        return shown(self.done) + ("" if self.total is None else f"/{shown(self.total)}")
