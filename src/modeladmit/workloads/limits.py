"""What is longer than what is read: said, never passed over. Otherwise padding would hide what stands behind it."""

from collections.abc import Sequence
from typing import Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import UndeterminedReason
from modeladmit.workloads.claims import Reading
from modeladmit.workloads.containers import Outcome
from modeladmit.workloads.reading import sequence
from modeladmit.workloads.volumes import MAX_MOUNTS

MAX_ITEMS: Final = 4096
"""Words and variables of one container that are read."""
_LISTS: Final = {
    "command": MAX_ITEMS,
    "args": MAX_ITEMS,
    "env": MAX_ITEMS,
    "envFrom": MAX_ITEMS,
    "volumeMounts": MAX_MOUNTS,
}


def note_limits(reading: Reading, outcomes: Sequence[Outcome]) -> None:
    """Make everything that was cut off undetermined, and a signal: nobody can say that it is no inference."""
    if not reading.volumes.complete:
        at = FieldPath(("spec",))
        reading.limit(at, "more volumes, mounts or files of one volume than are read in one object")
    for outcome in outcomes:
        container = outcome.view.container
        for name, most in _LISTS.items():
            if len(sequence(container.raw.get(name, ()))) > most:
                reading.limit(
                    container.path / name, f"only {most} entries of {name} are read", outcome.view
                )
        for words in reading.started.get(container, ()):
            for word in words:
                origin = word.unknown
                if origin is not None and origin.reason is UndeterminedReason.LIMIT:
                    reading.limit(word.field, f"{origin.name[:120]} is not read", outcome.view)
        for unread in outcome.unread:
            if unread.reason is UndeterminedReason.LIMIT:
                reading.limit(unread.field, unread.detail, outcome.view)
