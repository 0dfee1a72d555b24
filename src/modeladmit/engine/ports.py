"""What the pipeline needs from the world. Adapters satisfy these by shape; they meet it in `wiring` only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Artifact, Attestation, Evidence, EvidenceSet, Rejection
from modeladmit.core.reference import Reference
from modeladmit.core.trust import TrustAnchor
from modeladmit.core.verdict import Verdict
from modeladmit.core.workload import Workload
from modeladmit.engine.snapshot import Snapshot


class Source(Protocol):
    """One protocol of one kind of store."""

    async def resolve(self, reference: Reference, *, scope: CredentialScope) -> Artifact:
        """What the reference is now. Raises leaves of EvidenceError."""

    async def evidence(self, artifact: Artifact, *, scope: CredentialScope) -> EvidenceSet:
        """Every signature and attestation stored beside it, unverified. Raises leaves of EvidenceError."""


@runtime_checkable
class EarlyEvidence(Protocol):
    """A source whose `evidence` has two parts, of which one needs the digest only: so that it need not wait for the artifact."""

    async def beside(self, reference: Reference, *, scope: CredentialScope) -> EvidenceSet:
        """What lies beside a reference that has a digest. Raises leaves of EvidenceError."""

    async def inside(self, artifact: Artifact, *, scope: CredentialScope) -> EvidenceSet:
        """What lies inside. Raises leaves of EvidenceError."""


class SignatureVerifier(Protocol):
    """Bytes and trust material to a proven statement. CPU only."""

    def __call__(
        self, evidence: Evidence, subject: Digest | None, anchor: TrustAnchor
    ) -> Attestation | Rejection:
        """Never raises for bad evidence."""


class WorkloadInspector(Protocol):
    """A Kubernetes object to what it loads. Pure; never raises."""

    def __call__(self, obj: Mapping[str, Any], *, namespace: str | None = None) -> Workload:
        """Read one object."""


class PolicyReader(Protocol):
    """The policies of this moment."""

    def snapshot(self) -> Snapshot:
        """An immutable view; `synced` says whether it may be relied on."""


class Clock(Protocol):
    """Time, injected."""

    def now(self) -> datetime:
        """The current time, in UTC."""


class Observer(Protocol):
    """Who counts. Never changes a verdict; labels hold no text from users."""

    def judged(self, verdict: Verdict, *, entry: str, seconds: float) -> None:
        """A review was answered."""

    def step(self, name: str, seconds: float) -> None:
        """A step of the pipeline took this long: `inspect`, `resolve`, `evidence`, `verify`, `judge`."""

    def cache(self, fact: str, *, hit: bool) -> None:
        """A fact was asked of the cache."""

    def bug(self) -> None:
        """An exception that nobody expected; the log has it under an id."""
