"""`-o json`, in the shapes that design section 4 fixes."""

import json
from collections.abc import Sequence
from typing import Any

import orjson

from modeladmit.cli.reports.judgement import Judgement
from modeladmit.core.verdict import Finding
from modeladmit.core.workload import ObjectIdentity


def verdicts(judgements: Sequence[Judgement]) -> str:
    """`check -o json`."""
    return dump(
        {
            "verdicts": [
                {
                    "object": _object(judgement.verdict.identity),
                    "allowed": judgement.verdict.allowed,
                    "findings": [finding_object(finding) for finding in judgement.verdict.findings],
                }
                for judgement in judgements
            ]
        }
    )


def _object(identity: ObjectIdentity) -> dict[str, str | None]:
    return {
        "apiVersion": identity.api_version,
        "kind": identity.kind,
        "namespace": identity.namespace,
        "name": identity.name,
    }


def finding_object(finding: Finding) -> dict[str, str | None]:
    """One finding."""
    return {
        "code": finding.code,
        "outcome": finding.answer.value,
        "field": str(finding.field),
        "subject": finding.subject,
        "policy": finding.policy,
        "message": finding.message,
        "fix": finding.fix,
    }


def dump(value: Any) -> str:
    """Indented JSON. Lone surrogates, which YAML escapes can smuggle in, come out as the escapes they were."""
    try:
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    except TypeError:
        return json.dumps(value, indent=2)
