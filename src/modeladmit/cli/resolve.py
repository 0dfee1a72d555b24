"""`modeladmit resolve REF`: what a reference is today, which files it has, what of it can run, and who signed it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from modeladmit.cli.options import files_complete, registry_options


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
    shell_complete=files_complete,
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
    config: Path | None,
    plain_http: Sequence[str],
    timeout: float,
) -> None:
    """Show what REF is today: its pin, files, formats, what can execute, and who signed it.

    REF is a URI such as oci://registry.example.com/models/llama:v1 or hf://meta-llama/Llama-3.1-8B-Instruct.
    Signatures are verified against the authorities of --policy, and keyless ones against the public Sigstore; everything
    else that is found is listed as not verified.
    """
    from modeladmit.cli.dossier import Dossier, investigate
    from modeladmit.cli.policies import load_policies
    from modeladmit.cli.progress import drawn
    from modeladmit.cli.references import typed_reference
    from modeladmit.cli.reports import artifact
    from modeladmit.cli.session import hosts_of, session, settings_for
    from modeladmit.settings import Settings
    from modeladmit.sources.progress import Progress

    reference = typed_reference(ref, revision)
    known = load_policies(policies, Settings.load(file=config))
    settings = settings_for(
        config, registries=registry, plain_http=plain_http, hosts=hosts_of([reference])
    )

    async def asked(progress: Progress) -> Dossier:
        async with session(settings, progress) as engine:
            with progress.step(f"asking for {reference.uri}", None):
                return await investigate(engine, reference, known.authorities, seconds=timeout)

    with drawn() as progress:
        dossier = asyncio.run(asked(progress))
    if output == "json":
        click.echo(artifact.as_json(dossier))
    else:
        artifact.print_text(dossier)
