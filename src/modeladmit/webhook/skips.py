"""Requests that ask nothing of us: what does not start a model, and what the kubelet runs regardless."""

from modeladmit.core.situation import Operation
from modeladmit.core.verdict import Finding, Outcome, Verdict
from modeladmit.core.workload import ObjectIdentity
from modeladmit.webhook.request import AdmissionRequest

_MIRROR: str = "kubernetes.io/config.mirror"
_NODES: str = "system:nodes"
_JUDGED_SUBRESOURCES = frozenset({"", "ephemeralcontainers", "resize"})


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
    """Finalizers are being removed. What was stored before says so, not what is sent now."""
    metadata = (request.old or {}).get("metadata")
    return isinstance(metadata, dict) and bool(metadata.get("deletionTimestamp"))


def _is_mirror(request: AdmissionRequest) -> bool:
    metadata = (request.obj or {}).get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return (
        request.kind == "Pod"
        and _NODES in request.groups
        and isinstance(annotations, dict)
        and _MIRROR in annotations
    )
