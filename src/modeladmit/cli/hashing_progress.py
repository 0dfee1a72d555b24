"""A progress bar for hashing, on a terminal only: logs of init containers stay readable."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

Counter = Callable[[int], None]


@contextmanager
def hashing_progress(title: str) -> Iterator[Callable[[int], Counter] | None]:
    """Gives a function that takes the total in bytes and returns the counter; None where nobody watches."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:

        def start(total: int) -> Counter:
            task = bar.add_task(title, total=total)
            return lambda count: bar.advance(task, count)

        yield start
