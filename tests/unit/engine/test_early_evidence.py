"""Evidence that needs the digest only is asked for while the artifact still is."""

import asyncio
from dataclasses import dataclass

import pytest

from modeladmit.core.evidence import Artifact, EvidenceSet
from modeladmit.core.reference import Scheme
from modeladmit.engine.disk_cache import DiskCache
from modeladmit.engine.investigation import Investigation
from modeladmit.engine.memory import Memory
from tests.building import DIGEST, PINNED, TAGGED
from tests.unit.engine.test_investigation import (
    TENANT,
    Counting,
    Hand,
    Nobody,
    Store,
    ask,
    question,
)


@dataclass
class Registry(Store):
    """A store whose artifact is slower than its evidence, unless `open` is set."""

    shown: bool = False
    """Whether the evidence was read with a login."""

    async def beside(self, asked, *, scope):
        self.asked.append("beside")
        self._fail()
        self.open.set()
        return EvidenceSet(self.signatures, not self.shown)

    async def inside(self, artifact, *, scope):
        self.asked.append("inside")
        return EvidenceSet((), anonymous=True)


@pytest.fixture
def store():
    return Registry()


@pytest.fixture
async def investigation(store, tmp_path):
    made = _investigation(store)
    yield made
    await made.aclose()


def _investigation(store, disk=None):
    return Investigation(
        sources={Scheme.OCI: store},
        verify=Counting(),
        memory=Memory(10_000_000),
        clock=Hand(),
        observer=Nobody(),
        disk=disk,
    )


async def test_nothing_waits_for_the_artifact(investigation, store):
    """The artifact is answered only when the evidence is: one after the other would never end."""
    store.open.clear()
    assert (await ask(investigation, question())).attestations
    assert ["beside", "inside", "resolve"] == sorted(store.asked)


async def test_a_tag_has_to_be_known_first(investigation, store):
    await ask(investigation, question(TAGGED))
    assert ["resolve", "evidence"] == store.asked


async def test_without_a_question_for_evidence_none_is_asked(investigation, store):
    plain = question()
    asked = type(plain)(plain.reference, evidence=False)
    await ask(investigation, asked)
    assert ["resolve"] == store.asked


async def test_what_is_remembered_is_not_asked_again(investigation, store):
    await ask(investigation, question())
    store.asked.clear()
    await ask(investigation, question(PINNED, "board"))
    assert [] == store.asked


async def test_what_lies_on_disk_is_not_asked_again(store, tmp_path):
    """A restart costs the artifact, and nothing more as long as the evidence on disk is fresh."""
    for expected in (["beside", "inside", "resolve"], ["resolve"]):
        store.asked.clear()
        investigation = _investigation(store, DiskCache(tmp_path, 1 << 20))
        assert (await ask(investigation, question())).attestations
        await investigation.aclose()
        assert expected == sorted(store.asked)


async def test_evidence_of_an_artifact_that_nobody_may_see_is_not_kept(investigation, store):
    """Whose login does not open the image learns nothing from signatures that were quicker."""
    store.missing = True
    sheet = await ask(investigation, question())
    assert ("ArtifactNotFound", ()) == (sheet.gap.code, sheet.attestations)


async def test_evidence_that_a_login_showed_is_not_shared(investigation, store):
    """The artifact is everybody's, its signatures are not."""
    store.shown = True
    await ask(investigation, question(), scope=TENANT)
    store.asked.clear()
    other = type(TENANT)("team-b")
    assert (await ask(investigation, question(), scope=other)).attestations
    assert ["evidence"] == store.asked


async def test_an_outage_of_the_evidence_is_a_gap(investigation, store):
    """What comes early fails like what comes late."""
    store.away = True
    store.resolve = _resolved
    sheet = await ask(investigation, question())
    assert DIGEST == sheet.artifact.digest
    assert ("SourceUnavailable", True) == (sheet.evidence_gap.code, sheet.evidence_gap.transient)


async def _resolved(asked, *, scope):
    await asyncio.sleep(0)
    return Artifact(asked, DIGEST, anonymous=True)


async def test_both_forms_say_the_same(store):
    """A source without the early form is asked one after the other, for the same answer."""
    sheets = []
    for asked in (Store(), store):
        investigation = _investigation(asked)
        sheets.append(await ask(investigation, question()))
        await investigation.aclose()
    assert sheets[0] == sheets[1]
    assert 1 == len(sheets[0].attestations)
