"""A progress bar on a terminal, nothing anywhere else."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from modeladmit.sources.progress import SILENT, Progress

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress


@contextmanager
def drawn() -> Iterator[Progress]:
    """Draw on standard error, if a person looks at it."""
    if not sys.stderr.isatty():
        yield SILENT
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as RichProgress

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _Drawing(bars)


class _Drawing:
    """Satisfies `sources.progress.Progress` with one bar a step."""

    def __init__(self, bars: "RichProgress") -> None:
        self._bars = bars
        self._stack: list[object] = []

    @contextmanager
    def step(self, what: str, total: int | None) -> Iterator[None]:
        """Show a bar while the step lasts."""
        task = self._bars.add_task(what, total=total)
        self._stack.append(task)
        try:
            yield
        finally:
            self._stack.remove(task)
            self._bars.remove_task(task)

    def advance(self, count: int) -> None:
        """Move the innermost bar."""
        if self._stack:
            self._bars.advance(self._stack[-1], count)  # type: ignore[arg-type] # a TaskID, which rich does not export at run time
