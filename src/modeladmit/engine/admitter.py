"""The six steps, once: what the webhook, the operator and the command line all call."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.facts import Facts
from modeladmit.core.judge import judging
from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.plan import planning
from modeladmit.core.situation import Situation
from modeladmit.core.verdict import Verdict
from modeladmit.core.workload import Workload
from modeladmit.engine.investigation import Investigation
from modeladmit.engine.ports import Clock, Observer, WorkloadInspector
from modeladmit.engine.snapshot import Snapshot
from modeladmit.engine.turns import in_turns

_ABSENCES = frozenset(
    {
        "SignatureMissing",
        "AttestationMissing",
        "AttestationStale",
        "AttestationRuleFailed",
        "StageNotReached",
    }
)
"""Denials that a signature made a moment ago would undo."""


@dataclass(frozen=True, slots=True)
class Admitter:
    """Assesses one object by one snapshot of policies, within a number of seconds."""

    inspect: WorkloadInspector
    investigation: Investigation
    clock: Clock
    observer: Observer

    async def assess(
        self,
        obj: Mapping[str, Any],
        situation: Situation,
        snapshot: Snapshot,
        *,
        seconds: float,
        scope: CredentialScope | None = None,
    ) -> Verdict:
        """Read the object, then judge it. Never raises for what an author or a store did."""
        started = perf_counter()
        workload = self.inspect(obj, namespace=situation.namespace)
        self.observer.step("inspect", perf_counter() - started)
        return await self.judge(workload, situation, snapshot, seconds=seconds, scope=scope)

    async def judge(
        self,
        workload: Workload,
        situation: Situation,
        snapshot: Snapshot,
        *,
        seconds: float,
        scope: CredentialScope | None = None,
    ) -> Verdict:
        """Judge what has been read: ask what the policies need to know, find it out, decide."""
        ends = perf_counter() + seconds
        jurisdiction = snapshot.jurisdiction(situation.namespace, situation.namespace_labels)
        questions = await in_turns(planning(workload, jurisdiction, situation))
        scope = scope or _scope(workload, situation)
        facts = await self.investigation.answer(
            questions, scope=scope, seconds=ends - perf_counter()
        )
        verdict = await self._decide(workload, jurisdiction, situation, snapshot, facts)
        if any(finding.code in _ABSENCES for finding in verdict.denials) and (
            doubtful := self.investigation.doubtful(questions, scope=scope)
        ):
            # A denial never rests on remembered absence: whoever has just signed must not wait for a cache.
            again = await self.investigation.answer(
                [question for question in questions if question.reference.key in doubtful],
                scope=scope,
                seconds=ends - perf_counter(),
                refresh=doubtful,
            )
            verdict = await self._decide(
                workload, jurisdiction, situation, snapshot, facts.renewed(again)
            )
        return verdict

    async def _decide(
        self,
        workload: Workload,
        jurisdiction: Jurisdiction,
        situation: Situation,
        snapshot: Snapshot,
        facts: Facts,
    ) -> Verdict:
        started = perf_counter()
        steps = judging(
            workload, jurisdiction, snapshot.exemptions, facts, situation, self.clock.now()
        )
        verdict = await in_turns(steps)
        self.observer.step("judge", perf_counter() - started)
        return verdict


def _scope(workload: Workload, situation: Situation) -> CredentialScope:
    return CredentialScope(
        situation.namespace or "", workload.pull_secrets, workload.service_account
    )
