"""Conditions as Kubernetes writes them: the time of transition moves only when the status does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from modeladmit.api.conditions import ConditionStatus
from modeladmit.core.rendering import plain

_MAX_MESSAGE: Final = 1024


TRUE: Final = ConditionStatus.TRUE
FALSE: Final = ConditionStatus.FALSE
UNKNOWN: Final = ConditionStatus.UNKNOWN


@dataclass(frozen=True, slots=True)
class Condition:
    """One aspect of an object's state."""

    type: str
    status: ConditionStatus
    reason: str
    """A finding code, or one word for what is well."""
    message: str = ""


def merged(
    known: Any, conditions: Iterable[Condition], *, generation: int, now: datetime
) -> list[dict[str, Any]]:
    """The list for `status.conditions`; `known` is what stands there now."""
    before = {
        entry["type"]: entry
        for entry in (known if isinstance(known, list) else [])
        if isinstance(entry, Mapping) and isinstance(entry.get("type"), str)
    }
    found = []
    for condition in conditions:
        old = before.get(condition.type, {})
        same = old.get("status") == condition.status and old.get("lastTransitionTime")
        found.append(
            {
                "type": condition.type,
                "status": condition.status.value,
                "reason": condition.reason,
                "message": plain(condition.message, _MAX_MESSAGE),
                "observedGeneration": generation,
                "lastTransitionTime": same or f"{now:%Y-%m-%dT%H:%M:%SZ}",
            }
        )
    return found


def status_of(known: Any, type_: str) -> str | None:
    """The status of a condition in a list as it stands in an object."""
    for entry in known if isinstance(known, list) else []:
        if isinstance(entry, Mapping) and entry.get("type") == type_:
            status = entry.get("status")
            return status if isinstance(status, str) else None
    return None
