"""A click group whose commands are imported when they run, and whose help needs none of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """Where a command lives, and the line that `--help` prints for it."""

    module: str
    summary: str
    hidden: bool = False
    """Left out of help and completion."""


class LazyGroup(click.Group):
    """Looks commands up in a table of entries; each module calls its command `command`."""

    def __init__(
        self, *args: Any, entries: Mapping[str, CommandEntry] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.entries = dict(entries or {})

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Names in the order of the table: what people use first stands first."""
        return [name for name, entry in self.entries.items() if not entry.hidden]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the command's module."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        found = import_module(entry.module).command
        if not isinstance(found, click.Command):
            raise TypeError(f"{entry.module}.command is no command")
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was probably meant."""
        name = args[0]
        if name not in self.entries and not name.startswith("-"):
            close = get_close_matches(name, self.entries, n=1, cutoff=0.5)
            hint = f" Did you mean `{ctx.command_path} {close[0]}`?" if close else ""
            ctx.fail(f"there is no command `{name}`.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, entry.summary) for name, entry in self.entries.items() if not entry.hidden]
            )
