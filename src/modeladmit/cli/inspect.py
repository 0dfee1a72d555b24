"""`modeladmit inspect -f FILE…`: every model that manifests will load, as a table for people or JSON for programs."""

from collections.abc import Sequence
from pathlib import Path

import click

from modeladmit.cli.options import config_option, manifest_files, namespace_option
from modeladmit.core.workload import Workload


@click.command("inspect")
@manifest_files
@namespace_option
@config_option
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the report.",
)
def command(files: Sequence[str], namespace: str | None, output: str, config: Path | None) -> None:
    """List every model that manifests will load: its role, reference, pin and field.

    A model that must exist and cannot be named is listed as undetermined, with the reason. Nothing is fetched.
    """
    from modeladmit.cli.reports import text

    found = inspect_files(files, namespace, config)
    if output == "json":
        from modeladmit.cli.reports.json import dump
        from modeladmit.workloads.report import inspection

        objects = [inspection(workload) for _, workload in found]
        click.echo(dump({"objects": objects}))
    else:
        click.echo(text.inspection(found))


def inspect_files(
    names: Sequence[str], namespace: str | None, config: Path | None
) -> list[tuple[str, Workload]]:
    """Each object's file and what it loads. Raises UnreadableManifest and ConfigurationError."""
    from modeladmit.cli.manifests import manifests
    from modeladmit.cli.tables import workload_tables
    from modeladmit.settings import Settings
    from modeladmit.workloads.documents import config_maps
    from modeladmit.workloads.inspect import inspect_object

    tables = workload_tables(Settings.load(file=config))
    found = list(manifests(names))
    supplied = config_maps(manifest.content for manifest in found)
    contents = [manifest.content for manifest in found]
    return [
        (
            manifest.file.name,
            inspect_object(
                manifest.content,
                supplied=supplied,
                tables=tables,
                namespace=manifest.namespace or namespace,
                # Of the same stream only: admission sees one object, and `check` judges as it does.
                siblings=contents,
            ),
        )
        for manifest in found
    ]
