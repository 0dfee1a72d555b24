"""The console scripts `modeladmit` and `kubectl-modeladmit` (`kubectl modeladmit`), and `python -m modeladmit`."""

from typing import NoReturn


def run() -> NoReturn:
    """Run the command line and exit with its code."""
    from modeladmit.cli.app import main

    raise SystemExit(main())


if __name__ == "__main__":
    run()
