"""Each thing is asked once; facts are remembered as long as they hold; an outage admits nothing that was not proven."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from modeladmit.core.credentials import ANONYMOUS, CredentialScope
from modeladmit.core.evidence import Artifact, Evidence, EvidenceKind, EvidenceSet, Rejection
from modeladmit.core.plan import Question
from modeladmit.core.reference import Scheme
from modeladmit.engine.investigation import Freshness, Investigation
from modeladmit.engine.memory import Memory
from modeladmit.errors import ArtifactNotFound, SourceUnavailable
from tests.building import DIGEST, NOW, PINNED, TAGGED, key, reference, signature

SIGNED = Evidence(EvidenceKind.SIGSTORE_BUNDLE, b"bundle", "sha256:1")
TENANT = CredentialScope("team-a", ("pull",))


@dataclass
class Store:
    """A store in memory that counts who asks for what."""

    anonymous: bool = True
    away: bool = False
    missing: bool = False
    signatures: tuple[Evidence, ...] = (SIGNED,)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.open.set()

    async def resolve(self, asked, *, scope):
        self.asked.append("resolve")
        await self.open.wait()
        self._fail()
        return Artifact(asked, DIGEST, anonymous=self.anonymous)

    async def evidence(self, artifact, *, scope):
        self.asked.append("evidence")
        self._fail()
        return EvidenceSet(self.signatures, self.anonymous)

    def _fail(self):
        if self.away:
            raise SourceUnavailable("registry.example.com does not answer")
        if self.missing:
            raise ArtifactNotFound("no such model")


@dataclass
class Hand:
    """A clock that is moved by hand."""

    time: datetime = NOW

    def now(self):
        return self.time

    def forward(self, **by):
        self.time += timedelta(**by)


class Nobody:
    def judged(self, verdict, *, entry, seconds): ...

    def step(self, name, seconds): ...

    def cache(self, fact, *, hit): ...

    def bug(self): ...


@dataclass
class Counting:
    """Everything is signed by `release`; counts the verifications."""

    times: int = 0

    def __call__(self, evidence, subject, anchor):
        self.times += 1
        return (
            signature("release", subject)
            if anchor == key("release")
            else Rejection(evidence.origin, "signature", "another key")
        )


@pytest.fixture
def store():
    return Store()


@pytest.fixture
def clock():
    return Hand()


@pytest.fixture
def verify():
    return Counting()


@pytest.fixture
async def investigation(store, clock, verify):
    made = Investigation(
        sources={Scheme.OCI: store},
        verify=verify,
        memory=Memory(10_000_000),
        clock=clock,
        observer=Nobody(),
        freshness=Freshness(),
    )
    yield made
    await made.aclose()


def question(uri=PINNED, *names, **changes):
    return Question(
        reference(uri),
        evidence=True,
        anchors=tuple(key(name) for name in names or ("release",)),
        **changes,
    )


async def ask(investigation, *questions, scope=TENANT, seconds=5, refresh=()):
    found = await investigation.answer(questions, scope=scope, seconds=seconds, refresh=refresh)
    sheets = [found.about(one.reference) for one in questions]
    return sheets[0] if len(sheets) == 1 else sheets


async def test_a_warm_question_asks_nobody(investigation, store, verify):
    first = await ask(investigation, question())
    second = await ask(investigation, question())
    assert first == second
    assert ["resolve", "evidence"] == store.asked
    assert 1 == verify.times
    assert (DIGEST,) == second.attestations[0].subjects


async def test_equal_questions_at_the_same_time_ask_once(investigation, store):
    store.open.clear()
    asking = [asyncio.create_task(ask(investigation, question())) for _ in range(20)]
    while not store.asked:
        await asyncio.sleep(0)
    store.open.set()
    await asyncio.gather(*asking)
    assert ["resolve", "evidence"] == store.asked


async def test_a_tag_is_asked_again_when_it_is_no_longer_fresh_and_a_digest_is_not(
    investigation, store, clock
):
    await ask(investigation, question(TAGGED))
    await ask(investigation, question(PINNED))
    clock.forward(seconds=11)
    store.asked.clear()
    await ask(investigation, question(TAGGED))
    await ask(investigation, question(PINNED))
    assert ["resolve"] == store.asked


async def test_signatures_are_asked_again_when_they_are_no_longer_fresh(
    investigation, store, clock
):
    await ask(investigation, question())
    clock.forward(minutes=11)
    store.asked.clear()
    await ask(investigation, question())
    assert ["evidence"] == store.asked


async def test_a_verified_digest_survives_an_outage_until_it_is_stale(investigation, store, clock):
    await ask(investigation, question())
    store.away = True
    clock.forward(hours=23)
    sheet = await ask(investigation, question())
    assert sheet.stale
    assert sheet.attestations
    clock.forward(hours=2)
    assert "SourceUnavailable" == (await ask(investigation, question())).evidence_gap.code


async def test_a_tag_does_not_survive_an_outage(investigation, store, clock):
    await ask(investigation, question(TAGGED))
    store.away = True
    clock.forward(seconds=11)
    assert "SourceUnavailable" == (await ask(investigation, question(TAGGED))).gap.code


async def test_the_shortest_staleness_of_the_policies_counts(investigation, store, clock):
    await ask(investigation, question())
    store.away = True
    clock.forward(hours=1)
    strict = question(max_staleness=timedelta(minutes=30))
    assert (await ask(investigation, strict)).evidence_gap is not None


async def test_what_was_never_verified_is_not_admitted_in_an_outage(investigation, store):
    store.away = True
    sheet = await ask(investigation, question())
    assert sheet.artifact is None
    assert sheet.gap.transient


async def test_an_error_is_not_remembered(investigation, store):
    store.away = True
    await ask(investigation, question())
    store.away = False
    assert (await ask(investigation, question())).attestations


async def test_a_missing_artifact_is_a_gap_that_is_not_transient(investigation, store):
    store.missing = True
    gap = (await ask(investigation, question())).gap
    assert ("ArtifactNotFound", False) == (gap.code, gap.transient)


async def test_what_one_tenants_credentials_fetched_is_not_served_to_another(investigation, store):
    store.anonymous = False
    await ask(investigation, question(), scope=TENANT)
    store.asked.clear()
    await ask(investigation, question(), scope=CredentialScope("team-b"))
    assert ["resolve", "evidence"] == store.asked


async def test_what_nobodys_credentials_fetched_is_shared(investigation, store):
    await ask(investigation, question(), scope=TENANT)
    store.asked.clear()
    await ask(investigation, question(), scope=ANONYMOUS)
    assert [] == store.asked


async def test_what_the_deadline_cuts_off_is_done_for_the_retry(investigation, store):
    store.open.clear()
    late = await ask(investigation, question(), seconds=0)
    assert ("DeadlineExceeded", True) == (late.gap.code, late.gap.transient)
    store.open.set()
    assert (await ask(investigation, question())).attestations
    assert ["resolve", "evidence"] == store.asked


async def test_a_new_authority_is_verified_without_asking_the_store(investigation, store, verify):
    await ask(investigation, question())
    store.asked.clear()
    sheet = await ask(investigation, question(PINNED, "release", "board"))
    assert [] == store.asked
    assert 2 == verify.times
    assert (1, 1) == (len(sheet.attestations), len(sheet.rejections))


async def test_a_remembered_absence_becomes_doubtful_and_is_refreshed(investigation, store, clock):
    store.signatures = ()
    await ask(investigation, question())
    assert frozenset() == investigation.doubtful([question()], scope=TENANT)
    clock.forward(seconds=4)
    doubtful = investigation.doubtful([question()], scope=TENANT)
    assert {reference().key} == doubtful
    store.signatures = (SIGNED,)
    assert (await ask(investigation, question(), refresh=doubtful)).attestations


async def test_a_scheme_without_source_is_not_resolvable(investigation):
    assert "NotResolvable" == (await ask(investigation, question("s3://bucket/model"))).gap.code
