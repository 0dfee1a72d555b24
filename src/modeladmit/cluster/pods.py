"""Which Pods of a list count: those that still load something where policies are asked."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

_ENDED: Final = frozenset({"Succeeded", "Failed"})


def lives(pod: Mapping[str, Any]) -> bool:
    """Whether it may still load something: one that has ended does not, and is never created again."""
    return (pod.get("status") or {}).get("phase") not in _ENDED


def judged(
    pods: Iterable[Mapping[str, Any]], asked_about: Callable[[str], bool]
) -> list[Mapping[str, Any]]:
    """Pods that would be judged if they were created now; in namespaces that are never asked about no policy denies."""
    return [pod for pod in pods if lives(pod) and asked_about(str(pod["metadata"]["namespace"]))]
