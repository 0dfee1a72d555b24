"""How much work an object can make: counted in calls, because a clock tells something else on every machine."""

import sys

import pytest

from modeladmit.workloads.inspect import inspect_object
from tests.hostile_objects import SHAPES, Object, size

MOST = 1_300_000
"""Calls and returns, of Python and of C, for an object of up to a MiB: what 50 ms are enough for."""


REMEMBERED = [
    thing
    for name, module in list(sys.modules.items())
    if name.startswith("modeladmit.")
    for thing in vars(module).values()
    if hasattr(thing, "cache_clear")
]


def calls(shape: str, number: int) -> tuple[int, Object]:
    """Calls and returns while an object is read: what tables are compiled to is there, what it says is new."""
    for function in REMEMBERED:
        function.cache_clear()
    inspect_object(SHAPES[shape](20))
    obj = SHAPES[shape](number)
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        inspect_object(obj)
    finally:
        sys.setprofile(before)
    return count, obj


@pytest.mark.parametrize("number", [200, 1_500, 6_000])
@pytest.mark.parametrize("shape", SHAPES)
def test_no_object_makes_more_work_than_its_size_allows(shape, number):
    """Whatever is repeated: what lies beyond a bound is undetermined, and is not read."""
    made, obj = calls(shape, number)
    assert made <= MOST * size(obj) / (1 << 20)


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_as_much_makes_at_most_twice_the_work(shape):
    """Nothing is compared with everything. A quarter is allowed for what is done once."""
    (small, _), (large, _) = calls(shape, 150), calls(shape, 300)
    assert large <= 2.5 * small
