"""docs/operations.md names what exists."""

import re
from pathlib import Path

import yaml

from modeladmit.core.catalog import CATALOG
from modeladmit.webhook.entry import Entry

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
SOURCE = "\n".join(path.read_text() for path in (ROOT / "src" / "modeladmit").rglob("*.py"))
VALUES = yaml.safe_load((ROOT / "charts" / "modeladmit" / "values.yaml").read_text())


def test_every_metric_is_told_and_exists():
    """Names in the source, with the suffix that Prometheus gives a counter."""
    defined = set(re.findall(r'"(modeladmit_[a-z_]+)"', SOURCE))
    told = {name.removesuffix("_total") for name in re.findall(r"modeladmit_[a-z_]+", PAGE)}
    assert told == defined


def test_codes_exist():
    """Codes in the table of failures are codes of the catalogue."""
    failures = PAGE.partition("## Failure modes")[2].partition("##")[0]
    codes = set(re.findall(r"`([A-Z][a-z]+[A-Z]\w+)`", failures))
    assert codes
    assert codes <= CATALOG.keys()


def test_entries_are_all_told():
    """One row each."""
    assert [entry for entry in Entry if f"| `{entry.value}` |" not in PAGE] == []


def test_values_exist():
    """Dotted names of values are in values.yaml."""
    sections = "|".join(VALUES)
    named = set(re.findall(rf"`((?:{sections})\.[A-Za-z.]+)`", PAGE)) - {"settings.guardImages"}
    missing = []
    for name in named:
        node = VALUES
        for step in name.split("."):
            node = node.get(step) if isinstance(node, dict) else None
        if node is None:
            missing.append(name)
    assert missing == []


def test_links_lead_somewhere():
    """Relative links name files of the repository."""
    pages = [ROOT / "docs" / name for name in ("operations.md", "policies.md")]
    broken = [
        (page.name, link)
        for page in pages
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
        if not (page.parent / link).exists()
    ]
    assert broken == []
