"""`-o sarif`: SARIF 2.1.0 (OASIS sarif-v2.1.0), which code scanning of GitHub, GitLab and editors read.

Section numbers in comments are those of the standard.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from modeladmit import __version__
from modeladmit.cli.reports.json import dump
from modeladmit.cli.reports.judgement import Judgement
from modeladmit.core.catalog import CATALOG, docs_link
from modeladmit.core.rendering import plain
from modeladmit.core.verdict import Finding, Outcome

_LEVELS: Final = {
    Outcome.FAIL: "error",
    Outcome.ERROR: "error",
    Outcome.WARN: "warning",
    Outcome.SKIP: "none",
    Outcome.PASS: "none",
}
_SCHEMA: Final = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def render(judgements: Sequence[Judgement], *, docs_url: str) -> str:
    """One run, with a rule for every code that occurs; what passed is left out."""
    found = [
        (judgement, finding)
        for judgement in judgements
        for finding in judgement.verdict.findings
        if finding.answer is not Outcome.PASS
    ]
    codes = sorted({finding.code for _, finding in found})
    run = {
        "tool": {
            "driver": {
                "name": "modeladmit",
                "semanticVersion": __version__,
                "informationUri": docs_url,
                "rules": [_rule(code, docs_url) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(judgement, finding, codes.index(finding.code)) for judgement, finding in found
        ],
    }
    return dump({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str, docs_url: str) -> dict[str, Any]:
    """A reportingDescriptor (3.49)."""
    entry = CATALOG[code]
    return {
        "id": code,
        "name": code,
        "shortDescription": {"text": f"{entry.title}."},
        "fullDescription": {"text": entry.meaning},
        "help": {"text": entry.remedy},
        "helpUri": docs_link(docs_url, code),
        "properties": {"tags": ["security", "supply-chain"]},
    }


def _result(judgement: Judgement, finding: Finding, rule: int) -> dict[str, Any]:
    """A result (3.27). The fingerprint leaves the line out, so that it outlives edits above it."""
    identity = judgement.verdict.identity
    name = "/".join(part for part in (identity.namespace, identity.kind, identity.name) if part)
    text = finding.message if not finding.fix else f"{finding.message}. Fix: {finding.fix}"
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "kind": "fail"
        if finding.answer in {Outcome.FAIL, Outcome.WARN, Outcome.ERROR}
        else "notApplicable",
        "level": _LEVELS[finding.answer],
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(judgement.file)},
                    "region": {"startLine": judgement.line_of(finding)},
                },
                "logicalLocations": [
                    {"fullyQualifiedName": f"{name}:{finding.field}", "kind": "member"}
                ],
            }
        ],
        "partialFingerprints": {
            "modeladmit/v1": _fingerprint(
                (
                    finding.code,
                    name,
                    str(finding.field),
                    finding.subject or "",
                    finding.policy or "",
                )
            )
        },
        "properties": {
            "policy": finding.policy,
            "subject": finding.subject,
            "container": finding.container,
        },
    }


def _fingerprint(parts: Iterable[str]) -> str:
    return sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _uri(file: str) -> str:
    """A relative URI reference (3.4.3); standard input has a name that is one."""
    path = PurePath(plain(file))
    return (
        path.as_uri()
        if path.is_absolute()
        else quote("stdin" if file == "<stdin>" else path.as_posix())
    )
