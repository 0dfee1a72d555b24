"""What the webhook asks of the policy store."""

from collections.abc import Mapping
from typing import Protocol

from modeladmit.engine.snapshot import Snapshot


class Policies(Protocol):
    """What the policy store offers."""

    def snapshot(self) -> Snapshot:
        """The policies of this moment."""

    async def labels(self, namespace: str, *, seconds: float) -> Mapping[str, str] | None:
        """Labels of a namespace, asked of the API server if it is new; None when they cannot be had."""
