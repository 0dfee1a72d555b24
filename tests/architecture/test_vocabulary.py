"""Codes are one closed vocabulary: raised, explained and documented."""

import ast
from pathlib import Path

import pytest

from modeladmit import errors
from modeladmit.cli.reports.catalogue import markdown
from modeladmit.core.catalog import CATALOG

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "modeladmit"
CALLS = {"Finding": 0, "finding": 0, "fail": 0, "Gap": 0}
"""Constructors whose first argument is a code."""


def leaves(error: type[errors.ModeladmitError]) -> list[type[errors.ModeladmitError]]:
    """Classes that nothing of ours derives from."""
    below = [cls for cls in error.__subclasses__() if cls.__module__.startswith("modeladmit.")]
    return [leaf for cls in below for leaf in leaves(cls)] or [error]


@pytest.mark.parametrize("error", leaves(errors.ModeladmitError), ids=lambda error: error.__name__)
def test_every_error_has_a_code(error):
    """What cannot be done is said with a code that people can look up."""
    assert error.code in CATALOG


def test_every_code_in_the_source_is_in_the_catalogue():
    """No finding carries a word that nobody explains."""
    used = {
        node.args[0].value
        for module in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) in CALLS
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
        and node.args[0].value[:1].isupper()
    }
    assert used
    assert used - CATALOG.keys() == set()


def test_the_findings_page_is_fresh():
    """docs/findings.md is what `modeladmit explain --markdown` prints."""
    assert (ROOT / "docs" / "findings.md").read_text() == markdown()


def test_entries_are_sentences():
    """Titles, meanings and remedies read as text: no empty field, a full stop at the end of sentences."""
    for entry in CATALOG.values():
        assert entry.title
        assert not entry.title.endswith(".")
        assert entry.meaning.endswith(".")
        assert entry.remedy.endswith((".", "`"))
