"""Under which circumstances a request is judged: what the cluster and the settings say, never what the object says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from modeladmit.core.digest import Digest
from modeladmit.core.situation import Operation, Situation
from modeladmit.core.workload import Workload
from modeladmit.engine.snapshot import Snapshot

SYSTEM: Final = "kube-system"
ENFORCE_LABEL: Final = "modeladmit.io/enforce"
"""Closes a namespace, with the value `true`. A ValidatingAdmissionPolicy guards it."""
OPEN_LABEL: Final = "modeladmit.io/open"
"""Opens a namespace under `closedByDefault`, with the value `true`."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The settings that situations have in common."""

    release_namespace: str
    closed_by_default: bool = False
    excluded_namespaces: frozenset[str] = frozenset()
    trusted_endpoints: frozenset[str] = frozenset()
    guard_images: frozenset[Digest] = frozenset()
    writes_pins: bool = False
    docs_url: str = "https://modeladmit.io/findings"

    def asked_about(self, namespace: str) -> bool:
        """Whether the API server sends us what happens there: our own namespace must be able to start us."""
        return namespace not in {SYSTEM, self.release_namespace, *self.excluded_namespaces}

    def closed(self, labels: Mapping[str, str]) -> bool:
        """Whether a namespace with these labels is closed."""
        if self.closed_by_default:
            return labels.get(OPEN_LABEL) != "true"
        return labels.get(ENFORCE_LABEL) == "true"

    def situation(
        self,
        snapshot: Snapshot,
        namespace: str | None,
        labels: Mapping[str, str] | None,
        *,
        operation: Operation = Operation.CREATE,
        old: Workload | None = None,
    ) -> Situation:
        """`labels` of None: the namespace is not known, so nothing may be relied on."""
        known = labels or {}
        return Situation(
            namespace=namespace,
            namespace_labels=known,
            closed=self.closed(known),
            operation=operation,
            old=old,
            declared=snapshot.declared.get(namespace or "", ()),
            trusted_endpoints=self.trusted_endpoints,
            guard_images=self.guard_images,
            synced=snapshot.synced and labels is not None,
            writes_pins=self.writes_pins,
            docs_url=self.docs_url,
        )
