"""`modeladmit manual`: docs/cli.md. Hidden: people read the page, `make generate` writes it."""

import click


@click.command("manual")
@click.pass_context
def command(ctx: click.Context) -> None:
    """Print the help of every command as the page docs/cli.md."""
    from modeladmit.cli.app import modeladmit
    from modeladmit.cli.reports.manual import markdown

    ctx.color = False
    click.echo(markdown(modeladmit), nl=False)
