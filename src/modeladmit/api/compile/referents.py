"""What objects of ours refer to: keys and certificates in Secrets and ConfigMaps of the release namespace."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol


class Referents(Protocol):
    """Bytes behind `secretRef` and `configMapRef`. Always of the release namespace: a policy names no other."""

    def secret(self, name: str, key: str) -> bytes | None:
        """The decoded value; None when the Secret or the key is not there."""

    def config_map(self, name: str, key: str) -> bytes | None:
        """The value as UTF-8; None when the ConfigMap or the key is not there."""


@dataclass(frozen=True, slots=True)
class MappedReferents:
    """What is known already, by (name, key)."""

    secrets: Mapping[tuple[str, str], bytes] = field(default_factory=dict)
    config_maps: Mapping[tuple[str, str], bytes] = field(default_factory=dict)

    def secret(self, name: str, key: str) -> bytes | None:
        """The value, if it is known."""
        return self.secrets.get((name, key))

    def config_map(self, name: str, key: str) -> bytes | None:
        """The value, if it is known."""
        return self.config_maps.get((name, key))


NOTHING: Final = MappedReferents()
"""Knows nothing: for objects without references."""
