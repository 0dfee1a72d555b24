"""Law 7: what an UPDATE leaves as it is, and is therefore not judged again.

A use is left alone only if the whole of it, but for its position, equals one in the old object's same container. Every
question is answered from sets, so that an object with thousands of uses costs no more than its size.
"""

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import replace

from modeladmit.core.fieldpath import ROOT
from modeladmit.core.policy import Policy
from modeladmit.core.situation import Situation
from modeladmit.core.workload import ModelUse, Role, Undetermined, Workload


class Update:
    """A workload beside the one that is stored. On CREATE nothing is unchanged."""

    def __init__(self, workload: Workload, situation: Situation) -> None:
        old = situation.old
        self._uses = frozenset(map(_content, old.uses)) if old else frozenset()
        self._undetermined = frozenset(map(_unread, old.undetermined)) if old else frozenset()
        self._changed_containers = frozenset(
            use.container
            for use in (workload.uses if old else ())
            if use.role is Role.RUNTIME and _content(use) not in self._uses
        )
        self._credentials_added = old is not None and not _credentials(workload) <= _credentials(
            old
        )
        self._guards_lost = old is not None and not _guards(old) <= _guards(workload)

    def keeps(self, use: ModelUse, policies: Sequence[Policy]) -> bool:
        """Whether a use is unchanged, for those policies: some ask about what stands beside it, too."""
        return (
            bool(self._uses)
            and _content(use) in self._uses
            and not (
                self._credentials_added
                and any(policy.require.inline_credentials for policy in policies)
            )
            and not (
                self._guards_lost and any(policy.require.verify_at_load for policy in policies)
            )
        )

    def unchanged(self, use: ModelUse) -> bool:
        """Whether a use is kept whatever policies ask, so that nobody needs to look for them."""
        return not self._credentials_added and not self._guards_lost and _content(use) in self._uses

    def keeps_undetermined(self, undetermined: Undetermined) -> bool:
        """Whether what cannot be determined is unchanged. Another image is another program behind the same text."""
        return (
            _unread(undetermined) in self._undetermined
            and undetermined.container not in self._changed_containers
        )


def _content(use: ModelUse) -> Hashable:
    """Everything of a use but its position."""
    return (
        use.role,
        use.reference,
        use.container,
        use.engine,
        use.carrier,
        use.text,
        use.image,
        use.volume,
        use.mount_path,
        use.runs_code,
        tuple((endpoint.setting, endpoint.value) for endpoint in use.endpoints),
    )


def _unread(undetermined: Undetermined) -> Undetermined:
    return replace(undetermined, field=ROOT)


def _credentials(workload: Workload) -> Counter[Hashable]:
    return Counter((found.kind, found.container) for found in workload.credentials)


def _guards(workload: Workload) -> Counter[Hashable]:
    return Counter(replace(guard, field=ROOT) for guard in workload.guards)
