"""Which policies have a say about what, in one namespace. Worked out once a policy set, asked at every review."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeVar

from modeladmit.core.lookalike import lookalike
from modeladmit.core.policy import Mode, Policy
from modeladmit.core.reference import Reference
from modeladmit.core.workload import ModelUse, Role

K = TypeVar("K")
V = TypeVar("V")

_REMEMBERED: Final = 4096
"""Distinct (role, artifact) pairs; a tenant who invents names can only push others out."""


class Jurisdiction:
    """The policies that select a namespace by its labels, Enforce first.

    Its answers are pure; they are remembered because patterns and look-alikes of hundreds of policies cost more than
    the rest of judging together.
    """

    def __init__(
        self,
        policies: Sequence[Policy],
        labels: Mapping[str, str] | None = None,
        namespace: str | None = None,
    ) -> None:
        selecting = [policy for policy in policies if policy.selects(labels or {})]
        self.policies: Final = tuple(sorted(selecting, key=_enforce_first))
        self.namespace: Final = namespace
        self.generations: Final = {policy.name: policy.generation for policy in self.policies}
        self.broken: Final = tuple(policy for policy in self.policies if policy.problems)
        self._sound = tuple(policy for policy in self.policies if not policy.problems)
        self._covering: dict[tuple[Role, str], tuple[Policy, ...]] = {}
        self._revoking: dict[tuple[Role, str], tuple[Policy, ...]] = {}
        self._imitated: dict[tuple[Role, str], tuple[tuple[Policy, str], ...]] = {}

    @property
    def sound(self) -> tuple[Policy, ...]:
        """Policies that compile."""
        return self._sound

    def covering(self, use: ModelUse) -> tuple[Policy, ...]:
        """Policies that judge a use."""
        key = (use.role, use.reference.address)
        found = self._covering.get(key)
        if found is None:
            found = tuple(policy for policy in self._sound if policy.covers(use, self.namespace))
            _remember(self._covering, key, found)
        return found

    def revoking(self, use: ModelUse) -> tuple[Policy, ...]:
        """Policies that do not judge a use, but whose `deny` holds all the same: a revocation wins over everything."""
        key = (use.role, use.reference.address)
        found = self._revoking.get(key)
        if found is None:
            found = tuple(
                policy for policy in self._others(use) if policy.deny and use.role in policy.roles
            )
            _remember(self._revoking, key, found)
        return found

    def imitated(self, use: ModelUse) -> tuple[tuple[Policy, str], ...]:
        """Policies that do not cover a use, but whose patterns it resembles, with the probable original."""
        key = (use.role, use.reference.address)
        found = self._imitated.get(key)
        if found is None:
            found = tuple(self._imitations(use))
            _remember(self._imitated, key, found)
        return found

    def _imitations(self, use: ModelUse) -> list[tuple[Policy, str]]:
        found = []
        for policy in self._others(use):
            if use.role not in policy.roles or self._excepted(policy, use.reference):
                continue
            patterns = (*(policy.models or ()), *(policy.require.sources or ()))
            original = lookalike(use.reference, patterns, self.namespace)
            if original:
                found.append((policy, original))
        return found

    def _others(self, use: ModelUse) -> Iterator[Policy]:
        """Policies that do not judge a use. Names tell them apart; comparing whole policies costs the most here."""
        covering = {policy.name for policy in self.covering(use)}
        return (policy for policy in self._sound if policy.name not in covering)

    def _excepted(self, policy: Policy, reference: Reference) -> bool:
        return any(pattern.matches(reference, self.namespace) for pattern in policy.except_models)


def _enforce_first(policy: Policy) -> tuple[bool, str]:
    return (policy.mode is not Mode.ENFORCE, policy.name)


def _remember(memo: dict[K, V], key: K, value: V) -> None:
    if len(memo) >= _REMEMBERED:
        memo.pop(next(iter(memo)))
    memo[key] = value
