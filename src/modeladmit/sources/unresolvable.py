"""Places that have no identity at admission: claims, host paths, files in the image, keys of a Secret."""

from typing import Final

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.evidence import Artifact, EvidenceSet
from modeladmit.core.reference import Reference, Scheme
from modeladmit.errors import NotResolvable

_WHY: Final = {
    Scheme.PVC: "what a claim holds is known only where it is mounted; let the load-time guard prove it",
    Scheme.HOSTPATH: "what a node's path holds is known only on the node; let the load-time guard prove it",
    Scheme.FILE: "what a path inside the image holds is not seen at admission; pin and sign the image, or let the load-time guard prove it",
    Scheme.STORAGE: "the place stands in the Secret storage-config; write the whole URI instead",
    Scheme.KAITO: "the controller chooses what this preset is; name the model itself",
}


class UnresolvableSource:
    """Says so, and what to do."""

    async def resolve(self, reference: Reference, *, scope: CredentialScope) -> Artifact:  # noqa: ARG002
        """Raise NotResolvable."""
        why = _WHY.get(
            reference.scheme,
            "this kind of store has no immutable names that can be asked for; copy the model to one that has",
        )
        raise NotResolvable(f"{reference.uri} cannot be resolved at admission: {why}")

    async def evidence(self, artifact: Artifact, *, scope: CredentialScope) -> EvidenceSet:  # noqa: ARG002
        """Nothing lies beside what has no identity."""
        return EvidenceSet(anonymous=True)
