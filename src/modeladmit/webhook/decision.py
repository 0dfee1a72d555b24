"""The audit record of a review: one JSON line on standard output."""

import contextlib
import sys
from collections.abc import Callable
from typing import Any, Final

import orjson

from modeladmit.core.verdict import Verdict
from modeladmit.webhook.answer import asked_policies, word
from modeladmit.webhook.entry import Entry
from modeladmit.webhook.request import AdmissionRequest

_MAX_FINDINGS: Final = 100

Write = Callable[[bytes], object]


def to_stdout(line: bytes) -> None:
    """Write a line and let it go at once: a decision that is lost in a buffer was never recorded.

    Whoever closed our output does not thereby stop admission.
    """
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


def line(entry: Entry, request: AdmissionRequest, verdict: Verdict, seconds: float) -> bytes:
    """Who asked for what, what was decided, by which policies, about which digests."""
    record: dict[str, Any] = {
        "decision": word(verdict),
        "entry": entry.value,
        "uid": request.uid,
        "user": request.username,
        "groups": request.groups,
        "operation": request.operation,
        "object": {
            "apiVersion": request.api_version,
            "kind": request.kind,
            "subResource": request.sub_resource,
            "namespace": request.namespace,
            "name": request.name,
        },
        "inference": verdict.inference,
        "dryRun": request.dry_run,
        "policies": asked_policies(verdict),
        "digests": verdict.digests,
        "findings": [
            {
                "code": finding.code,
                "outcome": finding.outcome.value,
                "field": str(finding.field),
                "subject": finding.subject,
                "policy": finding.policy,
                "mode": finding.mode.value,
            }
            for finding in verdict.findings[:_MAX_FINDINGS]
            if finding.code != "Satisfied"
        ],
        "seconds": round(seconds, 6),
    }
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
