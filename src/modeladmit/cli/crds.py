"""`modeladmit crds`: the CustomResourceDefinitions, generated from the models in `api`."""

from pathlib import Path

import click

from modeladmit.cli.exits import Exit

_FOLDERS = (Path("manifests/crds"), Path("charts/modeladmit/files/crds"))


@click.command("crds")
@click.option(
    "--write",
    "targets",
    type=click.Path(file_okay=False, path_type=Path),
    multiple=True,
    metavar="DIR",
    help="Write one file a kind. May be repeated.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Exit 1 if the files of this checkout are not what would be written.",
)
def command(targets: tuple[Path, ...], *, check: bool) -> int:
    """Print the custom resource definitions, or write them to DIR, or check those of a checkout.

    --check looks at manifests/crds and charts/modeladmit/files/crds below the current folder.
    """
    from modeladmit.api import crds

    if check:
        if targets:
            raise click.UsageError("give --write or --check, not both")
        folders = [folder for folder in _FOLDERS if folder.is_dir()]
        if not folders:
            raise click.UsageError(
                f"there is neither {' nor '.join(map(str, _FOLDERS))} below the current folder"
            )
        stale = [path for folder in folders for path in crds.check(folder)]
        for path in stale:
            click.echo(
                f"{path} is not what the models say; run `modeladmit crds --write {path.parent}`",
                err=True,
            )
        return Exit.DENIED if stale else Exit.ALLOWED
    for folder in targets:
        for path in crds.write(folder):
            click.echo(f"wrote {path}", err=True)
    if not targets:
        click.echo(crds.text(), nl=False)
    return Exit.ALLOWED
