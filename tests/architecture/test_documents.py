"""What the documents say is what the program does."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from modeladmit.api.compile import PUBLIC_GOOD, CompiledTrustRoot, compile_policy
from modeladmit.api.compile.referents import NOTHING
from modeladmit.cli.app import COMMANDS, modeladmit
from modeladmit.cli.demo.stage import play
from modeladmit.core.catalog import CATALOG
from modeladmit.signatures.public_good import public_good_anchor

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = sorted(path for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))


def block(marker: str) -> list[str]:
    """The lines of the code block behind a marker comment of the README."""
    return README.partition(f"<!-- {marker}:")[2].split("```")[1].strip("\n").splitlines()


def test_the_readme_is_short():
    """Whoever arrives reads one page."""
    assert len(README.splitlines()) < 200


def test_the_readme_lists_every_command():
    """The list is the one of `modeladmit --help`."""
    shown = [re.split(r"\s{2,}", line, maxsplit=1) for line in block("commands")]
    assert shown == [[name, entry.summary] for name, entry in COMMANDS.items() if not entry.hidden]


async def test_the_transcript_is_real():
    """What the README shows is what the webhook of the demo answers, but for the registry's address."""
    lines: list[str] = []
    await play(lines.append)
    said = re.sub(r"127\.0\.0\.1:\d+(?=/)", "registry.example.com", "\n".join(lines)).splitlines()
    assert [line for line in block("transcript") if line not in said] == []


def test_the_readmes_policies_compile():
    """People copy them."""
    roots = {PUBLIC_GOOD: CompiledTrustRoot(PUBLIC_GOOD, public_good_anchor())}
    found = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)]
    assert found
    for policy in found:
        assert compile_policy(policy, trust_roots=roots, keys=NOTHING).problems == ()


def test_the_manual_is_fresh():
    """docs/cli.md is what `modeladmit manual` prints, in a process of its own: click remembers help options."""
    command = (sys.executable, "-m", "modeladmit", "manual")
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert (ROOT / "docs" / "cli.md").read_text() == printed


@pytest.mark.parametrize("name", COMMANDS)
def test_summaries_agree(name):
    """The line of `--help` and the command's own help speak of the same thing: neither is empty."""
    command = modeladmit.get_command(click.Context(modeladmit), name)
    assert command is not None
    assert command.help
    assert COMMANDS[name].summary.endswith(".")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document):
    """Relative links name files that exist, and anchors of the findings page name codes."""
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        assert (document.parent / path).exists() if path else True, target
        if path.endswith("findings.md") and anchor:
            assert anchor in {code.lower() for code in CATALOG}, target
