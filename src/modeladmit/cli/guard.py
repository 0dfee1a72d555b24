"""`modeladmit guard --expect DIGEST PATH [-- COMMAND…]`: re-hash what is mounted, then exit 0 or become the server."""

import os
import signal
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from modeladmit.cli.exits import Exit
from modeladmit.cli.hashing_progress import hashing_progress
from modeladmit.core.digest import Digest
from modeladmit.errors import EvidenceError, InvalidDigest
from modeladmit.guard.measurement import measure

_SHOWN = 20


@click.command(
    "guard", context_settings={"ignore_unknown_options": False, "allow_interspersed_args": False}
)
@click.option(
    "--expect",
    required=True,
    metavar="DIGEST",
    help="The content digest that admission verified, sha256:…",
)
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("command_line", nargs=-1, metavar="[-- COMMAND…]")
@click.pass_context
def command(ctx: click.Context, expect: str, path: Path, command_line: tuple[str, ...]) -> None:
    """Hash every byte at PATH; if it is what DIGEST names, exit 0 or replace this process with COMMAND.

    As an init container it protects what a volume holds; before a server's command line, what that server will read.
    """
    try:
        wanted = Digest.parse(expect)
    except InvalidDigest as error:
        raise click.BadParameter(str(error), param_hint="--expect") from None
    if command_line and command_line[0] != "--":
        raise click.UsageError("the server's command line stands after --")
    if wanted.algorithm != "sha256":
        raise click.BadParameter("content digests are sha256", param_hint="--expect")
    if os.getpid() == 1:
        # The first process of a container has no default actions: without a handler the Pod would end only by SIGKILL.
        signal.signal(signal.SIGTERM, _end)
    try:
        with hashing_progress("hashing") as progress:
            found = measure(path, progress=progress)
    except EvidenceError as error:
        click.echo(f"Error: {error}", err=True)
        ctx.exit(Exit.UNDECIDED)
    if found.problems:
        listed = "\n".join(f"  {ascii(problem)[1:-1]}" for problem in found.problems[:_SHOWN])
        click.echo(f"refused: {path} holds what cannot be measured:\n{listed}", err=True)
        ctx.exit(Exit.DENIED)
    if wanted not in found.digests:
        actual = str(found.digests[0]) if found.digests else "nothing at all"
        click.echo(
            f"refused: {path} is {actual}, not {wanted}; it was changed, is incomplete, or is another model",
            err=True,
        )
        ctx.exit(Exit.DENIED)
    click.echo(
        f"verified: {path} is {wanted} ({found.files} files, {found.bytes} bytes hashed)", err=True
    )
    if command_line[1:]:
        _become(ctx, command_line[1:])


def _become(ctx: click.Context, command_line: tuple[str, ...]) -> None:
    """Replace this process: signals and the exit code are the server's own."""
    # Python ignores these for itself, and what is ignored stays ignored across exec: the server begins as if run directly.
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    try:
        os.execvp(command_line[0], command_line)  # noqa: S606 (the caller's own command, no shell in between)
    except OSError as error:
        click.echo(
            f"Error: cannot run {command_line[0]}: {os.strerror(error.errno or 0)}", err=True
        )
        ctx.exit(Exit.USAGE)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """Ending while hashing: the exit code that a shell gives to a process ended by a signal."""
    raise SystemExit(128 + number)
