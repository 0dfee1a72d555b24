"""The `modeladmit` command: its table of commands, and the one place where errors become words and exit codes."""

import os
import re
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import Final

import click

from modeladmit import __version__
from modeladmit.cli.exits import Exit
from modeladmit.cli.lazy import CommandEntry, LazyGroup

_HERE: Final = "modeladmit.cli"
_SHORT: Final = re.compile(r"-[a-z]=.")

COMMANDS: Final = {
    "check": CommandEntry(f"{_HERE}.check", "Judge manifests by policies, as the webhook would."),
    "inspect": CommandEntry(f"{_HERE}.inspect", "List every model that manifests will load."),
    "resolve": CommandEntry(
        f"{_HERE}.resolve", "Show what a reference is today, and who signed it."
    ),
    "verify": CommandEntry(
        f"{_HERE}.verify", "Judge one reference by policies: who vouches for it."
    ),
    "pin": CommandEntry(f"{_HERE}.pin", "Pin every reference of manifests to what it is today."),
    "explain": CommandEntry(f"{_HERE}.explain", "Explain a finding code."),
    "preview": CommandEntry(f"{_HERE}.preview", "Show which live workloads a policy would deny."),
    "verify-bundle": CommandEntry(f"{_HERE}.verify_bundle", "Verify one Sigstore bundle, offline."),
    "verify-files": CommandEntry(
        f"{_HERE}.verify_files", "Verify a model signature against the files on disk."
    ),
    "guard": CommandEntry(f"{_HERE}.guard", "Re-hash what is mounted, then start the server."),
    "crds": CommandEntry(f"{_HERE}.crds", "Print, write or check the custom resource definitions."),
    "demo": CommandEntry(
        f"{_HERE}.demo.command", "Show it all on this machine, without a cluster."
    ),
    "webhook": CommandEntry(f"{_HERE}.webhook", "Run the admission webhook."),
    "operator": CommandEntry(f"{_HERE}.operator", "Run the operator."),
    "manual": CommandEntry(f"{_HERE}.manual", "Print docs/cli.md.", hidden=True),
}


@click.group(
    cls=LazyGroup,
    entries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 allowed, 1 denied, 2 usage or unreadable input, 3 could not judge.",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.option(
    "--no-color",
    is_flag=True,
    flag_value="1",
    type=str,
    envvar="NO_COLOR",
    help="No colours. Also: NO_COLOR=1.",
)
@click.option("--debug", is_flag=True, help="Print the traceback of an internal error.")
@click.pass_context
def modeladmit(ctx: click.Context, no_color: str | None, *, debug: bool) -> None:  # noqa: ARG001 - `debug` is read in `main`
    """Ask of every model deployment: which model exactly, who vouches for it, and is that enough here?"""
    ctx.color = False if no_color else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code. Users never see a traceback unless they ask for one."""
    words = _as_kubectl(sys.argv[1:] if arguments is None else arguments)
    try:
        result = modeladmit.main(args=words, prog_name=_name(), standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    except BrokenPipeError:
        return _hung_up()
    except Exception as error:  # noqa: BLE001 - one of the two edges where everything ends
        return _failed(error, debug="--debug" in words)
    return result if isinstance(result, int) else Exit.ALLOWED


def _name() -> str:
    """How we were called: kubectl runs `kubectl-modeladmit` as `kubectl modeladmit`."""
    return "kubectl modeladmit" if sys.argv[0].endswith("kubectl-modeladmit") else "modeladmit"


def _as_kubectl(words: Sequence[str]) -> list[str]:
    """Take `-o=json`, which kubectl's users type and click does not know, as `-ojson`; what follows `--` is not ours."""
    end = words.index("--") if "--" in words else len(words)
    ours = [word[:2] + word[3:] if _SHORT.match(word) else word for word in words[:end]]
    return [*ours, *words[end:]]


def _hung_up() -> int:
    """Whoever read our output has gone. Not an allowance: the verdict was not delivered."""
    os.dup2(
        os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
    )  # so that the last flush does not fail again
    return 128 + signal.SIGPIPE


def _failed(error: Exception, *, debug: bool) -> int:
    from modeladmit.cli.hints import hint
    from modeladmit.errors import (
        ConfigurationError,
        EvidenceError,
        InvalidInput,
        ModeladmitError,
    )

    if isinstance(error, ModeladmitError):
        click.echo(f"Error: {error}", err=True)
        if isinstance(error, EvidenceError):
            if (advice := hint(error)) is not None:
                click.echo(advice, err=True)
            click.echo(f"See `modeladmit explain {error.code}`.", err=True)
        return (
            Exit.USAGE if isinstance(error, InvalidInput | ConfigurationError) else Exit.UNDECIDED
        )
    if isinstance(error, ModuleNotFoundError) and not (error.name or "").startswith("modeladmit"):
        click.echo(
            f"Error: the Python package of `{error.name}` is missing; install modeladmit with its dependencies.",
            err=True,
        )
        return Exit.USAGE
    if debug:
        traceback.print_exception(error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    click.echo(
        f"Error: a bug in modeladmit ({type(error).__name__} in {frame.name}, line {frame.lineno}). Nothing was judged.\n"
        "Run `modeladmit --debug …` again and report what it prints.",
        err=True,
    )
    return Exit.UNDECIDED
