"""What the code imports is what pyproject.toml names: a clean machine installs nothing else."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PARTS = {"pydantic_core": "pydantic", "yarl": "aiohttp"}
"""Packages that are part of another one's interface."""
DATA = {"sigstore"}
"""Read as files, not imported: the trusted root that it ships."""


def distribution(requirement: str) -> str:
    """The normalised name in a requirement (PEP 503)."""
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def imported() -> dict[str, set[str]]:
    """Top-level packages by the modules that import them, lazily or not."""
    found: dict[str, set[str]] = {}
    for module in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            for name in names:
                found.setdefault(name.partition(".")[0], set()).add(
                    module.relative_to(ROOT).as_posix()
                )
    return {
        name: places
        for name, places in found.items()
        if name not in sys.stdlib_module_names and name != "modeladmit"
    }


def test_every_import_is_declared():
    """A package that is only there by accident is missing on the next machine."""
    extras = [
        requirement
        for group in PROJECT.get("optional-dependencies", {}).values()
        for requirement in group
    ]
    declared = {distribution(requirement) for requirement in (*PROJECT["dependencies"], *extras)}
    known = packages_distributions()
    missing = {
        name: sorted(places)
        for name, places in imported().items()
        if not declared & {distribution(found) for found in known.get(name, [name])}
        and PARTS.get(name) not in declared
    }
    assert missing == {}


def test_every_dependency_is_imported():
    """What nobody imports is one more thing to keep safe."""
    known = packages_distributions()
    used = {distribution(found) for name in imported() for found in known.get(name, [name])}
    assert {distribution(requirement) for requirement in PROJECT["dependencies"]} - used == DATA


def test_locks_name_every_dependency():
    """The lock that `make demo` installs from is not older than pyproject.toml."""
    locked = {
        distribution(line)
        for line in (ROOT / "requirements.lock").read_text().splitlines()
        if "==" in line and not line.startswith((" ", "#"))
    }
    assert {distribution(requirement) for requirement in PROJECT["dependencies"]} - locked == set()
