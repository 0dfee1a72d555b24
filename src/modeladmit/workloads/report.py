"""A `Workload` as `inspect -o json` prints it (design section 4)."""

from typing import Any

from modeladmit.core.workload import ModelUse, Workload


def inspection(workload: Workload) -> dict[str, Any]:
    """One entry of `objects`."""
    identity = workload.identity
    return {
        "apiVersion": identity.api_version,
        "kind": identity.kind,
        "namespace": identity.namespace,
        "name": identity.name,
        "inference": workload.inference,
        "signals": [
            {"kind": s.kind, "field": str(s.field), "value": s.value} for s in workload.signals
        ],
        "references": [_reference(use) for use in workload.uses],
        "undetermined": [
            {
                "field": str(u.field),
                "reason": str(u.reason),
                "detail": u.detail,
                "container": u.container,
                "engine": u.engine,
            }
            for u in workload.undetermined
        ],
    }


def _reference(use: ModelUse) -> dict[str, Any]:
    return {
        "role": str(use.role),
        "uri": use.reference.uri,
        "revision": use.reference.revision,
        "pin": use.pin.label,
        "field": str(use.field),
        "container": use.container,
        "engine": use.engine,
        "carrier": str(use.carrier),
        "endpoints": [
            {"setting": e.setting, "value": e.value, "field": str(e.field)} for e in use.endpoints
        ],
        "fix": [edit.shown for edit in use.pin_edits],
    }
