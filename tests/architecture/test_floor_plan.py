"""The house is built as CONTRIBUTING.md draws it."""

import ast
import re
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "modeladmit"
MODULES = sorted(SOURCE.rglob("*.py"))


def relative(path: Path) -> str:
    """The module's path inside the package."""
    return path.relative_to(SOURCE).as_posix()


def test_import_contracts(monkeypatch):
    """Who may import whom is written in pyproject.toml, and holds."""
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_files_are_small(module):
    """A file holds one idea: 400 lines are the limit."""
    assert len(module.read_text().splitlines()) <= 400


@pytest.mark.parametrize("module", MODULES, ids=relative)
def test_modules_say_what_they_are(module):
    """Every module with content starts with a docstring."""
    text = module.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text))


def reads_environment(module: Path) -> bool:
    """Whether the code, not some text in it, looks at the environment of the process."""
    names = {"environ", "environb", "getenv"}
    return any(
        (
            isinstance(node, ast.Attribute)
            and node.attr in names
            and isinstance(node.value, ast.Name)
            and node.value.id == "os"
        )
        or (
            isinstance(node, ast.ImportFrom)
            and node.module == "os"
            and names & {alias.name for alias in node.names}
        )
        for node in ast.walk(ast.parse(module.read_text()))
    )


def test_only_the_settings_read_the_environment():
    """Configuration has one door."""
    assert {relative(module) for module in MODULES if reads_environment(module)} == {
        "settings.py",
        "cluster/login.py",  # hands the environment on to the credential plugins of a kubeconfig
    }


def test_nobody_patches():
    """`unittest.mock.patch` hides what a test depends on."""
    banned = re.compile(
        r"^\s*(?:from unittest\.mock import|import unittest\.mock|from unittest import mock)",
        re.MULTILINE,
    )
    guilty = [
        path
        for folder in ("tests", "e2e", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
        if banned.search(path.read_text())
    ]
    assert guilty == []
