"""Requests that ask nothing of us: what does not start a model, and what the kubelet runs regardless."""

from collections.abc import Mapping
from typing import Any, Final

from modeladmit.core.situation import Operation
from modeladmit.core.verdict import Finding, Outcome, Verdict
from modeladmit.core.workload import ObjectIdentity
from modeladmit.webhook.request import AdmissionRequest

_MIRROR: Final = "kubernetes.io/config.mirror"
_NODES: Final = "system:nodes"
_JUDGED_SUBRESOURCES: Final = frozenset({"", "ephemeralcontainers", "resize"})


def identity(request: AdmissionRequest) -> ObjectIdentity:
    """The object as the request names it."""
    return ObjectIdentity(request.api_version, request.kind, request.name, request.namespace)


def skipped(request: AdmissionRequest) -> Verdict | None:
    """The verdict of a request that is not judged; None when it is.

    Deleting, scaling and reporting status start nothing new and are never blocked (policy administrators who mistype
    a rule in the webhook configuration must not stop a cluster).
    """
    if (
        request.operation not in {Operation.CREATE, Operation.UPDATE}
        or request.sub_resource not in _JUDGED_SUBRESOURCES
        or (request.operation == Operation.UPDATE and _is_leaving(request))
    ):
        return Verdict(identity(request), inference=False)
    if _is_mirror(request):
        finding = Finding(
            "MirrorPod",
            Outcome.SKIP,
            "the kubelet runs this static Pod whatever is answered here",
        )
        return Verdict.of(identity(request), [finding])
    return None


def _is_leaving(request: AdmissionRequest) -> bool:
    """Finalizers of a deleted object are being removed, and nothing else. What was stored before says that it is deleted."""
    metadata = (request.old or {}).get("metadata")
    if not isinstance(metadata, dict) or not metadata.get("deletionTimestamp"):
        return False
    return _content(request.obj) == _content(request.old)


def _content(obj: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (obj or {}).items() if key not in {"metadata", "status"}}


def _is_mirror(request: AdmissionRequest) -> bool:
    metadata = (request.obj or {}).get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return (
        request.kind == "Pod"
        and _NODES in request.groups
        and isinstance(annotations, dict)
        and _MIRROR in annotations
    )
