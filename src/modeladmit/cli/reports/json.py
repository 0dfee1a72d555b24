"""`-o json`, in the shapes that design section 4 fixes."""

from collections.abc import Sequence
from typing import Any

import orjson

from modeladmit.cli.reports.judgement import Judgement
from modeladmit.core.verdict import Finding
from modeladmit.core.workload import ModelUse, ObjectIdentity, Workload


def verdicts(judgements: Sequence[Judgement]) -> str:
    """`check -o json`."""
    return _dump(
        {
            "verdicts": [
                {
                    "object": _object(judgement.verdict.identity),
                    "allowed": judgement.verdict.allowed,
                    "findings": [_finding(finding) for finding in judgement.verdict.findings],
                }
                for judgement in judgements
            ]
        }
    )


def inspection(workloads: Sequence[Workload]) -> str:
    """`inspect -o json`."""
    return _dump(
        {
            "objects": [
                {
                    **_object(workload.identity),
                    "inference": workload.inference,
                    "references": [_reference(use) for use in workload.uses],
                    "undetermined": [
                        {"field": str(place.field), "reason": f"{place.reason}: {place.detail}"}
                        for place in workload.undetermined
                    ],
                }
                for workload in workloads
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


def _finding(finding: Finding) -> dict[str, str | None]:
    return {
        "code": finding.code,
        "outcome": finding.answer.value,
        "field": str(finding.field),
        "subject": finding.subject,
        "policy": finding.policy,
        "message": finding.message,
        "fix": finding.fix,
    }


def _reference(use: ModelUse) -> dict[str, str | None]:
    return {
        "role": use.role.value,
        "uri": use.reference.uri,
        "revision": use.reference.revision,
        "pin": use.pin.label,
        "field": str(use.field),
        "container": use.container,
        "engine": use.engine,
    }


def _dump(value: Any) -> str:
    return orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2).decode()
