"""`modeladmit webhook`: the admission webhook of the chart."""

from pathlib import Path

import click

from modeladmit.cli.options import config_option, kubeconfig_option


@click.command("webhook")
@config_option
@kubeconfig_option
@click.option(
    "--lame-seconds",
    type=click.FloatRange(min=0, max=60),
    default=5.0,
    show_default=True,
    help="How long reviews are still answered after SIGTERM.",
)
def command(config: Path | None, kubeconfig: str | None, lame_seconds: float) -> None:
    """Run the admission webhook until SIGTERM.

    Decisions go to standard output, one JSON line a review; everything else to standard error.
    """
    import uvloop

    from modeladmit.cluster.login import login
    from modeladmit.settings import Settings
    from modeladmit.telemetry import configure_logging
    from modeladmit.webhook.serve import serve

    settings = Settings.load(file=config)
    configure_logging(settings.log_level)
    uvloop.run(serve(settings, login(kubeconfig), lame=lame_seconds))
