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

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Artifact, Attestation, Evidence, EvidenceKind, Gap, Rejection
from modeladmit.core.facts import Facts, FactSheet
from modeladmit.core.pin import Pin
from modeladmit.core.plan import Question
from modeladmit.core.reference import Reference, Scheme
from modeladmit.core.trust import TrustAnchor
from modeladmit.engine.disk_cache import DiskCache
from modeladmit.engine.flights import Flights
from modeladmit.engine.memory import Memory, Remembered
from modeladmit.engine.ports import Clock, Observer, SignatureVerifier, Source
from modeladmit.errors import EvidenceError

_INLINE_VERIFICATIONS = 2
"""So many verifications cost less than the way to a thread and back."""


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
    ) -> None:
        self._sources = sources
        self._verify = verify
        self._memory = memory
        self._clock = clock
        self._observer = observer
        self._freshness = freshness or Freshness()
        self._disk = disk
        self._flights = Flights()

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
        sheets: dict[str, FactSheet] = {}
        waiting: dict[asyncio.Task[FactSheet], Question] = {}
        for question in questions:
            key = question.reference.key
            warm = None if key in refresh else self._warm(question, scope)
            if warm is not None:
                sheets[key] = warm
                continue
            again = key in refresh
            flight = f"{scope.key}\x1e{key}\x1e{question.evidence}\x1e{again}\x1e" + ",".join(
                a.digest.hex for a in question.anchors
            )
            waiting[
                self._flights.start(flight, partial(self._cold, question, scope, refresh=again))
            ] = question
        if waiting:
            await self._wait(waiting, seconds)
        for task, question in waiting.items():
            sheets[question.reference.key] = (
                task.result() if task.done() else _late(question.reference, seconds)
            )
        return Facts(sheets)

    def doubtful(self, questions: Sequence[Question], *, scope: CredentialScope) -> frozenset[str]:
        """References whose remembered evidence is too old to base a denial on."""
        oldest = self._clock.now() - self._freshness.absence
        doubtful = set()
        for question in questions:
            artifact = self._remembered_artifact(question.reference, scope)
            evidence = artifact and self._memory.recall(_evidence_key(artifact.value, scope))
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
        artifact = self._remembered_artifact(question.reference, scope)
        if artifact is None or not self._fresh(question.reference, artifact.at):
            return None
        if not question.evidence:
            return FactSheet(artifact.value)
        evidence = self._memory.recall(_evidence_key(artifact.value, scope))
        if evidence is None or self._clock.now() - evidence.at > self._freshness.evidence:
            return None
        proven: list[Attestation] = []
        rejected: list[Rejection] = []
        for item, subject, anchor in _verifications(
            evidence.value, artifact.value, question.anchors
        ):
            result = self._memory.recall(_verification_key(item, subject, anchor))
            if result is None:
                return None
            _file(result.value, proven, rejected)
        self._observer.cache("sheet", hit=True)
        if self._ageing(question.reference, artifact.at, evidence.at):
            # Asked again before it is needed, so that no request pays for it.
            self._flights.start(
                f"refresh\x1e{scope.key}\x1e{question.reference.key}",
                partial(self._refreshed, question, scope),
            )
        return FactSheet(artifact.value, attestations=tuple(proven), rejections=tuple(rejected))

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
        try:
            artifact, stale = await self._artifact(source, question, scope, refresh=refresh)
        except EvidenceError as error:
            return FactSheet(gap=_gap(error))
        if not question.evidence:
            return FactSheet(artifact, stale=stale)
        try:
            evidence, old = await self._evidence(source, artifact, question, scope, refresh=refresh)
        except EvidenceError as error:
            return FactSheet(artifact, evidence_gap=_gap(error), stale=stale)
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
        remembered = self._remembered_artifact(reference, scope)
        immutable = reference.pin is not Pin.NONE
        again = refresh and not immutable
        if remembered is not None and not again and self._fresh(reference, remembered.at):
            return remembered.value, False

        async def resolve() -> Artifact:
            started = perf_counter()
            artifact = await source.resolve(reference, scope=scope)
            self._observer.step("resolve", perf_counter() - started)
            self._memory.keep(
                _artifact_key(reference, None if artifact.anonymous else scope),
                artifact,
                at=self._clock.now(),
            )
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
    ) -> tuple[tuple[Evidence, ...], bool]:
        key = _evidence_key(artifact, scope)
        remembered = self._memory.recall(key) or await self._from_disk(key)
        if (
            remembered is not None
            and not refresh
            and self._clock.now() - remembered.at <= self._freshness.evidence
        ):
            return remembered.value, False

        async def fetch() -> tuple[Evidence, ...]:
            started = perf_counter()
            evidence = await source.evidence(artifact, scope=scope)
            self._observer.step("evidence", perf_counter() - started)
            self._memory.keep(key, evidence, at=self._clock.now())
            if self._disk is not None:
                await self._disk.keep(key, evidence, at=self._clock.now())
            return evidence

        try:
            return await self._flights.share(f"evidence\x1e{scope.key}\x1e{key}", fetch), False
        except EvidenceError as error:
            if (
                error.transient
                and remembered is not None
                and self._bearable(question, remembered.at)
            ):
                return remembered.value, True
            raise

    async def _from_disk(self, key: str) -> Remembered[tuple[Evidence, ...]] | None:
        """Evidence that survived a restart. Unverified: it is verified again like any other."""
        if self._disk is None:
            return None
        found = await self._disk.recall(key, now=self._clock.now())
        if found is not None:
            self._memory.keep(key, found.value, at=found.at)
        return found

    async def _verified(
        self, evidence: Sequence[Evidence], artifact: Artifact, anchors: Sequence[TrustAnchor]
    ) -> tuple[tuple[Attestation, ...], tuple[Rejection, ...]]:
        proven: list[Attestation] = []
        rejected: list[Rejection] = []
        open_questions = []
        for item, subject, anchor in _verifications(evidence, artifact, anchors):
            result = self._memory.recall(_verification_key(item, subject, anchor))
            if result is None:
                open_questions.append((item, subject, anchor))
            else:
                _file(result.value, proven, rejected)
        if open_questions:
            started = perf_counter()
            if len(open_questions) <= _INLINE_VERIFICATIONS:
                results = [self._verify(*question) for question in open_questions]
            else:
                results = await asyncio.to_thread(
                    lambda: [self._verify(*question) for question in open_questions]
                )
            self._observer.step("verify", perf_counter() - started)
            now = self._clock.now()
            for (item, subject, anchor), outcome in zip(open_questions, results, strict=True):
                self._memory.keep(_verification_key(item, subject, anchor), outcome, at=now)
                _file(outcome, proven, rejected)
        return tuple(proven), tuple(rejected)

    async def _refreshed(self, question: Question, scope: CredentialScope) -> None:
        """Ask again for what will soon not be fresh. An outage changes nothing: the request that needs it will see it."""
        source = self._sources[question.reference.scheme]
        with suppress(EvidenceError):
            artifact, _ = await self._artifact(source, question, scope, refresh=True)
            await self._evidence(source, artifact, question, scope, refresh=True)

    def _ageing(self, reference: Reference, artifact_at: datetime, evidence_at: datetime) -> bool:
        now = self._clock.now()
        old_tag = reference.pin is Pin.NONE and now - artifact_at > self._freshness.tag / 2
        return old_tag or now - evidence_at > self._freshness.evidence / 2

    def _remembered_artifact(
        self, reference: Reference, scope: CredentialScope
    ) -> Remembered[Artifact] | None:
        """Shared when it was fetched anonymously, else only for the same credentials."""
        return self._memory.recall(_artifact_key(reference, None)) or self._memory.recall(
            _artifact_key(reference, scope)
        )

    def _fresh(self, reference: Reference, at: datetime) -> bool:
        return reference.pin is not Pin.NONE or self._clock.now() - at <= self._freshness.tag

    def _bearable(self, question: Question, at: datetime) -> bool:
        return self._clock.now() - at <= question.max_staleness


def _verifications(
    evidence: Sequence[Evidence], artifact: Artifact, anchors: Sequence[TrustAnchor]
) -> list[tuple[Evidence, Digest | None, TrustAnchor]]:
    """A model signature names files, every other form the artifact's digest."""
    return [
        (item, None if item.kind is EvidenceKind.MODEL_SIGNATURE else artifact.digest, anchor)
        for item in evidence
        for anchor in anchors
    ]


def _file(
    result: Attestation | Rejection, proven: list[Attestation], rejected: list[Rejection]
) -> None:
    if isinstance(result, Attestation):
        proven.append(result)
    else:
        rejected.append(result)


def _artifact_key(reference: Reference, scope: CredentialScope | None) -> str:
    return f"artifact\x1e{scope.key if scope else '*'}\x1e{reference.key}"


def _evidence_key(artifact: Artifact, scope: CredentialScope) -> str:
    owner = "*" if artifact.anonymous else scope.key
    return f"evidence\x1e{owner}\x1e{artifact.reference.address}\x1e{artifact.digest or artifact.revision}"


def _verification_key(evidence: Evidence, subject: Digest | None, anchor: TrustAnchor) -> str:
    return f"proof\x1e{evidence.digest}\x1e{subject}\x1e{anchor.digest}"


def _gap(error: EvidenceError) -> Gap:
    """The one place where an expected failure becomes a value."""
    return Gap(error.code, str(error), error.transient)


def _late(reference: Reference, seconds: float) -> FactSheet:
    return FactSheet(
        gap=Gap(
            "DeadlineExceeded",
            f"no answer about {reference.uri} within {seconds:.1f} s; it is still being looked up, try again",
            transient=True,
        )
    )
