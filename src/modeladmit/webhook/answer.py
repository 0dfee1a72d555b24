"""A verdict as the API server takes it: an AdmissionReview response (admission.k8s.io/v1)."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson

from modeladmit.core.patch import JsonPatchOperation
from modeladmit.core.rendering import denial, plain, warnings
from modeladmit.core.verdict import Verdict
from modeladmit.webhook.request import API_VERSION, KIND

_MAX_CAUSES: Final = 100
_MAX_MESSAGE: Final = 16_384
"""Characters. An Event shows the first 1,024, a terminal scrolls."""
_MAX_ANNOTATION: Final = 2048


def answer(uid: str, verdict: Verdict, operations: Sequence[JsonPatchOperation] = ()) -> bytes:
    """The body of the response; `operations` is what a mutating entry writes."""
    response: dict[str, Any] = {
        "uid": uid,
        "allowed": verdict.allowed,
        "auditAnnotations": _annotations(verdict),
    }
    warned = warnings(verdict)
    if warned:
        response["warnings"] = warned
    if not response["allowed"]:
        response["status"] = _status(verdict)
    if operations:
        response["patchType"] = "JSONPatch"
        response["patch"] = b64encode(orjson.dumps(operations)).decode()
    return orjson.dumps({"apiVersion": API_VERSION, "kind": KIND, "response": response})


def _status(verdict: Verdict) -> dict[str, Any]:
    text = denial(verdict)
    if len(text) > _MAX_MESSAGE:
        shown = text[:_MAX_MESSAGE].rpartition("\n")[0]
        text = (
            f"{shown}\n  … {len(verdict.denials)} findings in all; fix the first ones and try again"
        )
    return {
        "status": "Failure",
        "code": 403,
        "reason": "Forbidden",
        "message": text,
        "details": {
            "name": verdict.identity.name,
            "group": verdict.identity.group,
            "kind": verdict.identity.kind,
            "causes": [
                {
                    "reason": finding.code,
                    "message": plain(finding.message),
                    "field": str(finding.field),
                }
                for finding in verdict.denials[:_MAX_CAUSES]
            ],
        },
    }


def _annotations(verdict: Verdict) -> dict[str, str]:
    """For the audit log; the API server puts the webhook's name before each key."""
    found = {"verdict": word(verdict)}
    asked = asked_policies(verdict)
    if asked:
        found["policies"] = _joined(f"{name}@{number}" for name, number in sorted(asked.items()))
    if verdict.digests:
        found["digests"] = _joined(f"{uri}={pin}" for uri, pin in sorted(verdict.digests.items()))
    return found


def asked_policies(verdict: Verdict) -> dict[str, int]:
    """The policies that had something to say, a pass among it, with the generation they were judged by."""
    return {
        finding.policy: finding.generation or 0
        for finding in verdict.findings
        if finding.policy is not None
    }


def word(verdict: Verdict) -> str:
    """`denied`, `would-deny` under Warn or Audit, or `allowed`."""
    if not verdict.allowed:
        return "denied"
    return "would-deny" if verdict.would_deny else "allowed"


def _joined(parts: Iterable[str]) -> str:
    return plain(" ".join(parts), _MAX_ANNOTATION)
