"""How much one object may ask for: what is named grows with its author, what is asked of it with the policies.

Counted and not timed, so that the same object gets the same answer on every replica.
"""

from typing import Final

from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.update import Update
from modeladmit.core.workload import Workload

MAX_JUDGEMENTS: Final = 65_536
"""Uses times policies that select the namespace: about a second of work. With 200 policies an object may name 327 models,
with one as many as are read."""


def within_bounds(
    workload: Workload, jurisdiction: Jurisdiction, update: Update | None = None
) -> bool:
    """Whether the object is judged at all. What an update keeps asks for nothing (law 7), so nothing large gets stuck."""
    policies = max(1, len(jurisdiction.policies))
    if (len(workload.uses) + len(workload.undetermined)) * policies <= MAX_JUDGEMENTS:
        return True
    if update is None:
        return False
    changed = sum(not update.unchanged(use) for use in workload.uses)
    changed += sum(not update.keeps_undetermined(unread) for unread in workload.undetermined)
    return changed * policies <= MAX_JUDGEMENTS
