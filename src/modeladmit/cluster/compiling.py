"""Objects of the cluster through `api.compile`, with what they refer to."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from modeladmit.api.compile import (
    PUBLIC_GOOD,
    Compiled,
    CompiledModelRef,
    CompiledTrustRoot,
    Problem,
    Referents,
    compile_exemption,
    compile_model_ref,
    compile_policy,
    compile_trust_root,
)
from modeladmit.api.trust_root import TufSpec
from modeladmit.core.policy import Exemption, Policy
from modeladmit.core.situation import DeclaredModel
from modeladmit.core.trust import SigstoreAnchor

_log: Final = logging.getLogger(__name__)

_NOT_YET: Final = b'{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'
Objects = Mapping[str, Mapping[str, Any]]
"""Cluster-scoped objects by name."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """Objects of ours to what they mean. Never raises for what is in them."""

    public_good: SigstoreAnchor
    """What keyless authorities believe that name no TrustRoot."""
    tuf: Callable[[TufSpec], bytes | None] = lambda _spec: None
    """The last good trusted root of a TUF repository."""

    def trust_roots(self, roots: Objects, keys: Referents) -> Mapping[str, CompiledTrustRoot]:
        """The usable ones, and the public-good Sigstore."""
        found = {PUBLIC_GOOD: CompiledTrustRoot(PUBLIC_GOOD, self.public_good)}
        for name, obj in roots.items():
            root = compile_trust_root(obj, keys=keys, tuf=self.tuf).value
            if root is not None:
                found[name] = root
        return found

    def policy(
        self,
        obj: Mapping[str, Any],
        roots: Mapping[str, CompiledTrustRoot],
        keys: Referents,
    ) -> Compiled[Policy]:
        """A policy; one that does not compile has problems and denies what it selects."""
        return compile_policy(obj, trust_roots=roots, keys=keys)

    def draft(
        self,
        obj: Mapping[str, Any],
        roots: Mapping[str, CompiledTrustRoot],
        keys: Referents,
    ) -> Compiled[Any]:
        """Any object of ours, by its kind."""
        match obj.get("kind"):
            case "TrustPolicy":
                return self.policy(obj, roots, keys)
            case "TrustRoot":
                return compile_trust_root(obj, keys=keys, tuf=self._promised)
            case "PolicyExemption":
                return compile_exemption(obj)
            case "ModelRef":
                return compile_model_ref(obj)
            case _:
                return Compiled(None, (Problem("kind", "is none of modeladmit.io/v1alpha1"),))

    def _promised(self, spec: TufSpec) -> bytes:
        """A TrustRoot under review is asked for only once it is stored: nothing more can be said of it before."""
        return self.tuf(spec) or _NOT_YET

    def exemption(self, obj: Mapping[str, Any]) -> Exemption | None:
        """None when it does not compile: it then excuses nothing."""
        compiled = compile_exemption(obj)
        _complain("PolicyExemption", obj, compiled)
        return compiled.value

    def model_ref(self, obj: Mapping[str, Any]) -> CompiledModelRef | None:
        """None when it does not compile: it then declares nothing."""
        return compile_model_ref(obj).value

    def declared(self, obj: Mapping[str, Any]) -> DeclaredModel | None:
        """What it declares, by its spec alone."""
        found = self.model_ref(obj)
        return found.declared if found is not None else None


def _complain(kind: str, obj: Mapping[str, Any], compiled: Compiled[Any]) -> None:
    if compiled.problems:
        facts = {
            "object": f"{kind}/{(obj.get('metadata') or {}).get('name')}",
            "problems": [str(problem) for problem in compiled.problems[:5]],
        }
        _log.warning("an object does not compile", extra={"facts": facts})
