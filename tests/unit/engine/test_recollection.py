"""Who remembers what: everybody what nobody's login showed, a tenant what its own did."""

from datetime import timedelta
from pathlib import Path

import pytest

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.evidence import Artifact, Evidence, EvidenceKind, EvidenceSet
from modeladmit.engine.disk_cache import DiskCache
from modeladmit.engine.memory import Memory
from modeladmit.engine.recollection import Recollection
from tests.building import DIGEST, NOW, PINNED, reference

A, B = CredentialScope("a"), CredentialScope("b")
SIGNED = (Evidence(EvidenceKind.SIGSTORE_BUNDLE, b"bundle", "sha256:1"),)


@pytest.fixture
def recollection() -> Recollection:
    return Recollection(Memory(1 << 20), None)


@pytest.mark.parametrize("public", [True, False])
async def test_evidence_may_be_more_private_than_its_artifact(
    recollection: Recollection,
    public: bool,  # noqa: FBT001
) -> None:
    """Signatures of a public image in a private repository are for those who could read them there."""
    artifact = Artifact(reference(PINNED), DIGEST, anonymous=True)
    recollection.keep_artifact(artifact, A, at=NOW)
    await recollection.keep_evidence(artifact, EvidenceSet(SIGNED, public), A, at=NOW)
    assert artifact == _value(recollection.artifact(artifact.reference, B))
    assert SIGNED == _value(recollection.evidence(artifact, A))
    assert (SIGNED if public else None) == _value(recollection.evidence(artifact, B))


async def test_the_newer_of_everybodys_and_ones_own_counts(recollection: Recollection) -> None:
    """A login that shows more than what was public a moment ago, and the other way round."""
    artifact = Artifact(reference(PINNED), DIGEST, anonymous=True)
    await recollection.keep_evidence(artifact, EvidenceSet((), anonymous=True), A, at=NOW)
    later = NOW + timedelta(seconds=1)
    await recollection.keep_evidence(artifact, EvidenceSet(SIGNED), A, at=later)
    assert (SIGNED, ()) == (
        _value(recollection.evidence(artifact, A)),
        _value(recollection.evidence(artifact, B)),
    )


async def test_on_disk_the_same_holds(tmp_path: Path) -> None:
    """A restart does not give one tenant what another's login showed."""
    artifact = Artifact(reference(PINNED), DIGEST, anonymous=True)
    before = Recollection(Memory(1 << 20), DiskCache(tmp_path, 1 << 20))
    await before.keep_evidence(artifact, EvidenceSet(SIGNED), A, at=NOW)
    after = Recollection(Memory(1 << 20), DiskCache(tmp_path, 1 << 20))
    assert await after.kept_evidence(artifact, B, now=NOW) is None
    assert SIGNED == _value(await after.kept_evidence(artifact, A, now=NOW))


def _value(found):
    return None if found is None else found.value
