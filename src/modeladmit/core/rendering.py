"""A verdict in words: the denial that kubectl prints, warnings, and the lines of the command line (design section 3).

Pure, and safe for terminals and headers: text from users loses its control and direction characters.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

from modeladmit.core.verdict import Finding, Verdict

MAX_WARNING: Final = 256
"""Characters; the API server cuts longer warnings (k8s.io/apiserver, warning.MaxLength)."""
MAX_WARNINGS: Final = 15
_MAX_TEXT: Final = 1024


def plain(text: str, limit: int = _MAX_TEXT) -> str:
    """One line without control, format and surrogate characters (terminal escapes, bidi overrides), at most `limit` long."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if character.isspace() else _shown(character) for character in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def finding_line(finding: Finding) -> str:
    """`[Code] field (container): message`, without the fix."""
    place = " ".join(
        part
        for part in (str(finding.field), f"({finding.container})" if finding.container else "")
        if part
    )
    return plain(
        f"[{finding.code}] {place}: {finding.message}"
        if place
        else f"[{finding.code}] {finding.message}"
    )


def finding_lines(findings: Iterable[Finding], *, indent: str = "  ") -> list[str]:
    """Each finding with its fix below, as a denial shows them."""
    lines = []
    for finding in findings:
        lines.append(indent + finding_line(finding))
        if finding.fix:
            lines.append(f"{indent}    fix: {plain(finding.fix)}")
    return lines


def headline(findings: Sequence[Finding]) -> str:
    """`2 findings by TrustPolicy/production-models`."""
    count = f"{len(findings)} finding{'s' if len(findings) != 1 else ''}"
    policies = sorted({finding.policy for finding in findings if finding.policy})
    return (
        f"{count} by {', '.join(f'TrustPolicy/{name}' for name in policies)}" if policies else count
    )


def denial(verdict: Verdict) -> str:
    """The whole message of a denial: every finding that denies, most severe first."""
    return "\n".join([headline(verdict.denials), *finding_lines(verdict.denials)])


def warnings(verdict: Verdict) -> list[str]:
    """One line each, at most fifteen, then how many more (KEP-1693)."""
    lines = [_warning(finding) for finding in verdict.warnings]
    if len(lines) <= MAX_WARNINGS:
        return lines
    return [*lines[:MAX_WARNINGS], f"modeladmit: and {len(lines) - MAX_WARNINGS} more"]


def _warning(finding: Finding) -> str:
    by = f"TrustPolicy/{finding.policy}: " if finding.policy else ""
    fix = f" (fix: {finding.fix})" if finding.fix else ""
    return plain(f"{by}{finding_line(finding)}{fix}", MAX_WARNING)


def _shown(character: str) -> str:
    return "\ufffd" if unicodedata.category(character).startswith("C") else character
