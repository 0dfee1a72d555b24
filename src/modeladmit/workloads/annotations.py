"""What annotations say: a Pod spec kept as text, and the source that KServe's webhook copies from.

Annotations change without a review of the containers: what is read here is mutable.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Carrier, Role, UndeterminedReason
from modeladmit.workloads.claims import Claim, Reading
from modeladmit.workloads.podspec import Found, PodSpec, find_containers
from modeladmit.workloads.reading import dig, string
from modeladmit.workloads.tables import Form
from modeladmit.workloads.text import Origin
from modeladmit.workloads.yaml_text import read_yaml

KSERVE_SOURCE: Final = "internal.serving.kserve.io/storage-initializer-sourceuri"
_COPIES: Final = (
    "kubectl.kubernetes.io/",
    "meta.helm.sh/",
    "argocd.argoproj.io/",
    "objectset.rio.cattle.io/",
    "deployment.kubernetes.io/",
)
"""Copies of the object itself."""
MAX_TEXT: Final = 1 << 16
"""Characters of all of them together."""


def nested_pods(reading: Reading, found: Found) -> Iterator[Found]:
    """Pod specs that annotations hold as text; more of it than is read is incomplete."""
    budget = MAX_TEXT
    for at, annotations in _annotated(reading, found):
        for key, value in annotations.items():
            if not isinstance(value, str) or "containers" not in value or "image" not in value:
                continue
            if not isinstance(key, str) or key.startswith(_COPIES):
                continue
            budget -= len(value)
            if budget < 0:
                yield Found(complete=False)
                return
            document = read_yaml(reading, value, at / "annotations" / key)
            if isinstance(document, dict):
                yield find_containers(document, at / "annotations" / key)


def _annotated(reading: Reading, found: Found) -> Iterator[tuple[FieldPath, Mapping[Any, Any]]]:
    """The annotations of the object and of its Pod templates."""
    own = dig(reading.root, "metadata", "annotations")
    if isinstance(own, dict):
        yield FieldPath(("metadata",)), own
    for pod in tuple(found.pods):  # what annotations hold is not looked through again
        annotations = pod.metadata.get("annotations")
        steps = pod.path.steps
        if isinstance(annotations, dict) and len(steps) > 1 and steps[-1] == "spec":
            yield FieldPath((*steps[:-1], "metadata")), annotations


def kserve_sources(reading: Reading, pods: list[PodSpec]) -> None:
    """The source of KServe's storage initializer, before and after its webhook has put it into the Pod."""
    said = {claim.word.text.strip() for claim in reading.claims}
    for pod in pods:
        value = dig(pod.metadata, "annotations", KSERVE_SOURCE)
        if not isinstance(value, str) or not value:
            continue
        steps = (*pod.path.steps[:-1], "metadata", "annotations", KSERVE_SOURCE)
        at = FieldPath(steps)
        if value.strip() in said:
            continue  # the init container is there already, and says the same
        origin = Origin(
            f"annotation {KSERVE_SOURCE}",
            UndeterminedReason.MUTABLE_CARRIER,
            known=True,
            carrier=Carrier.FIELD_REF,
            field=at,
        )
        text = reading.ledger.marker(origin) + reading.ledger.readable(value)
        reading.claims.append(
            Claim(Role.WEIGHTS, reading.ledger.word(text, at), Form.URL, "kserve")
        )
        reading.filled = (*reading.filled, "/mnt/models")
        reading.signal("annotation", at, string(value))
