"""Who made a Pod, for people to recognise it: an owner reference is no proof of anything."""

from collections.abc import Mapping
from typing import Any


def controller(pod: Mapping[str, Any]) -> tuple[str, str]:
    """Kind and name of the controller; the Pod itself when it has none. A ReplicaSet of a Deployment counts as it."""
    metadata = pod["metadata"]
    owner = next(
        (ref for ref in metadata.get("ownerReferences") or () if ref.get("controller")), None
    )
    if owner is None:
        return "Pod", str(metadata["name"])
    suffix = f"-{(metadata.get('labels') or {}).get('pod-template-hash', '')}"
    if (
        owner.get("kind") == "ReplicaSet"
        and len(suffix) > 1
        and str(owner.get("name")).endswith(suffix)
    ):
        return "Deployment", str(owner["name"]).removesuffix(suffix)
    return str(owner.get("kind")), str(owner.get("name"))
