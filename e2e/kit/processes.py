"""Servers that run beside the tests: on a leash, with a log each, ended together."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from e2e.kit import leash
from e2e.kit.waiting import until


class ServerError(Exception):
    """A server did not come up or ended on its own; the text has the end of its log."""


def leashed(program: Path | str, *arguments: Path | str) -> tuple[str, ...]:
    """Return the command line that runs a program which dies with this process (see `leash`)."""
    leash_command = (sys.executable, "-I", "-S", leash.__file__, str(os.getpid()))
    return (*leash_command, str(program), *map(str, arguments))


class Server:
    """One running program. Start it from a thread that outlives it (see `leash`)."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self._popen = popen

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    def output(self) -> str:
        """Return everything that it printed, both streams."""
        return self.log.read_text(errors="replace")

    def wait_for(self, ready: Callable[[], bool], *, seconds: float = 60) -> None:
        """Wait until `ready` says yes; `ServerError` when the program ends or the time is over."""

        def ready_or_ended() -> bool:
            return not self.running or ready()

        with contextlib.suppress(TimeoutError):
            until(ready_or_ended, what=f"{self.name} ready", seconds=seconds)
            if self.running:
                return
        state = "not ready in time" if self.running else f"ended with code {self._popen.returncode}"
        raise ServerError(f"{self.name}: {state}; the end of {self.log}:\n{self.output()[-3000:]}")

    def pause(self) -> None:
        """Stop scheduling it: it accepts connections and never answers."""
        self._popen.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._popen.send_signal(signal.SIGCONT)

    def terminate(self, *, seconds: float = 30) -> int:
        """Ask it to end (SIGTERM) and return its exit code."""
        self._popen.terminate()
        return self._popen.wait(seconds)

    def kill(self) -> None:
        """End it and what it started: a program may be only the parent of the server."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()


class Servers:
    """The servers of one fixture; leaving the context kills them, last started first."""

    def __init__(self, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._servers: dict[str, Server] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for server in reversed(self._servers.values()):
            server.kill()

    def __getitem__(self, name: str) -> Server:
        return self._servers[name]

    def start(
        self,
        name: str,
        program: Path | str,
        *arguments: str | Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> Server:
        """Start a program; `env` adds to the environment. A name can be used again once its server ended."""
        if name in self._servers and self._servers[name].running:
            raise ServerError(f"{name} runs already")
        log = self._logs / f"{name}.log"
        with log.open("ab") as output:
            popen = subprocess.Popen(
                leashed(program, *arguments),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(env or {})},
                cwd=cwd,
                start_new_session=True,  # Ctrl-C reaches the tests first, who then end it
            )
        self._servers.pop(name, None)
        self._servers[name] = Server(name, popen, log)
        return self._servers[name]
