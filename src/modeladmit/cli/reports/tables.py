"""docs/engines.md and docs/kinds.md: what the tables of inspection hold. `make generate` writes them.

python -m modeladmit.cli.reports.tables FOLDER
"""

import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from modeladmit.workloads.builtin import BUILTIN
from modeladmit.workloads.tables import Engine, Field, Kind, Means, Option, Tables

_EXTENDING: Final = (
    "This page is generated. Entries of your own are data: see [extending.md](extending.md)."
)
_SAYING: Final = {
    Means.MODEL: "",
    Means.REVISION: "revision",
    Means.FILE: "file",
    Means.CODE: "runs its code",
    Means.PLUGIN: "plugin",
    Means.CONFIG: "file of options",
    Means.LOADING: "loads while it runs",
    Means.REDIRECT: "changes what names mean",
    Means.JSON: "JSON",
    Means.STORE: "folder of models",
    Means.DOCUMENT: "file of references",
    Means.PROGRAM: "command line",
}
"""What is worth telling of an option; the rest only keeps the words apart."""
_NAMING: Final = frozenset(
    {Means.MODEL, Means.REVISION, Means.FILE, Means.PLUGIN, Means.STORE, Means.DOCUMENT}
)


def engines_page(tables: Tables = BUILTIN) -> str:
    """The page of engines and of tools that fetch."""
    return "\n".join(
        [
            "# Engines and tools whose command lines are read",
            "",
            "For each: how it is recognised, which options and variables name artifacts, and how its reference is pinned.",
            _EXTENDING,
            "",
            "## Servers",
            "",
            *(line for engine in tables.engines if engine.serves for line in _engine(engine)),
            "## Tools that fetch",
            "",
            *(line for engine in tables.engines if not engine.serves for line in _engine(engine)),
        ]
    )


def kinds_page(tables: Tables = BUILTIN) -> str:
    """The page of kinds."""
    lines = [
        "# Kinds whose fields are read",
        "",
        "Pod templates and containers are found in every object, wherever they sit; listed here is what is known beyond that.",
        "*Judged* says where: the object itself, or the Pods that it produces.",
        _EXTENDING,
        "",
    ]
    for group, kinds in groupby(sorted(tables.kinds, key=lambda k: k.group), lambda k: k.group):
        lines += [
            f"## {group or 'Kubernetes (core)'}",
            "",
            "| kind | inference | judged | fields that name artifacts |",
            "|---|---|---|---|",
            *(_kind(kind) for kind in sorted(kinds, key=lambda k: k.kind)),
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


def _engine(engine: Engine) -> Iterator[str]:
    yield f"### {engine.title}"
    yield ""
    yield from _fact("name", [engine.name])
    yield from _fact("images", engine.images)
    yield from _fact("commands", engine.commands)
    options = [*engine.options, *([engine.positional] if engine.positional is not None else [])]
    yield from _options("options", options)
    yield from _options("variables", engine.variables)
    yield from _fact("pinned by", [p for p in (engine.pin_option, engine.pin_variable) if p])
    if engine.runtime:
        yield f"- undetermined: {engine.runtime}"
    yield ""


def _fact(name: str, values: Iterable[str]) -> Iterator[str]:
    if shown := ", ".join(f"`{value}`" for value in values):
        yield f"- {name}: {shown}"


def _options(name: str, options: Iterable[Option]) -> Iterator[str]:
    shown = [_option(option) for option in options if option.means in _SAYING]
    if shown:
        yield f"- {name}: {'; '.join(shown)}"


def _option(option: Option) -> str:
    names = ", ".join(f"`{name}`" for name in option.names) or "first word"
    if option.means is Means.JSON or option.means is Means.DOCUMENT:
        inner = "; ".join(_option(o) for o in option.members if o.means in _SAYING)
        return f"{names} ({_SAYING[option.means]}: {inner})"
    role = str(option.role) if option.means in _NAMING else ""
    return f"{names} ({' '.join(filter(None, (role, _SAYING[option.means])))})"


def _kind(kind: Kind) -> str:
    read = [_field(field) for field in kind.fields]
    read += [
        f"`{c.path}` (arguments{f' of {c.engine}' if c.engine else ''})" for c in kind.containers
    ]
    if kind.reader is not None:
        read.append((kind.reader.__doc__ or "").strip().split("\n")[0])
    if kind.ignore:
        read.append("nothing: its names are for routing")
    inference = "yes" if kind.inference else "training" if kind.training else "by its containers"
    judged = "itself" if kind.loads_models else "its Pods"
    return (
        f"| {kind.kind} | {inference} | {judged} | {'; '.join(read).replace('|', chr(92) + '|')} |"
    )


def _field(field: Field) -> str:
    beside = f", revision in `{field.revision}`" if field.revision else ""
    return f"`{field.path}` ({field.role}{beside})"


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "engines.md").write_text(engines_page())
    (folder / "kinds.md").write_text(kinds_page())
