"""How far long work is, on a terminal."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from modeladmit.cli.progress import _Drawing, drawn
from modeladmit.sources.progress import SILENT


@pytest.fixture
def bars():
    return Progress(console=Console(file=io.StringIO()), disable=True)


@pytest.mark.parametrize(
    ("total", "unit", "expected"),
    [(10, "", "3/10"), (None, "", "3"), (2_000_000, "bytes", "3 B/2 MB"), (None, "bytes", "3 B")],
)
def test_amounts(bars, total, unit, expected):
    """Things are counted, bytes have units, and an unknown total is not guessed."""
    drawing = _Drawing(bars)
    with drawing.step("work", total, unit=unit):
        drawing.advance(3)
        (task,) = bars.tasks
        assert (expected, 3) == (task.fields["amount"], task.completed)
    assert [] == bars.tasks


def test_the_innermost_step_moves(bars):
    drawing = _Drawing(bars)
    with drawing.step("outer", 2, unit=""), drawing.step("inner", 2, unit=""):
        drawing.advance(1)
        assert [0, 1] == [task.completed for task in bars.tasks]


def test_nothing_is_drawn_where_nobody_looks():
    """Standard error of a test is no terminal."""
    with drawn() as progress:
        assert SILENT is progress
