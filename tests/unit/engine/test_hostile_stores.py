"""Stores that hang, fail in ways that nobody foresaw, or answer too late: one verdict in time, and nothing piles up."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from modeladmit.core.evidence import Evidence, EvidenceKind
from modeladmit.core.patterns import ModelPattern
from modeladmit.core.policy import Mode, Reaction
from modeladmit.core.reference import Scheme
from modeladmit.engine.admitter import Admitter
from modeladmit.engine.flights import Flights
from modeladmit.engine.investigation import Freshness, Investigation
from modeladmit.engine.memory import Memory
from modeladmit.engine.snapshot import Snapshot
from modeladmit.errors import DeadlineExceeded, LimitExceeded
from modeladmit.telemetry import Metrics
from tests.building import (
    DIGEST,
    PINNED,
    SITUATION,
    TAGGED,
    signed_by,
    use,
    workload,
)
from tests.unit.engine.test_investigation import (
    SIGNED,
    TENANT,
    Counting,
    Hand,
    Nobody,
    Store,
    ask,
    question,
)

LENIENT = replace(
    signed_by("release"),
    on_error=Reaction.WARN,
    models=(ModelPattern.parse("oci://registry.example.com/**"),),
)


def investigating(store, clock=None, **changes):
    return Investigation(
        sources={Scheme.OCI: store},
        verify=changes.pop("verify", Counting()),
        memory=Memory(10_000_000),
        clock=clock or Hand(),
        observer=changes.pop("observer", Nobody()),
        freshness=Freshness(),
        **changes,
    )


def door(investigation, clock):
    return Admitter(lambda obj, **_: workload(*obj["uses"]), investigation, clock, Nobody())


@pytest.fixture
def logged(monkeypatch):
    """Records of the engine, whatever another test did to the root logger."""
    records = []

    class Keeping(logging.Handler):
        def emit(self, record):
            records.append(record)

    logger = logging.getLogger("modeladmit.engine.gaps")
    monkeypatch.setattr(logger, "handlers", [Keeping()])
    monkeypatch.setattr(logger, "disabled", False)
    monkeypatch.setattr(logger.manager, "disable", logging.NOTSET)
    logger.setLevel(logging.DEBUG)
    yield records
    logger.setLevel(logging.NOTSET)


async def turns():
    """Let everything run that can."""
    for _ in range(50):
        await asyncio.sleep(0)


async def settled(investigation):
    """Wait for what goes on in the background, a bounded number of turns."""
    await turns()
    assert 0 == investigation.under_way


class Broken(Store):
    """A store that makes our source fail in a way that it does not know itself."""

    async def resolve(self, asked, *, scope):
        raise ValueError("secret of the store")


class SlowEvidence(Store):
    """A store whose signatures come when `open` is set."""

    async def evidence(self, artifact, *, scope):
        await self.open.wait()
        return await super().evidence(artifact, scope=scope)


async def test_a_denial_is_not_lost_when_asking_again_takes_too_long():
    """Attack: make the second look outlast the deadline, so that onError: Warn lets the unsigned model in."""
    store, clock = SlowEvidence(signatures=()), Hand()
    investigation = investigating(store, clock)
    asked = {"uses": (use(),)}, SITUATION, Snapshot((LENIENT,), synced=True)
    assert not (await door(investigation, clock).assess(*asked, seconds=5)).allowed
    store.open.clear()
    clock.forward(seconds=4)
    again = await door(investigation, clock).assess(*asked, seconds=0)
    assert ["SignatureMissing"] == [finding.code for finding in again.findings]
    await investigation.aclose()


@pytest.mark.parametrize("mode", list(Mode))
async def test_a_bug_in_a_source_is_a_finding_of_who_asked(mode, logged):
    """The others' findings stay, Audit goes on only counting, and nothing that the store said is shown."""
    metrics, clock = Metrics(), Hand()
    investigation = investigating(Broken(), observer=metrics)
    policies = (signed_by("release", mode=mode),)
    found = await door(investigation, clock).assess(
        {"uses": (use(),)}, SITUATION, Snapshot(policies, synced=True), seconds=5
    )
    assert ["InternalError"] == [finding.code for finding in found.findings]
    assert (mode is not Mode.ENFORCE) == found.allowed
    assert "secret" not in found.findings[0].message
    number = found.findings[0].message.rpartition(" ")[2]
    assert [number] == [record.facts["id"] for record in logged]
    assert "modeladmit_internal_errors_total 1.0" in metrics.exposition().decode()


async def test_a_bug_while_refreshing_is_logged_and_changes_nothing(logged):
    store, clock, metrics = Store(), Hand(), Metrics()
    investigation = investigating(store, clock, observer=metrics)
    await ask(investigation, question())

    async def broken(artifact, *, scope):
        raise ValueError("secret of the store")

    store.evidence = broken  # type: ignore[method-assign]
    clock.forward(minutes=6)
    assert (await ask(investigation, question())).attestations
    await settled(investigation)
    assert 1 == len(logged)
    assert "modeladmit_internal_errors_total 1.0" in metrics.exposition().decode()


async def test_what_was_stopped_is_a_gap_and_no_cancellation():
    store = Store()
    store.open.clear()
    investigation = investigating(store)
    asking = asyncio.create_task(ask(investigation, question()))
    await turns()
    await investigation.aclose()
    assert "DeadlineExceeded" == (await asking).gap.code


async def test_one_namespace_cannot_pile_up_work_for_a_store_that_never_answers():
    """Past its share a namespace is refused, not as an outage, since its author caused it; others go on."""
    store = Store()
    store.open.clear()
    investigation = investigating(store, flights=Flights(per_owner=3))
    many = [question(f"oci://registry.example.com/m{number}") for number in range(5)]
    sheets = await ask(investigation, *many, seconds=0)
    assert ["DeadlineExceeded"] * 3 + ["LimitExceeded"] * 2 == [sheet.gap.code for sheet in sheets]
    assert not sheets[-1].gap.transient
    other = replace(TENANT, namespace="team-b")
    assert (
        "DeadlineExceeded" == (await ask(investigation, many[0], scope=other, seconds=0)).gap.code
    )
    store.open.set()
    assert (await ask(investigation, many[0])).artifact
    assert (await ask(investigation, many[4])).artifact
    await investigation.aclose()


async def test_work_for_a_store_that_never_answers_ends():
    store = Store()
    store.open.clear()
    investigation = investigating(store, flights=Flights(seconds=0))
    sheet = await ask(investigation, question())
    assert ("DeadlineExceeded", True) == (sheet.gap.code, sheet.gap.transient)
    await settled(investigation)
    assert 0 == investigation.under_way


async def test_an_author_who_names_too_much_at_once_made_it_late_himself():
    """onError: Warn forgives hosts, not authors."""
    store = Store()
    store.open.clear()
    investigation = investigating(store)
    few = [question(f"oci://registry.example.com/m{number}") for number in range(3)]
    many = [question(f"oci://registry.example.com/n{number}") for number in range(200)]
    assert {True} == {sheet.gap.transient for sheet in await ask(investigation, *few, seconds=0)}
    assert {False} == {sheet.gap.transient for sheet in await ask(investigation, *many, seconds=0)}
    await investigation.aclose()


async def test_each_policy_gets_an_answer_as_fresh_as_it_asks():
    """Equal questions share an answer; of two with another `maxStaleness` only one may get the old one."""
    store, clock = Store(), Hand()
    investigation = investigating(store, clock)
    await ask(investigation, question())
    store.away = True
    clock.forward(hours=2)
    patient, strict = await asyncio.gather(
        ask(investigation, question()),
        ask(investigation, question(max_staleness=timedelta(hours=1))),
    )
    assert patient.stale
    assert strict.evidence_gap is not None
    await investigation.aclose()


async def test_a_private_artifact_is_not_hidden_by_what_it_was_in_public():
    """The newer of two facts counts: a tag that was public once is not asked again at every request."""
    store, clock = Store(anonymous=True), Hand()
    investigation = investigating(store, clock)
    await ask(investigation, question(TAGGED))
    clock.forward(hours=1)
    store.anonymous = False
    await ask(investigation, question(TAGGED))
    asked = len(store.asked)
    await ask(investigation, question(TAGGED))
    assert asked == len(store.asked)


async def test_large_evidence_is_not_verified_on_the_event_loop():
    """Attack: one signature of eight megabytes holds up every other namespace."""
    threads = set()

    class Where(Counting):
        def __call__(self, evidence, subject, anchor):
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                threads.add("worker")
            else:
                threads.add("loop")
            return super().__call__(evidence, subject, anchor)

    large = Evidence(EvidenceKind.SIGSTORE_BUNDLE, b"x" * 1_000_000, "sha256:2")
    await ask(investigating(Store(signatures=(large,)), verify=Where()), question())
    assert {"worker"} == threads
    threads.clear()
    await ask(investigating(Store(signatures=(SIGNED,)), verify=Where()), question())
    assert {"loop"} == threads


async def test_evidence_is_hashed_once_for_all_authorities():
    """Attack: sixty-four signatures of megabytes, asked about by hundreds of authorities on every review."""
    hashed = 0

    class Weighed(Evidence):
        __slots__ = ()

        @property
        def digest(self):
            nonlocal hashed
            hashed += 1
            return DIGEST

    store = Store(signatures=(Weighed(EvidenceKind.SIGSTORE_BUNDLE, b"bundle", "sha256:1"),))
    investigation = investigating(store)
    asked = question(PINNED, *(f"key-{number}" for number in range(50)))
    await ask(investigation, asked)
    hashed = 0
    await ask(investigation, asked)
    assert 1 == hashed


async def test_flights_end_when_their_time_is_up():
    async def never():
        await asyncio.Event().wait()

    with pytest.raises(DeadlineExceeded):
        await Flights(seconds=0).share("key", never)


async def test_flights_of_an_owner_are_counted_while_they_last():
    flights, landed = Flights(per_owner=1), asyncio.Event()
    task = flights.start("one", landed.wait, owner="a")
    assert task is flights.start("one", landed.wait, owner="a")
    with pytest.raises(LimitExceeded):
        flights.start("two", landed.wait, owner="a")
    flights.start("three", landed.wait, owner="b")
    landed.set()
    await task
    await flights.start("two", landed.wait, owner="a")
    await flights.aclose()
