"""Which Pods of a list still count."""

from collections.abc import Mapping
from typing import Any, Final

_ENDED: Final = frozenset({"Succeeded", "Failed"})


def lives(pod: Mapping[str, Any]) -> bool:
    """Whether it may still load something: one that has ended does not, and is never created again."""
    return (pod.get("status") or {}).get("phase") not in _ENDED
