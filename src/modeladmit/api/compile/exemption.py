"""A PolicyExemption as a `core.Exemption`. One that does not compile excuses nothing."""

from collections.abc import Mapping
from typing import Any

from modeladmit.api.compile.problem import Compiled
from modeladmit.api.compile.shape import read, resource_problems
from modeladmit.api.policy_exemption import PolicyExemption, PolicyExemptionSpec
from modeladmit.core.digest import Digest
from modeladmit.core.patterns import ModelPattern
from modeladmit.core.policy import Exemption


def compile_exemption(raw: Mapping[str, Any]) -> Compiled[Exemption | None]:
    """Read a PolicyExemption, with every problem at once."""
    problems = tuple(resource_problems(PolicyExemption, raw))
    spec = read(PolicyExemptionSpec, raw.get("spec"))
    if problems or spec is None:
        return Compiled(None, problems)
    return Compiled(
        Exemption(
            name=str(raw["metadata"]["name"]),
            codes=frozenset(str(code) for code in spec.codes),
            reason=spec.reason,
            expires_at=spec.expires_at,
            policies=frozenset(spec.policies or ()),
            namespaces=frozenset(spec.namespaces or ()),
            patterns=tuple(ModelPattern.parse(uri) for uri in spec.uris or ()),
            digests=frozenset(Digest.parse(digest) for digest in spec.digests or ()),
        )
    )
