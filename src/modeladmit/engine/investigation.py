"""Finding out: questions to facts, concurrently, within a deadline, each thing asked once.

Facts are cached, verdicts never (law 4). What an immutable reference is, and what a signature proves, does not change;
what a tag is and which signatures exist does, and is asked again when it is no longer fresh.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Final

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.evidence import Artifact, Attestation, Evidence, EvidenceSet, Gap, Rejection
from modeladmit.core.facts import Facts, FactSheet
from modeladmit.core.pin import Pin
from modeladmit.core.plan import Question
from modeladmit.core.reference import Reference, Scheme
from modeladmit.core.trust import TrustAnchor
from modeladmit.engine import patience
from modeladmit.engine.disk_cache import DiskCache
from modeladmit.engine.flights import Flights
from modeladmit.engine.gaps import bug, failure, late
from modeladmit.engine.memory import Memory
from modeladmit.engine.ports import (
    Clock,
    EarlyEvidence,
    Observer,
    SignatureVerifier,
    Source,
)
from modeladmit.engine.recollection import Recollection, evidence_key
from modeladmit.engine.verification import Verification, verifications
from modeladmit.errors import DeadlineExceeded, EvidenceError, LimitExceeded

_INLINE_VERIFICATIONS: Final = 2
_INLINE_BYTES: Final = 1 << 16
"""So many verifications of so little evidence cost less than the way to a thread and back."""
_WARM: Final = 32
"""Remembered answers that are put together in one turn of the event loop."""
_MANY: Final = 64
"""References that one object may ask for at once before it is the author's fault that the answer is late."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """How long what was found out counts as fresh."""

    tag: timedelta = timedelta(seconds=10)
    evidence: timedelta = timedelta(minutes=10)
    absence: timedelta = timedelta(seconds=3)


class Investigation:
    """Asks sources and verifies signatures. One for the life of a process, on one event loop."""

    def __init__(
        self,
        *,
        sources: Mapping[Scheme, Source],
        verify: SignatureVerifier,
        memory: Memory,
        clock: Clock,
        observer: Observer,
        freshness: Freshness | None = None,
        disk: DiskCache | None = None,
        flights: Flights | None = None,
    ) -> None:
        self._sources = sources
        self._verify = verify
        self._memory = memory
        self._clock = clock
        self._observer = observer
        self._freshness = freshness or Freshness()
        self._recollection = Recollection(memory, disk)
        self._flights = Flights() if flights is None else flights

    @property
    def under_way(self) -> int:
        """How much is being found out at this moment."""
        return len(self._flights)

    async def answer(
        self,
        questions: Sequence[Question],
        *,
        scope: CredentialScope,
        seconds: float,
        refresh: Collection[str] = (),
    ) -> Facts:
        """Every question's sheet. What the deadline cuts off is a gap now, and goes on in the background.

        `refresh` holds keys of references whose evidence is asked again although it is fresh.
        """
        ends = perf_counter() + seconds
        sheets: dict[str, FactSheet] = {}
        waiting: dict[asyncio.Task[FactSheet], Question] = {}
        for number, question in enumerate(questions, start=1):
            if number % _WARM == 0:  # a thousand remembered answers must not hold up others
                await asyncio.sleep(0)
            key = question.reference.key
            warm = None if key in refresh else self._warm(question, scope)
            if warm is not None:
                sheets[key] = warm
                continue
            try:
                with patience.waiting(ends - perf_counter()):
                    task = self._asked(question, scope, refresh=key in refresh)
                waiting[task] = question
            except LimitExceeded as error:
                sheets[key] = FactSheet(gap=failure(error))
        if waiting:
            await self._wait(waiting, ends - perf_counter())
        for task, question in waiting.items():
            few = len(waiting) <= _MANY
            sheets[question.reference.key] = _result(task) or FactSheet(
                gap=late(question.reference, seconds, transient=few)
            )
        return Facts(sheets)

    def doubtful(self, questions: Sequence[Question], *, scope: CredentialScope) -> frozenset[str]:
        """References whose remembered evidence is too old to base a denial on."""
        oldest = self._clock.now() - self._freshness.absence
        doubtful = set()
        for question in questions:
            artifact = self._recollection.artifact(question.reference, scope)
            evidence = artifact and self._recollection.evidence(artifact.value, scope)
            if question.evidence and evidence and evidence.at < oldest:
                doubtful.add(question.reference.key)
        return frozenset(doubtful)

    async def aclose(self) -> None:
        """Stop what is still under way."""
        await self._flights.aclose()

    async def _wait(
        self, waiting: Mapping[asyncio.Task[FactSheet], Question], seconds: float
    ) -> None:
        """Enforce first; the others get the remaining time (law 8)."""
        ends = perf_counter() + seconds
        for urgent in (True, False):
            tasks = [task for task, question in waiting.items() if question.urgent is urgent]
            if tasks:
                await asyncio.wait(tasks, timeout=max(0.0, ends - perf_counter()))

    def _warm(self, question: Question, scope: CredentialScope) -> FactSheet | None:
        """The sheet when everything on it is remembered and fresh; no await, so a warm verdict costs no task switch."""
        artifact = self._recollection.artifact(question.reference, scope)
        if artifact is None or not self._fresh(question.reference, artifact.at):
            return None
        if not question.evidence:
            return FactSheet(artifact.value)
        evidence = self._recollection.evidence(artifact.value, scope)
        if evidence is None or self._clock.now() - evidence.at > self._freshness.evidence:
            return None
        proven: list[Attestation] = []
        rejected: list[Rejection] = []
        for verification in verifications(evidence.value, artifact.value, question.anchors):
            result = self._memory.recall(verification.key)
            if result is None:
                return None
            _file(result.value, proven, rejected)
        self._observer.cache("sheet", hit=True)
        if self._ageing(question.reference, artifact.at, evidence.at):
            # Asked again before it is needed, so that no request pays for it.
            with suppress(LimitExceeded):
                self._flights.start(
                    f"refresh\x1e{scope.key}\x1e{question.reference.key}",
                    partial(self._refreshed, question, scope),
                    owner=scope.namespace,
                )
        return FactSheet(artifact.value, attestations=tuple(proven), rejections=tuple(rejected))

    def _asked(
        self, question: Question, scope: CredentialScope, *, refresh: bool
    ) -> asyncio.Task[FactSheet]:
        """The task that finds it out. Raises LimitExceeded when the namespace has too many."""
        parts = (
            scope.key,
            question.reference.key,
            str(question.evidence),
            str(refresh),
            str(question.max_staleness),
            ",".join(anchor.digest.hex for anchor in question.anchors),
        )
        work = partial(self._found_out, question, scope, refresh=refresh)
        return self._flights.start("\x1e".join(parts), work, owner=scope.namespace)

    async def _found_out(
        self, question: Question, scope: CredentialScope, *, refresh: bool
    ) -> FactSheet:
        """The sheet. A bug is a finding of who asks about this reference, and takes no other finding with it."""
        try:
            return await self._cold(question, scope, refresh=refresh)
        except EvidenceError as error:
            return FactSheet(gap=failure(error))
        except Exception:  # noqa: BLE001 - an edge: one broken answer must not cost the whole verdict
            return FactSheet(gap=bug(question.reference, self._observer))

    async def _cold(
        self, question: Question, scope: CredentialScope, *, refresh: bool
    ) -> FactSheet:
        self._observer.cache("sheet", hit=False)
        reference = question.reference
        source = self._sources.get(reference.scheme)
        if source is None:
            return FactSheet(
                gap=Gap(
                    "NotResolvable",
                    f"{reference.scheme}:// references cannot be resolved at admission",
                )
            )
        early = await self._early(source, question, scope)
        try:
            artifact, stale = await self._artifact(source, question, scope, refresh=refresh)
        except EvidenceError as error:
            return FactSheet(gap=failure(error))
        if not question.evidence:
            return FactSheet(artifact, stale=stale)
        try:
            evidence, old = await self._evidence(
                source, artifact, question, scope, refresh=refresh, early=early
            )
        except EvidenceError as error:
            return FactSheet(artifact, evidence_gap=failure(error), stale=stale)
        proven, rejected = await self._verified(evidence, artifact, question.anchors)
        return FactSheet(artifact, attestations=proven, rejections=rejected, stale=stale or old)

    async def _artifact(
        self,
        source: Source,
        question: Question,
        scope: CredentialScope,
        *,
        refresh: bool = False,
    ) -> tuple[Artifact, bool]:
        reference = question.reference
        remembered = self._recollection.artifact(reference, scope)
        immutable = reference.pin is not Pin.NONE
        again = refresh and not immutable
        if remembered is not None and not again and self._fresh(reference, remembered.at):
            return remembered.value, False

        async def resolve() -> Artifact:
            started = perf_counter()
            artifact = await source.resolve(reference, scope=scope)
            self._observer.step("resolve", perf_counter() - started)
            self._recollection.keep_artifact(artifact, scope, at=self._clock.now())
            return artifact

        try:
            return await self._flights.share(
                f"resolve\x1e{scope.key}\x1e{reference.key}", resolve
            ), False
        except EvidenceError as error:
            # Law 6: what a tag was is not what it is; only an immutable reference survives an outage.
            if (
                error.transient
                and remembered is not None
                and reference.pin is not Pin.NONE
                and self._bearable(question, remembered.at)
            ):
                return remembered.value, True
            raise

    async def _evidence(
        self,
        source: Source,
        artifact: Artifact,
        question: Question,
        scope: CredentialScope,
        *,
        refresh: bool,
        early: asyncio.Task[EvidenceSet] | None = None,
    ) -> tuple[tuple[Evidence, ...], bool]:
        remembered = await self._recollection.kept_evidence(artifact, scope, now=self._clock.now())
        if (
            remembered is not None
            and not refresh
            and self._clock.now() - remembered.at <= self._freshness.evidence
        ):
            return remembered.value, False

        async def fetch() -> tuple[Evidence, ...]:
            started = perf_counter()
            if early is not None and isinstance(source, EarlyEvidence):
                found = await early + await source.inside(artifact, scope=scope)
            else:
                found = await source.evidence(artifact, scope=scope)
            self._observer.step("evidence", perf_counter() - started)
            await self._recollection.keep_evidence(artifact, found, scope, at=self._clock.now())
            return found.evidence

        try:
            return await self._flights.share(evidence_key(artifact, scope), fetch), False
        except EvidenceError as error:
            if (
                error.transient
                and remembered is not None
                and self._bearable(question, remembered.at)
            ):
                return remembered.value, True
            raise

    async def _early(
        self, source: Source, question: Question, scope: CredentialScope
    ) -> asyncio.Task[EvidenceSet] | None:
        """Evidence that needs no artifact, under way while nothing is known about the reference: a round trip less."""
        reference = question.reference
        if (
            not question.evidence
            or reference.digest is None
            or not isinstance(source, EarlyEvidence)
            or self._recollection.artifact(reference, scope) is not None
        ):
            return None
        presumed = Artifact(reference, reference.digest)
        kept = await self._recollection.kept_evidence(presumed, scope, now=self._clock.now())
        if kept is not None and self._clock.now() - kept.at <= self._freshness.evidence:
            return None
        return self._flights.start(
            f"beside\x1e{scope.key}\x1e{reference.key}",
            partial(source.beside, reference, scope=scope),
        )

    async def _verified(
        self, evidence: Sequence[Evidence], artifact: Artifact, anchors: Sequence[TrustAnchor]
    ) -> tuple[tuple[Attestation, ...], tuple[Rejection, ...]]:
        proven: list[Attestation] = []
        rejected: list[Rejection] = []
        pending: list[Verification] = []
        for verification in verifications(evidence, artifact, anchors):
            result = self._memory.recall(verification.key)
            if result is None:
                pending.append(verification)
            else:
                _file(result.value, proven, rejected)
        if pending:
            started = perf_counter()
            size = sum(len(verification.evidence.content) for verification in pending)
            if len(pending) <= _INLINE_VERIFICATIONS and size <= _INLINE_BYTES:
                results = [verification.result(self._verify) for verification in pending]
            else:
                results = await asyncio.to_thread(
                    lambda: [verification.result(self._verify) for verification in pending]
                )
            self._observer.step("verify", perf_counter() - started)
            now = self._clock.now()
            for verification, outcome in zip(pending, results, strict=True):
                self._memory.keep(verification.key, outcome, at=now)
                _file(outcome, proven, rejected)
        return tuple(proven), tuple(rejected)

    async def _refreshed(self, question: Question, scope: CredentialScope) -> None:
        """Ask again for what will soon not be fresh. An outage changes nothing: the request that needs it will see it."""
        source = self._sources[question.reference.scheme]
        try:
            artifact, _ = await self._artifact(source, question, scope, refresh=True)
            await self._evidence(source, artifact, question, scope, refresh=True)
        except EvidenceError:
            return
        except Exception:  # noqa: BLE001 - nobody waits for this task, so nobody else would hear of it
            bug(question.reference, self._observer)

    def _ageing(self, reference: Reference, artifact_at: datetime, evidence_at: datetime) -> bool:
        now = self._clock.now()
        old_tag = reference.pin is Pin.NONE and now - artifact_at > self._freshness.tag / 2
        return old_tag or now - evidence_at > self._freshness.evidence / 2

    def _fresh(self, reference: Reference, at: datetime) -> bool:
        return reference.pin is not Pin.NONE or self._clock.now() - at <= self._freshness.tag

    def _bearable(self, question: Question, at: datetime) -> bool:
        return self._clock.now() - at <= question.max_staleness


def _file(
    result: Attestation | Rejection, proven: list[Attestation], rejected: list[Rejection]
) -> None:
    if isinstance(result, Attestation):
        proven.append(result)
    else:
        rejected.append(result)


def _result(task: asyncio.Task[FactSheet]) -> FactSheet | None:
    """What was found out, or None when it is not yet, or was stopped because the process ends."""
    if not task.done() or task.cancelled():
        return None
    try:
        return task.result()
    except DeadlineExceeded:
        return None
