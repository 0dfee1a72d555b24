"""What a cluster would hold for the demo: one closed namespace, and the policies that were applied to it."""

from collections.abc import Mapping
from typing import Any, Final

from modeladmit.api.compile import NOTHING, Compiled
from modeladmit.cluster.compiling import Compiler
from modeladmit.core.policy import Policy
from modeladmit.engine.circumstances import ENFORCE_LABEL
from modeladmit.engine.snapshot import Snapshot
from modeladmit.signatures.public_good import public_good_anchor

NAMESPACE: Final = "demo"
LABELS: Final = {"kubernetes.io/metadata.name": NAMESPACE, ENFORCE_LABEL: "true"}


class DemoStore:
    """Satisfies what the webhook asks of its policy store: `Policies` and `Drafts`."""

    def __init__(self) -> None:
        self._compiler = Compiler(public_good_anchor())
        self._policies: list[Policy] = []

    def snapshot(self) -> Snapshot:
        """What was applied so far."""
        return Snapshot(tuple(self._policies), namespaces={NAMESPACE: LABELS}, synced=True)

    async def labels(self, namespace: str, *, seconds: float) -> Mapping[str, str] | None:  # noqa: ARG002
        """There is one namespace."""
        return LABELS if namespace == NAMESPACE else None

    async def draft(self, obj: Mapping[str, Any], *, seconds: float) -> Compiled[Any]:  # noqa: ARG002
        """Compile an object that is not stored yet."""
        return self._compiler.draft(obj, self._compiler.trust_roots({}, NOTHING), NOTHING)

    async def apply(self, obj: Mapping[str, Any]) -> None:
        """Store a TrustPolicy that the webhook has admitted."""
        compiled = await self.draft(obj, seconds=1)
        self._policies.append(compiled.value)
