"""`modeladmit preview --policy FILE`: which live workloads a policy would deny, before it does."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from modeladmit.cli.exits import Exit
from modeladmit.cli.options import files_complete, policy_files, registry_options


@click.command("preview")
@policy_files(required=True)
@click.option("-n", "--namespace", metavar="NAME", help="Look at this namespace only.")
@click.option(
    "--kubeconfig",
    envvar="KUBECONFIG",
    metavar="FILE",
    shell_complete=files_complete,
    help="The cluster. Also: KUBECONFIG; else ~/.kube/config.",
)
@click.option("--context", metavar="NAME", help="Context of the kubeconfig; else the current one.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@registry_options
def command(
    policies: Sequence[str],
    namespace: str | None,
    kubeconfig: str | None,
    context: str | None,
    output: str,
    registry: Sequence[str],
    config: Path | None,
    plain_http: Sequence[str],
    timeout: float,
) -> int:
    """Judge the Pods that run now by policies that are not applied yet, as if they were enforced.

    Reads Pods, Namespaces and ModelRefs with your own rights and changes nothing. Exit 1 if anything would be denied.
    """
    from modeladmit.cli.live import judge_live
    from modeladmit.cli.policies import load_policies
    from modeladmit.cli.reports import live
    from modeladmit.cli.session import settings_for
    from modeladmit.cluster.login import login
    from modeladmit.settings import Settings

    known = load_policies(policies, Settings.load(file=config))
    settings = settings_for(config, registries=registry, plain_http=plain_http, hosts=known.hosts)
    found = asyncio.run(
        judge_live(
            login(kubeconfig, context), known, settings, namespace=namespace, seconds=timeout
        )
    )
    click.echo(live.as_json(found) if output == "json" else live.text(found))
    return Exit.ALLOWED if all(workload.verdict.allowed for workload in found) else Exit.DENIED
