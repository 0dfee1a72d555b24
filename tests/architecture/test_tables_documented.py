"""The pages about engines and kinds are what the tables say, and the example of extension is true."""

import json
import re
from pathlib import Path

from click.testing import CliRunner

from modeladmit.cli.app import modeladmit
from modeladmit.cli.reports.tables import engines_page, kinds_page
from modeladmit.core.workload import UndeterminedReason

DOCS = Path(__file__).parents[2] / "docs"


def example(name: str) -> str:
    """A marked block of the page about extension."""
    text = (DOCS / "extending.md").read_text()
    found = re.search(rf"<!-- example: {name} -->\n```\w+\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_page_of_engines_is_fresh():
    """`make generate` would change nothing."""
    assert engines_page() == (DOCS / "engines.md").read_text()


def test_the_page_of_kinds_is_fresh():
    """`make generate` would change nothing."""
    assert kinds_page() == (DOCS / "kinds.md").read_text()


def test_kinds_and_engines_are_added_without_code(tmp_path):
    """The settings of the example read the objects of the example, and find what it says."""
    settings, manifests = tmp_path / "settings.yaml", tmp_path / "manifests.yaml"
    settings.write_text(example("settings"))
    manifests.write_text(example("manifests"))
    options = ["inspect", "-o", "json", "--config", str(settings), "-f", str(manifests)]
    result = CliRunner().invoke(modeladmit, options)
    references = [
        f"{use['role']} {use['uri']} {use['field']}"
        for each in json.loads(result.output)["objects"]
        for use in each["references"]
        if use["role"] != "Runtime"
    ]
    assert references == example("references").splitlines()


def test_every_reason_is_explained():
    """A person who reads `undetermined` finds what to do."""
    rows = (DOCS / "inspection.md").read_text().partition("## What cannot be named")[2]
    assert re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE) == [str(r) for r in UndeterminedReason]


def test_every_signal_is_explained():
    """A person who asks why it is inference finds the answer."""
    source = DOCS.parent / "src" / "modeladmit" / "workloads"
    text = "".join(path.read_text() for path in source.rglob("*.py"))
    named = set(re.findall(r"\.signal\(\s*\"(\w+)\"", text))
    rows = (DOCS / "inspection.md").read_text().partition("## What cannot be named")[0]
    assert named <= set(re.findall(r"^\| `(\w+)` \|", rows, re.MULTILINE))
