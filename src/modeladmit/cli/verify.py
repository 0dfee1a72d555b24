"""`modeladmit verify REF --policy FILE`: who vouches for a reference, and whether that is enough."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from modeladmit.cli.exits import Exit
from modeladmit.cli.options import namespace_option, policy_files, registry_options

if TYPE_CHECKING:
    from modeladmit.cli.dossier import Dossier
    from modeladmit.cli.policies import PolicyFiles
    from modeladmit.core.reference import Reference
    from modeladmit.core.verdict import Verdict
    from modeladmit.settings import Settings

_ROLES = ("Weights", "Tokenizer", "Adapter", "Draft", "Config", "Code", "Runtime", "Unknown")


@click.command("verify")
@click.argument("ref")
@click.option(
    "--revision",
    metavar="REV",
    help="Branch, tag, commit or version, where the scheme keeps it beside the name.",
)
@click.option(
    "--role",
    type=click.Choice(_ROLES),
    default="Weights",
    show_default=True,
    help="What the model is used as.",
)
@policy_files(required=True)
@namespace_option
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
    ref: str,
    revision: str | None,
    role: str,
    policies: Sequence[str],
    namespace: str | None,
    output: str,
    registry: Sequence[str],
    config: Path | None,
    plain_http: Sequence[str],
    timeout: float,
) -> int:
    """Judge one reference by policies, as a closed namespace would: every policy given is enforced, and one must cover it.

    Prints every signature that was found, the authority that it proves, and why others do not count.
    """
    from modeladmit.cli.policies import load_policies
    from modeladmit.cli.references import typed_reference
    from modeladmit.cli.reports import reference as report
    from modeladmit.cli.reports.judgement import undecided
    from modeladmit.cli.session import hosts_of, settings_for
    from modeladmit.settings import Settings

    reference = typed_reference(ref, revision)
    known = load_policies(policies, Settings.load(file=config))
    settings = settings_for(
        config,
        registries=registry,
        plain_http=plain_http,
        hosts=[*known.hosts, *hosts_of([reference])],
    )
    verdict, dossier = asyncio.run(_judge(reference, role, known, settings, namespace, timeout))
    click.echo(
        report.as_json(reference, verdict, dossier)
        if output == "json"
        else report.text(reference, verdict, dossier)
    )
    if verdict.allowed:
        return Exit.ALLOWED
    return Exit.UNDECIDED if undecided(verdict) else Exit.DENIED


async def _judge(
    reference: "Reference",
    role: str,
    known: "PolicyFiles",
    settings: "Settings",
    namespace: str | None,
    seconds: float,
) -> tuple["Verdict", "Dossier | None"]:
    from modeladmit.cli.dossier import investigate
    from modeladmit.cli.session import session
    from modeladmit.core.fieldpath import FieldPath
    from modeladmit.core.policy import Mode
    from modeladmit.core.selector import EVERYTHING
    from modeladmit.core.situation import Situation
    from modeladmit.core.workload import ModelUse, ObjectIdentity, Role, Workload
    from modeladmit.errors import EvidenceError

    enforced = tuple(
        replace(policy, mode=Mode.ENFORCE, selector=EVERYTHING) for policy in known.policies
    )
    snapshot = replace(known.snapshot, policies=enforced)
    use = ModelUse(Role(role), reference, FieldPath())
    workload = Workload(
        ObjectIdentity("", "", str(reference), namespace), inference=True, uses=(use,)
    )
    declared = snapshot.declared.get(namespace or "", ())
    situation = Situation(
        namespace=namespace, closed=True, declared=declared, docs_url=settings.docs_url
    )
    async with session(settings) as engine:
        verdict = await engine.admitter.judge(workload, situation, snapshot, seconds=seconds)
        try:
            return verdict, await investigate(engine, reference, known.authorities, seconds=seconds)
        except EvidenceError:
            return verdict, None  # the verdict says why
