"""`writePins`: from a Pod to the JSON Patch that pins it. Reads and resolves with what the pipeline reads and resolves with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modeladmit.core.bounds import within_bounds
from modeladmit.core.credentials import CredentialScope
from modeladmit.core.pins import NOTHING, Pins, pins, questions
from modeladmit.engine.investigation import Investigation
from modeladmit.engine.ports import WorkloadInspector
from modeladmit.engine.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Pinner:
    """Finds the pins of one object by one snapshot of policies."""

    inspect: WorkloadInspector
    investigation: Investigation

    async def pin(
        self,
        obj: Mapping[str, Any],
        snapshot: Snapshot,
        *,
        namespace: str,
        labels: Mapping[str, str],
        seconds: float,
    ) -> Pins:
        """The edits. What is not resolved within `seconds` stays as it is: the gate judges it afterwards."""
        jurisdiction = snapshot.jurisdiction(namespace, labels)
        if not any(policy.write_pins for policy in jurisdiction.sound):
            return NOTHING
        workload = self.inspect(obj, namespace=namespace)
        # Too much to judge is nothing to pin: the gate denies it.
        asked = questions(workload, jurisdiction) if within_bounds(workload, jurisdiction) else ()
        if not asked:
            return NOTHING
        scope = CredentialScope(namespace, workload.pull_secrets, workload.service_account)
        facts = await self.investigation.answer(asked, scope=scope, seconds=seconds)
        return pins(workload, jurisdiction, facts)
