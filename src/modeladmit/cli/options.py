"""Options that several commands share, declared once so that they mean the same everywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])


def _no_loose_files(ctx: click.Context, _: click.Parameter, value: tuple[str, ...]) -> None:
    if value:
        ctx.fail(f"files are named with -f: {ctx.command_path} -f {value[0]}")


def files_complete(
    _ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of files; what may also be `-` or a folder is no `click.Path`, which would refuse it in other words."""
    return [CompletionItem(incomplete, type="file")]


def manifest_files(function: F) -> F:
    """`-f FILE…`, as kubectl has it."""
    function = click.argument(
        "loose", nargs=-1, expose_value=False, callback=_no_loose_files, metavar=""
    )(function)
    return click.option(
        "-f",
        "--filename",
        "files",
        metavar="FILE",
        multiple=True,
        required=True,
        shell_complete=files_complete,
        help="A manifest, a folder of them, or - for standard input. May be repeated.",
    )(function)


def policy_files(*, required: bool = False) -> Callable[[F], F]:
    """`--policy FILE…`: TrustPolicies and what they refer to."""
    return click.option(
        "--policy",
        "policies",
        metavar="FILE",
        multiple=True,
        required=required,
        shell_complete=files_complete,
        help="TrustPolicies, with the TrustRoots, PolicyExemptions, ModelRefs, ConfigMaps and Secrets they need. May be repeated.",
    )


def namespace_option(function: F) -> F:
    """`-n NAMESPACE`, as kubectl has it."""
    return click.option(
        "-n", "--namespace", metavar="NAME", help="Namespace of objects that name none."
    )(function)


def config_option(function: F) -> F:
    """`--config FILE`: the same settings as the webhook's."""
    return click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        envvar="MODELADMIT_CONFIG",
        help="Settings of modeladmit, YAML. Also: MODELADMIT_CONFIG.",
    )(function)


def kubeconfig_option(function: F) -> F:
    """`--kubeconfig` of the servers; inside a cluster there is none."""
    return click.option(
        "--kubeconfig",
        shell_complete=files_complete,
        envvar="KUBECONFIG",
        help="Cluster to speak to when this is no Pod. Also: KUBECONFIG.",
    )(function)


def _registry_hosts(
    ctx: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    """Each a host, so that a URL or a repository is refused by the name of its option."""
    from modeladmit.core.naming import canonical_host
    from modeladmit.errors import InvalidReference

    for host in value:
        try:
            canonical_host(host, "oci")
        except InvalidReference as error:
            raise click.BadParameter(
                f"{host} is no host[:port], such as registry.example.com:5000 ({error})",
                ctx=ctx,
                param=parameter,
            ) from None
    return value


def registry_options(function: F) -> F:
    """How stores are reached; everything else comes from the settings."""
    function = click.option(
        "--timeout",
        type=click.FloatRange(min=0.1, max=3600),
        default=30.0,
        show_default=True,
        help="Seconds after which an answer counts as missing.",
    )(function)
    function = click.option(
        "--plain-http",
        metavar="HOST",
        multiple=True,
        callback=_registry_hosts,
        help="A registry, host[:port], that speaks plain HTTP. May be repeated.",
    )(function)
    function = config_option(function)
    return click.option(
        "--registry",
        metavar="HOST",
        multiple=True,
        callback=_registry_hosts,
        help="A registry, host[:port], that may be at a private address. May be repeated.",
    )(function)
