"""Policies, exemptions, declarations and namespaces as they are known at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.policy import Exemption, Policy
from modeladmit.core.situation import DeclaredModel

_NAMESPACES: Final = 1024


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Immutable: a request is judged by one snapshot from beginning to end."""

    policies: tuple[Policy, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    declared: Mapping[str, tuple[DeclaredModel, ...]] = field(default_factory=dict)
    """ModelRefs by namespace."""
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Labels of every namespace that is known."""
    synced: bool = False
    """Whether a complete list was seen, and not too long ago."""
    _jurisdictions: dict[tuple[object, ...], Jurisdiction] = field(
        default_factory=dict, repr=False, compare=False
    )

    def jurisdiction(self, namespace: str | None, labels: Mapping[str, str]) -> Jurisdiction:
        """The policies that have a say in a namespace with these labels."""
        key = (namespace, *sorted(labels.items()))
        found = self._jurisdictions.get(key)
        if found is None:
            found = Jurisdiction(self.policies, labels, namespace)
            if len(self._jurisdictions) >= _NAMESPACES:
                self._jurisdictions.pop(next(iter(self._jurisdictions)))
            self._jurisdictions[key] = found
        return found
