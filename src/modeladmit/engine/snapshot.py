"""Policies, exemptions, declarations and namespaces as they are known at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from modeladmit.core.policy import Exemption, Policy
from modeladmit.core.situation import DeclaredModel


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
