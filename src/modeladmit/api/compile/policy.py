"""A TrustPolicy as a `core.Policy`. One that does not compile still selects, and says why: it denies what it selects."""

from collections.abc import Mapping
from typing import Any, Final

from modeladmit.api.cel import CelRule
from modeladmit.api.compile.authorities import AuthorityCompiler
from modeladmit.api.compile.problem import Compiled, Problems
from modeladmit.api.compile.referents import Referents
from modeladmit.api.compile.shape import read, resource_problems
from modeladmit.api.compile.trust_root import CompiledTrustRoot
from modeladmit.api.durations import parse_duration
from modeladmit.api.selector import LabelSelectorSpec
from modeladmit.api.trust_policy import (
    AttestationSpec,
    RequireSpec,
    RevocationSpec,
    StageSpec,
    ThresholdSpec,
    TrustPolicy,
    TrustPolicySpec,
)
from modeladmit.core.digest import Digest
from modeladmit.core.fieldpath import ROOT
from modeladmit.core.patterns import ModelPattern
from modeladmit.core.pin import Pin
from modeladmit.core.policy import (
    AttestationRequirement,
    Mode,
    Policy,
    Requirements,
    Revocation,
    StageRequirement,
    Threshold,
)
from modeladmit.core.selector import EVERYTHING, LabelSelector
from modeladmit.core.workload import Role

_SPEC: Final = ROOT / "spec"
_PINS: Final = {"Digest": Pin.DIGEST, "Revision": Pin.REVISION}
_ROLES: Final = frozenset(Role) - {Role.RUNTIME}


def compile_policy(
    raw: Mapping[str, Any],
    *,
    trust_roots: Mapping[str, CompiledTrustRoot],
    keys: Referents,
) -> Compiled[Policy]:
    """Read a TrustPolicy, with every problem at once. The policy is always there; with problems it denies what it selects.

    `trust_roots` holds the usable TrustRoots by name, and the public-good Sigstore under `PUBLIC_GOOD`.
    """
    problems = Problems(resource_problems(TrustPolicy, raw))
    written = raw.get("spec")
    loose: Mapping[str, Any] = written if isinstance(written, Mapping) else {}
    authorities = AuthorityCompiler(trust_roots, keys, problems).compile(
        loose.get("authorities"), _SPEC / "authorities"
    )
    spec = read(TrustPolicySpec, written)
    metadata = raw.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    name, generation = str(metadata.get("name", "")), metadata.get("generation", 0)
    generation = generation if isinstance(generation, int) else 0
    found = problems.all()
    if found or spec is None:
        broken = Policy(
            name,
            _mode(loose.get("mode")),
            Requirements(),
            generation,
            _selector(loose.get("match")),
            problems=tuple(str(problem) for problem in found),
        )
        return Compiled(broken, found)
    match = spec.match
    return Compiled(
        Policy(
            name=name,
            mode=spec.mode,
            require=_requirements(spec.require),
            generation=generation,
            selector=match.namespace_selector.compile()
            if match and match.namespace_selector
            else EVERYTHING,
            models=_patterns(match.models) if match and match.models else None,
            except_models=_patterns(match.except_models) if match and match.except_models else (),
            roles=frozenset(match.roles) if match and match.roles else _ROLES,
            undetermined=spec.undetermined,
            on_error=spec.on_error,
            deny=tuple(_revocation(entry) for entry in spec.deny or ()),
            write_pins=spec.write_pins == "Pods",
            max_staleness=parse_duration(spec.max_staleness),
            authorities=authorities,
        )
    )


def _mode(raw: Any) -> Mode:
    """The mode of a policy that does not compile; one that cannot be read is the strictest."""
    return Mode(raw) if isinstance(raw, str) and raw in tuple(Mode) else Mode.ENFORCE


def _selector(match: Any) -> LabelSelector:
    """The selector of a policy that does not compile; one that cannot be read selects everything."""
    raw = match.get("namespaceSelector") if isinstance(match, Mapping) else None
    spec = read(LabelSelectorSpec, raw) if raw is not None else None
    return spec.compile() if spec is not None else EVERYTHING


def _patterns(texts: tuple[str, ...]) -> tuple[ModelPattern, ...]:
    return tuple(ModelPattern.parse(text) for text in texts)


def _requirements(spec: RequireSpec) -> Requirements:
    return Requirements(
        pinning=_PINS[spec.pinning] if spec.pinning else None,
        sources=_patterns(spec.sources) if spec.sources is not None else None,
        formats=frozenset(spec.formats) if spec.formats is not None else None,
        remote_code=spec.remote_code,
        model_ref=spec.model_ref is not None,
        inline_credentials=spec.inline_credentials is not None,
        signatures=_threshold(spec.signatures) if spec.signatures else None,
        attestations=tuple(_attestation(entry) for entry in spec.attestations or ()),
        stage=_stage(spec.stage) if spec.stage else None,
        verify_at_load=spec.verify_at_load is not None,
    )


def _threshold(spec: ThresholdSpec) -> Threshold:
    return Threshold(spec.minimum, spec.of)


def _attestation(spec: AttestationSpec) -> AttestationRequirement:
    return AttestationRequirement(
        spec.predicate_type,
        _threshold(spec.signed_by),
        parse_duration(spec.max_age) if spec.max_age else None,
        tuple(CelRule.parse(rule.cel, rule.message) for rule in spec.rules or ()),
    )


def _stage(spec: StageSpec) -> StageRequirement:
    return StageRequirement(
        spec.at_least,
        _threshold(spec.signed_by),
        parse_duration(spec.max_age) if spec.max_age else None,
    )


def _revocation(spec: RevocationSpec) -> Revocation:
    return Revocation(
        spec.reason,
        Digest.parse(spec.digest) if spec.digest else None,
        ModelPattern.parse(spec.uri) if spec.uri else None,
    )
