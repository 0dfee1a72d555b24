"""Under which circumstances an object is judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from modeladmit.core.digest import Digest
from modeladmit.core.reference import Reference
from modeladmit.core.workload import Workload


class Operation(StrEnum):
    """Admission operations that are judged."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"


@dataclass(frozen=True, slots=True)
class DeclaredModel:
    """A ModelRef of the namespace: a URI that the platform declared, and what it resolved to."""

    name: str
    reference: Reference
    digest: Digest | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Where and how. Labels come from the API server, never from the object under review."""

    namespace: str | None = None
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False
    """Whether the namespace carries the enforcement label (or lacks the opening one, under `closedByDefault`)."""
    operation: Operation = Operation.CREATE
    old: Workload | None = None
    """On UPDATE, what the stored object used."""
    declared: tuple[DeclaredModel, ...] = ()
    trusted_endpoints: frozenset[str] = frozenset()
    """Endpoint values that the settings list: mirrors, proxies and CA files of the organisation."""
    guard_images: frozenset[Digest] = frozenset()
    """Digests of our own image: only these guards count."""
    synced: bool = True
    """False while the policy store has not been filled or is too old: Enforce denies."""
    writes_pins: bool = False
    """Whether new Pods get the pins that policies with `writePins: Pods` ask for."""
    docs_url: str = "https://modeladmit.io/findings"
