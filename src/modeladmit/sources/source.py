"""What every source does. Adapters satisfy it by structure; nothing inherits from it."""

from typing import Protocol

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.evidence import Artifact, EvidenceSet
from modeladmit.core.reference import Reference


class Source(Protocol):
    """One protocol: a reference to what it is now, and an artifact to what vouches for it."""

    async def resolve(self, reference: Reference, *, scope: CredentialScope) -> Artifact:
        """Ask the store. Raises EvidenceError leaves."""
        ...

    async def evidence(self, artifact: Artifact, *, scope: CredentialScope) -> EvidenceSet:
        """Bytes stored beside an artifact that this source resolved. An anonymous artifact is asked for anonymously.

        Raises EvidenceError leaves; evidence that cannot be read stands in the answer with its problem.
        """
        ...
