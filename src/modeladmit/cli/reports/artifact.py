"""`resolve`: an artifact on paper, as a table for people and as JSON for programs."""

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from modeladmit.cli.dossier import Dossier
from modeladmit.cli.reports.json import dump
from modeladmit.cli.reports.reference import signature_lines, signature_object
from modeladmit.cli.sizes import size_text
from modeladmit.core.evidence import Artifact, ArtifactFile
from modeladmit.core.pin import Pin
from modeladmit.core.rendering import plain

_MAX_FILES = 30


def as_json(dossier: Dossier) -> str:
    """One object; sizes in bytes."""
    artifact = dossier.artifact
    return dump(
        {
            "uri": artifact.reference.uri,
            "revision": artifact.reference.revision,
            "resolved": {
                "uri": artifact.pinned.uri,
                "revision": artifact.revision,
                "digest": _text(artifact.digest),
                "pin": artifact.pin.label,
            },
            "mediaType": artifact.media_type,
            "bytes": artifact.size,
            "formats": [str(found) for found in artifact.formats],
            "files": [
                {
                    "name": file.name,
                    "bytes": file.size,
                    "digest": _text(file.digest),
                    "format": str(file.format),
                    "verified": file.verified,
                }
                for file in artifact.files
            ],
            "executables": [
                {
                    "kind": found.kind,
                    "file": found.file,
                    "detail": found.detail,
                    "elsewhere": found.elsewhere,
                }
                for found in artifact.executables
            ],
            "signatures": [signature_object(found) for found in dossier.signatures],
            "signaturesUnknown": dossier.unknown,
        }
    )


def print_text(dossier: Dossier) -> None:
    """What it is, today's pin, what can execute, who signed, then the files."""
    context = click.get_current_context(silent=True)
    console = Console(
        no_color=True if context is not None and context.color is False else None, highlight=False
    )
    if not console.is_terminal:
        console.width = 200  # a pipe has no edge at which lines would have to be broken
    artifact = dossier.artifact
    facts = _facts(artifact)
    for position, found in enumerate(artifact.executables):
        elsewhere = f", from {found.elsewhere}" if found.elsewhere else ""
        text = f"{found.kind} in {found.file}{elsewhere}" + (
            f": {found.detail}" if found.detail else ""
        )
        facts.append(("" if position else "executes", Text(plain(text), style="yellow")))
    for position, line in enumerate(signature_lines(dossier.signatures)):
        facts.append(("" if position else "signatures", Text.from_ansi(line)))
    if not dossier.signatures:
        text = f"not known: {dossier.unknown}" if dossier.unknown else "by nobody"
        facts.append(("signatures", Text(plain(text), style="yellow")))
    with console.capture() as captured:
        for name, value in facts:
            # The terminal breaks what is too long for it: a pin that we break could not be copied.
            console.print(Text(f"{name:<12}", style="bold") + value, soft_wrap=True)
        if artifact.files:
            console.print(_files(artifact))
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _facts(artifact: Artifact) -> list[tuple[str, Text]]:
    pin = artifact.pin
    today = str(artifact.digest or artifact.revision or "unknown")
    rows = [
        ("reference", Text(plain(str(artifact.reference)))),
        (
            "today",
            Text(
                plain(
                    f"{artifact.revision} ({artifact.digest})"
                    if artifact.revision and artifact.digest
                    else today
                )
            ),
        ),
        (
            "pin",
            Text(
                plain(f"{artifact.pinned} ({pin.label})"),
                style="green" if pin is not Pin.NONE else "yellow",
            ),
        ),
    ]
    if artifact.media_type:
        rows.append(("type", Text(plain(artifact.media_type))))
    if artifact.platforms:
        rows.append(("platforms", Text(str(len(artifact.platforms)))))
    size = f", {size_text(artifact.size)}" if artifact.size is not None else ""
    rows.append(("files", Text(f"{len(artifact.files)}{size}")))
    rows.append(("formats", Text(", ".join(artifact.formats) or "none that holds weights")))
    return rows


def _files(artifact: Artifact) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("file", "size", "format", "digest"):
        table.add_column(name, justify="right" if name == "size" else "left", overflow="fold")
    for file in artifact.files[:_MAX_FILES]:
        table.add_row(plain(file.name), size_text(file.size), str(file.format), _digest(file))
    if len(artifact.files) > _MAX_FILES:
        table.add_row(f"and {len(artifact.files) - _MAX_FILES} more", "", "", "see -o json")
    return table


def _digest(file: ArtifactFile) -> str:
    if file.digest is None:
        return "unknown"
    return f"{file.digest.short}{' (hashed)' if file.verified else ' (asserted)'}"


def _text(value: object) -> str | None:
    return None if value is None else str(value)
