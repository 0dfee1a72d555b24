"""Run one command of a real client to its end."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from e2e.kit.processes import leashed


class CommandError(AssertionError):
    """A command ended with an error; the text is its command line and what it printed."""


def run(
    program: Path | str,
    *arguments: str | Path,
    input: str | None = None,  # noqa: A002
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    check: bool = True,
    seconds: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Run a program; `env` adds to the environment. `CommandError` when it fails, unless `check` is false."""
    done = subprocess.run(
        leashed(program, *arguments),
        input=input or "",
        env={**os.environ, **(env or {})},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if check and done.returncode:
        line = " ".join((Path(program).name, *map(str, arguments)))
        raise CommandError(f"{line}: code {done.returncode}\n{done.stdout}{done.stderr}")
    return done
