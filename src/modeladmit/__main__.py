"""The console scripts `modeladmit` and `kubectl-modeladmit` (`kubectl modeladmit`), and `python -m modeladmit`."""

import gc
from typing import NoReturn

_ALLOCATIONS = 50_000
"""Objects between two collections. Streams of manifests make millions that live to the end; looking at each again and again
takes a tenth of the time."""


def run() -> NoReturn:
    """Run the command line and exit with its code."""
    gc.set_threshold(_ALLOCATIONS, 20, 50)
    from modeladmit.cli.app import main

    raise SystemExit(main())


if __name__ == "__main__":
    run()
