"""`modeladmit explain CODE`: the page of the catalogue that a denial's code points to."""

from difflib import get_close_matches
from textwrap import fill

import click

from modeladmit.core.catalog import CATALOG, docs_link
from modeladmit.core.situation import Situation


def _codes(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return [code for code in CATALOG if code.casefold().startswith(incomplete.casefold())]


@click.command("explain")
@click.argument("code", required=False, shell_complete=_codes)
@click.option("--markdown", is_flag=True, help="Print every code as the page docs/findings.md.")
def command(code: str | None, *, markdown: bool) -> None:
    """Explain a finding code, such as MutableReference; without CODE, list them all."""
    from modeladmit.cli.reports import catalogue

    if markdown:
        click.echo(catalogue.markdown(), nl=False)
        return
    if code is None:
        width = max(map(len, CATALOG))
        click.echo("\n".join(f"{entry.code:<{width}}  {entry.title}" for entry in CATALOG.values()))
        return
    folded = {known.casefold(): known for known in CATALOG}
    known = folded.get(code.strip("[]").casefold())
    if known is None:
        close = get_close_matches(code.casefold(), folded, n=1, cutoff=0.5)
        hint = f" Did you mean {folded[close[0]]}?" if close else ""
        raise click.UsageError(
            f"there is no finding code {code}.{hint} `modeladmit explain` lists them."
        )
    entry = CATALOG[known]
    excuse = catalogue.EXCUSE if entry.exemptible else ""
    link = docs_link(Situation().docs_url, entry.code)
    click.echo(
        f"{click.style(entry.code, bold=True)}: {entry.title}\n\n{_wrapped(entry.meaning)}\n\n{_wrapped(f'What to do: {entry.remedy}{excuse}')}\n\n{link}"
    )


def _wrapped(text: str) -> str:
    """Lines for a terminal; options and URIs stay whole."""
    return fill(text, break_on_hyphens=False, break_long_words=False)
