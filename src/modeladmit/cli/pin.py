"""`modeladmit pin -f FILE`: every reference of manifests written as what it is today, and nothing else changed."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from modeladmit.cli.exits import Exit
from modeladmit.cli.options import manifest_files, namespace_option, registry_options


@click.command("pin")
@manifest_files
@namespace_option
@click.option(
    "--write", is_flag=True, help="Change the files. Without it, the change is printed as a diff."
)
@click.option("--images", is_flag=True, help="Pin the container images too, not only the models.")
@registry_options
def command(
    files: Sequence[str],
    namespace: str | None,
    *,
    write: bool,
    images: bool,
    registry: Sequence[str],
    config: Path | None,
    plain_http: Sequence[str],
    timeout: float,
) -> int:
    """Pin every model reference to what it resolves to now: a digest, or a commit or version where there is no digest.

    Comments and formatting stay. References that cannot be pinned are listed, and the exit code is then 3.
    """
    from modeladmit.cli.manifests import STDIN, STDIN_NAME
    from modeladmit.cli.pinning import diff, inspected, pinned
    from modeladmit.cli.progress import drawn
    from modeladmit.cli.session import hosts_of, settings_for
    from modeladmit.settings import Settings

    if write and STDIN in files:
        raise click.UsageError(
            "--write changes files; for standard input leave it out, the result then goes to standard output"
        )
    found = inspected(files, Settings.load(file=config), namespace=namespace, images=images)
    references = [use.reference for item in found for use in item.uses]
    settings = settings_for(
        config, registries=registry, plain_http=plain_http, hosts=hosts_of(references)
    )
    with drawn() as progress:
        result = asyncio.run(pinned(found, settings, progress, seconds=timeout))
    for file, text in result.texts:
        if file.name == STDIN_NAME:
            click.echo(text, nl=False)
        elif write:
            _write(file.name, text)
        else:
            click.echo(diff(file, text), nl=False)
    for line in result.problems:
        click.echo(line, err=True)
    hint = (
        "; --write changes the files" if result.changed and not write and STDIN not in files else ""
    )
    click.echo(result.summary(written=write) + hint, err=True)
    return Exit.UNDECIDED if result.problems else Exit.ALLOWED


def _write(name: str, text: str) -> None:
    """Replace the file at once: whoever is interrupted keeps the old one. A symbolic link stays one."""
    import os
    import tempfile
    from pathlib import Path

    path = Path(name).resolve()
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8", newline=""
    ) as stream:
        stream.write(text)
    Path(stream.name).chmod(path.stat().st_mode & 0o7777)
    os.replace(stream.name, path)  # noqa: PTH105 - atomic
