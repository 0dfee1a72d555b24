"""What lies beside manifests and is none: charts, kustomizations, values, patches. What people should do with it.

Whoever judges a file that something else renders first has judged nothing, and must hear so.
"""

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Final

_HELM: Final = "render it first, `helm template CHART | modeladmit … -f -`"
_KUSTOMIZE: Final = "build it first, `kubectl kustomize FOLDER | modeladmit … -f -`"
_KUSTOMIZATION: Final = frozenset({"kustomization.yaml", "kustomization.yml"})
_FIELDS: Final = frozenset(
    {"resources", "bases", "components", "patches", "patchesStrategicMerge", "configMapGenerator"}
)
_TEMPLATED: Final = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"})


def unreadable(text: str) -> str:
    """Why text may be no YAML; empty when it is just wrong."""
    return f". It looks like a Helm template: {_HELM}" if "{{" in text else ""


def no_mapping(document: object) -> str:
    """Why a document may be no object."""
    is_patch = isinstance(document, list) and any(
        isinstance(entry, Mapping) and {"op", "path"} <= entry.keys() for entry in document
    )
    return f". It looks like a JSON patch: {_KUSTOMIZE}" if is_patch else ""


def no_kind(name: str, document: Mapping[str, Any]) -> str:
    """What an object without a kind may be, after the file's name."""
    file = PurePath(name).name
    if file in _KUSTOMIZATION or _FIELDS & document.keys():
        return f"it looks like a kustomization: {_KUSTOMIZE}"
    if file in {"Chart.yaml", "values.yaml"}:
        return f"it belongs to a Helm chart: {_HELM}"
    return "every object needs `apiVersion` and `kind`"


def is_meant_as_object(document: Mapping[str, Any]) -> bool:
    """Whether an object without a kind was meant to be one: a mistyped `kind` must not hide a workload."""
    return isinstance(document.get("metadata"), Mapping) or "spec" in document


def note(name: str, document: Mapping[str, Any]) -> str | None:
    """What is said of an object that will not be what the cluster gets; None for all others."""
    if PurePath(name).name in _KUSTOMIZATION:
        return f"{name}: what kustomize makes of this folder is not looked at; {_KUSTOMIZE}"
    if _lacks_image(document):
        return f"{name}: a container has no image, as in a patch; what it patches is not looked at: {_KUSTOMIZE}"
    return None


def _lacks_image(document: Mapping[str, Any]) -> bool:
    spec: Any = document.get("spec")
    if document.get("kind") in _TEMPLATED and isinstance(spec, Mapping):
        template = spec.get("template")
        spec = template.get("spec") if isinstance(template, Mapping) else None
    elif document.get("kind") != "Pod":
        return False
    containers = spec.get("containers") if isinstance(spec, Mapping) else None
    return isinstance(containers, list) and any(
        isinstance(container, Mapping) and not container.get("image") for container in containers
    )
