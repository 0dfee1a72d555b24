"""`modeladmit operator`: what reports in status, conditions and Events."""

from pathlib import Path

import click

from modeladmit.cli.options import config_option, kubeconfig_option


@click.command("operator")
@config_option
@kubeconfig_option
def command(config: Path | None, kubeconfig: str | None) -> None:
    """Run the operator until SIGTERM. Several replicas are safe: one works, the others wait for its Lease."""
    import uvloop

    from modeladmit.cluster.login import login
    from modeladmit.operator.serve import serve
    from modeladmit.settings import Settings
    from modeladmit.telemetry import configure_logging

    settings = Settings.load(file=config)
    configure_logging(settings.log_level)
    uvloop.run(serve(settings, login(kubeconfig)))
