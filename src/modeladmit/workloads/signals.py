"""Is it inference at all: the reasons that need no model name."""

import re
from collections.abc import Iterator
from typing import Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.workloads.podspec import Container, PodSpec
from modeladmit.workloads.reading import mapping, sequence

ACCELERATOR: Final = re.compile(
    r"nvidia\.com/(?:gpu|mig-.+|.*gpu.*)|amd\.com/(?:gpu|.*gfx.*)|gpu\.intel\.com/.+|intel\.com/(?:gpu|npu)|habana\.ai/gaudi.*|google\.com/tpu"
    r"|cloud-tpus\.google\.com/.+|aws\.amazon\.com/neuron.*|huawei\.com/.+|cambricon\.com/.+|iluvatar\.ai/.+|metax-tech\.com/.+|mthreads\.com/.+"
    r"|hygon\.com/.+|enflame\.com/.+|qualcomm\.com/.*|furiosa\.ai/.+|rebellions\.ai/.+|tenstorrent\.com/.+|volcano\.sh/.*gpu.*|aliyun\.com/gpu.*"
    r"|nvidia\.com/.+|gpu"
)

_ORDINARY: Final = frozenset({"cpu", "memory", "ephemeral-storage"})


def accelerator(container: Container) -> tuple[FieldPath, str] | None:
    """The accelerator that a container asks for, by resource or by claim (DRA)."""
    resources = mapping(container.raw.get("resources"))
    for part in ("limits", "requests"):
        for name, amount in mapping(resources.get(part)).items():
            if (
                isinstance(name, str)
                and name not in _ORDINARY
                and ACCELERATOR.fullmatch(name)
                and str(amount)[:8] not in {"0", "0.0", ""}
            ):
                return container.path / "resources" / part / name, name
    if sequence(resources.get("claims")):
        return container.path / "resources" / "claims", "a resource claim"
    return None


def pod_accelerators(pod: PodSpec) -> Iterator[tuple[FieldPath, str]]:
    """Accelerators that the Pod as a whole asks for."""
    if sequence(pod.spec.get("resourceClaims")):
        yield pod.path / "resourceClaims", "a resource claim"
    for part in ("limits", "requests"):
        for name in mapping(mapping(pod.spec.get("resources")).get(part)):
            if isinstance(name, str) and ACCELERATOR.fullmatch(name):
                yield pod.path / "resources" / part / name, name
