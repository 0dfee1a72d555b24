"""`modeladmit demo`."""

import click

from modeladmit.cli.exits import Exit


@click.command("demo")
@click.option(
    "--manifest",
    metavar="FILE",
    help="Only print one of the demo's manifests, such as 1-by-tag.yaml or policy.yaml.",
)
def command(manifest: str | None) -> int:
    """Show the main job on this machine: six workloads, one policy, a signed and an unsigned model.

    Starts a small registry, pushes the models, starts the webhook behind TLS and prints its answers as kubectl would.
    Everything listens on 127.0.0.1 only and is stopped in the end; neither a cluster nor the internet is needed.
    """
    if manifest is not None:
        _print(manifest)
        return Exit.ALLOWED
    import asyncio

    from modeladmit.cli.demo.stage import play

    played = asyncio.run(play(click.echo))
    for found in played:
        if not found.right:
            expected = (
                f"a denial with {', '.join(found.scene.codes)}" if found.scene.codes else "creation"
            )
            click.echo(f"{found.scene.file}: expected {expected}", err=True)
    return Exit.ALLOWED if all(found.right for found in played) else Exit.DENIED


def _print(file: str) -> None:
    from importlib import resources

    folder = resources.files("modeladmit.cli.demo") / "manifests"
    names = sorted(path.name for path in folder.iterdir() if path.name.endswith(".yaml"))
    if file not in names:
        raise click.UsageError(f"there is no {file}; the manifests are {', '.join(names)}")
    click.echo((folder / file).read_text(), nl=False)
