"""What is remembered of a reference, and for whom: shared when it was read without credentials, else the tenant's own (law 4)."""

from datetime import datetime
from typing import Any

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.evidence import Artifact, Evidence, EvidenceSet
from modeladmit.core.reference import Reference
from modeladmit.engine.disk_cache import DiskCache
from modeladmit.engine.memory import Memory, Remembered


class Recollection:
    """Artifacts in memory; evidence in memory and, where there is one, on disk."""

    def __init__(self, memory: Memory, disk: DiskCache | None) -> None:
        self._memory = memory
        self._disk = disk

    def artifact(self, reference: Reference, scope: CredentialScope) -> Remembered[Artifact] | None:
        """What the reference was, last."""
        return self._newest(_artifact_key(reference, None), _artifact_key(reference, scope))

    def keep_artifact(self, artifact: Artifact, scope: CredentialScope, *, at: datetime) -> None:
        """Remember what a reference is."""
        owner = None if artifact.anonymous else scope
        self._memory.keep(_artifact_key(artifact.reference, owner), artifact, at=at)

    def evidence(
        self, artifact: Artifact, scope: CredentialScope
    ) -> Remembered[tuple[Evidence, ...]] | None:
        """What lay beside the artifact, last."""
        return self._newest(evidence_key(artifact, None), evidence_key(artifact, scope))

    async def kept_evidence(
        self, artifact: Artifact, scope: CredentialScope, *, now: datetime
    ) -> Remembered[tuple[Evidence, ...]] | None:
        """The same, from disk when memory has none. Unverified: it is verified again like any other."""
        found = self.evidence(artifact, scope)
        if found is not None or self._disk is None:
            return found
        for owner in (None, scope):
            key = evidence_key(artifact, owner)
            kept = await self._disk.recall(key, now=now)
            if kept is not None:
                self._memory.keep(key, kept.value, at=kept.at)
        return self.evidence(artifact, scope)

    async def keep_evidence(
        self, artifact: Artifact, found: EvidenceSet, scope: CredentialScope, *, at: datetime
    ) -> None:
        """Remember what lies beside an artifact, or that nothing does."""
        key = evidence_key(artifact, None if found.anonymous else scope)
        self._memory.keep(key, found.evidence, at=at)
        if self._disk is not None:
            await self._disk.keep(key, found.evidence, at=at)

    def _newest(self, shared: str, own: str) -> Remembered[Any] | None:
        everybodys, ours = self._memory.recall(shared), self._memory.recall(own)
        if everybodys is None or (ours is not None and ours.at > everybodys.at):
            return ours
        return everybodys


def evidence_key(artifact: Artifact, scope: CredentialScope | None) -> str:
    """Identity of what a scope sees beside an artifact; None stands for everybody."""
    owner = scope.key if scope else "*"
    return f"evidence\x1e{owner}\x1e{artifact.reference.address}\x1e{artifact.digest or artifact.revision}"


def _artifact_key(reference: Reference, scope: CredentialScope | None) -> str:
    return f"artifact\x1e{scope.key if scope else '*'}\x1e{reference.key}"
