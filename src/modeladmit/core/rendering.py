"""A verdict in words: the denial that kubectl prints, warnings, and the lines of the command line (design section 3).

Pure, and safe for terminals and headers: text from users loses its control and direction characters. What is too long is
cut, but never inside a digest or commit: a part of one looks like one, and somebody pastes it.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from modeladmit.core.fieldpath import ROOT, FieldPath
from modeladmit.core.verdict import Finding, Verdict

MAX_WARNING: Final = 256
"""Characters; the API server cuts longer warnings (k8s.io/apiserver, warning.MaxLength)."""
MAX_WARNINGS: Final = 15
_MAX_TEXT: Final = 1024
_MAX_NAMED: Final = 10
"""Policies in the first line: an Event shows a thousand bytes in all, and what is wrong must be among them."""
_MAX_FIELDS: Final = 3
"""Fields of one finding that are named."""
_MAX_LISTED: Final = 512
"""Findings that a denial lists; its text is cut long before."""
_CONTENT_ID: Final = re.compile(r"@?(?:[A-Za-z0-9]{1,16}:)?[0-9A-Fa-f]{32,}")
"""A digest or a commit."""
_LONGEST_ID: Final = 168
"""Characters, with room to spare."""


def plain(text: str, limit: int = _MAX_TEXT) -> str:
    """One line without control, format and surrogate characters (terminal escapes, bidi overrides), at most `limit` long."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(" " if character.isspace() else _shown(character) for character in text)
    return text if len(text) <= limit else text[: whole(text, limit - 1)].rstrip() + "…"


def whole(text: str, end: int) -> int:
    """Where to cut a text before `end` so that no digest or commit is cut in two."""
    start = max(0, end - _LONGEST_ID)
    for found in _CONTENT_ID.finditer(text, start, end + _LONGEST_ID):
        if found.start() < end < found.end():
            return found.start()
    return end


def told(findings: Iterable[Finding]) -> list[tuple[Finding, list[FieldPath]]]:
    """Findings that say the same of several fields once, with the other fields: weights and the code in them, for one."""
    found: dict[Finding, list[FieldPath]] = {}
    first: dict[Finding, Finding] = {}
    for finding in findings:
        same = first.setdefault(replace(finding, field=ROOT), finding)
        also = found.setdefault(same, [])
        if finding.field != same.field:
            also.append(finding.field)
    return list(found.items())


def finding_line(finding: Finding, also: Sequence[FieldPath] = ()) -> str:
    """`[Code] field (container): message`, without the fix; `also` are more fields of which it is true."""
    fields = [str(finding.field), *map(str, also[: _MAX_FIELDS - 1])]
    more = f" and {len(also) - _MAX_FIELDS + 1} more" if len(also) >= _MAX_FIELDS else ""
    place = " ".join(
        part
        for part in (
            ", ".join(fields) + more,
            f"({finding.container})" if finding.container else "",
        )
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
    for finding, also in told(findings):
        lines.append(indent + finding_line(finding, also))
        if finding.fix:
            fix = finding.fix if len(finding.fix) <= _MAX_TEXT else _command(finding)
            lines.append(f"{indent}    fix: {plain(fix)}")
    return lines


def headline(findings: Sequence[Finding]) -> str:
    """`2 findings by TrustPolicy/production-models (generation 3)`.

    A policy that was changed a moment ago may not have reached every replica: the generation says which one spoke. One
    that was read from a file has none.
    """
    several = len(findings) if len(findings) > _MAX_LISTED else len(told(findings))
    count = f"{several} finding{'s' if several != 1 else ''}"
    policies = {finding.policy: finding.generation for finding in findings if finding.policy}
    named = [
        f"TrustPolicy/{name}" + (f" (generation {number})" if number else "")
        for name, number in sorted(policies.items())
    ]
    more = f" and {len(named) - _MAX_NAMED} more" if len(named) > _MAX_NAMED else ""
    return f"{count} by {', '.join(named[:_MAX_NAMED])}{more}" if named else count


def denial(verdict: Verdict) -> str:
    """The whole message of a denial: every finding that denies, most severe first."""
    denials = verdict.denials
    first = f"{headline(denials)}: {_codes(denials)}"
    return "\n".join([first, *finding_lines(denials[:_MAX_LISTED])])


def _codes(findings: Sequence[Finding]) -> str:
    """What is wrong in a few words: `kubectl get events` shows no more of a message than its first line."""
    codes = list(dict.fromkeys(finding.code for finding in findings))
    more = f" and {len(codes) - _MAX_NAMED} more" if len(codes) > _MAX_NAMED else ""
    return ", ".join(codes[:_MAX_NAMED]) + more


def warnings(verdict: Verdict) -> list[str]:
    """One line each, at most fifteen, then how many more (KEP-1693)."""
    lines = [_warning(finding, also) for finding, also in told(verdict.warnings)]
    if len(lines) <= MAX_WARNINGS:
        return lines
    return [*lines[:MAX_WARNINGS], f"modeladmit: and {len(lines) - MAX_WARNINGS} more"]


def _warning(finding: Finding, also: Sequence[FieldPath]) -> str:
    """A fix that does not fit is left out as a whole, for the command that shows it."""
    by = f"TrustPolicy/{finding.policy}: " if finding.policy else ""
    line = f"{by}{finding_line(finding, also)}"
    shown = f" (fix: {finding.fix})" if finding.fix else ""
    if len(line) + len(shown) > MAX_WARNING and finding.fix:
        shown = f" (fix: {_command(finding)})"
    return plain(line, MAX_WARNING - len(shown)) + plain(shown)


def _command(finding: Finding) -> str:
    """What shows a fix that has no room here, because half a fix is none."""
    if finding.code == "MutableReference":
        return "run `modeladmit pin -f FILE`"
    return f"run `modeladmit explain {finding.code}`"


def _shown(character: str) -> str:
    return "\ufffd" if unicodedata.category(character).startswith("C") else character
