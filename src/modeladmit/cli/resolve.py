"""`modeladmit resolve REF`: what a reference is today, which files it has, what of it can run, and who signed it."""

import asyncio
from collections.abc import Sequence

import click

from modeladmit.cli.options import registry_options


@click.command("resolve")
@click.argument("ref")
@click.option(
    "--revision",
    metavar="REV",
    help="Branch, tag, commit or version, where the scheme keeps it beside the name.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@click.option(
    "--policy",
    "policies",
    metavar="FILE",
    multiple=True,
    help="TrustPolicies whose authorities are recognised as signers.",
)
@registry_options
def command(
    ref: str,
    revision: str | None,
    output: str,
    policies: Sequence[str],
    registry: Sequence[str],
    plain_http: Sequence[str],
    timeout: float,
) -> None:
    """Show what REF is today: its pin, files, formats, what can execute, and who signed it.

    REF is a URI such as oci://registry.example.com/models/llama:v1 or hf://meta-llama/Llama-3.1-8B-Instruct.
    Signatures are verified against the authorities of --policy, and keyless ones against the public Sigstore; everything
    else that is found is listed as not verified.
    """
    from modeladmit.cli.dossier import investigate
    from modeladmit.cli.references import typed_reference
    from modeladmit.cli.reports import artifact
    from modeladmit.cli.session import hosts_of, settings_for

    reference = typed_reference(ref, revision)
    settings = settings_for(registries=registry, plain_http=plain_http, hosts=hosts_of([reference]))
    dossier = asyncio.run(investigate(reference, settings, (), seconds=timeout))
    if output == "json":
        click.echo(artifact.as_json(dossier))
    else:
        artifact.print_text(dossier)
