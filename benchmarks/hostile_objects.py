"""What objects cost that are made to keep us busy: milliseconds of CPU for each shape, at three sizes.

    python -m benchmarks.hostile_objects

The aim is at most 50 ms for an object of up to a MiB, and 50 ms a MiB beyond. `tests/properties/test_inspection_work.py` holds
the same shapes to a number of calls, which does not depend on the machine.
"""

import sys
import time

from rich.console import Console
from rich.table import Table

from modeladmit.workloads.inspect import inspect_object
from tests.hostile_objects import SHAPES, Object, size

AIM = 50.0
NUMBERS = (200, 1_500, 10_000)
ROUNDS = 3


def milliseconds(obj: Object) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        inspect_object(obj)
        best = min(best, time.process_time() - start)
    return best * 1000


def main() -> int:
    """Print the table, the most expensive first; 1 when the aim is missed."""
    table = Table("shape", *(f"ms at {number:,}" for number in NUMBERS), "ms a MiB")
    rows = []
    for name, build in SHAPES.items():
        objects = [build(number) for number in NUMBERS]
        costs = [milliseconds(obj) for obj in objects]
        most = max(cost / size(obj) * (1 << 20) for cost, obj in zip(costs, objects, strict=True))
        rows.append((most, name, costs))
    for most, name, costs in sorted(rows, reverse=True):
        table.add_row(name, *(f"{cost:.1f}" for cost in costs), f"{most:.1f}")
    Console().print(table)
    return 0 if max(rows)[0] <= AIM else 1


if __name__ == "__main__":
    sys.exit(main())
