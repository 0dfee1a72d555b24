"""`modeladmit check -f FILE… --policy FILE…`: the webhook's verdict without a cluster."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modeladmit.cli.exits import Exit
from modeladmit.cli.options import manifest_files, namespace_option, policy_files, registry_options

if TYPE_CHECKING:
    from modeladmit.cli.reports.judgement import Judgement


@click.command("check")
@manifest_files
@policy_files()
@namespace_option
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "sarif", "junit"]),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@click.option(
    "--closed",
    is_flag=True,
    help="Judge as in a closed namespace: what no policy covers is denied.",
)
@registry_options
def command(
    files: Sequence[str],
    policies: Sequence[str],
    namespace: str | None,
    output: str,
    *,
    closed: bool,
    registry: Sequence[str],
    config: Path | None,
    plain_http: Sequence[str],
    timeout: float,
) -> int:
    """Judge manifests by policies: the verdict that the webhook would give, without a cluster.

    Every policy given is applied. Its namespaceSelector counts only for namespaces whose Namespace object is among the
    files; where the labels are not known, the policy applies.

    Without --policy nothing is required, so everything is allowed and the references are listed; with --closed, too,
    every model is denied.
    """
    from modeladmit.cli.judging import judge_files
    from modeladmit.cli.policies import load_policies
    from modeladmit.cli.session import settings_for
    from modeladmit.settings import Settings

    known = load_policies(policies, Settings.load(file=config))
    settings = settings_for(config, registries=registry, plain_http=plain_http, hosts=known.hosts)
    judgements = asyncio.run(
        judge_files(files, known, settings, namespace=namespace, closed=closed, seconds=timeout)
    )
    if not policies:
        denied = "every model is denied" if closed else "nothing is required of the models"
        click.echo(f"no policy was given (--policy FILE): {denied}", err=True)
    click.echo(_report(output, judgements, policies=len(policies), docs_url=settings.docs_url))
    if any(not judgement.verdict.allowed and not judgement.undecided for judgement in judgements):
        return Exit.DENIED
    return Exit.UNDECIDED if any(judgement.undecided for judgement in judgements) else Exit.ALLOWED


def _report(output: str, judgements: Sequence["Judgement"], *, policies: int, docs_url: str) -> str:
    from modeladmit.cli.reports import json, junit, sarif, text

    match output:
        case "json":
            return json.verdicts(judgements)
        case "sarif":
            return sarif.render(judgements, docs_url=docs_url)
        case "junit":
            return junit.render(judgements)
        case _:
            return text.verdicts(judgements, policies=policies)
