"""From what people wrote to what it means: core values, and every problem at once with the field's path."""

from modeladmit.api.compile.exemption import compile_exemption
from modeladmit.api.compile.model_ref import CompiledModelRef, compile_model_ref
from modeladmit.api.compile.policy import compile_policy
from modeladmit.api.compile.problem import Compiled, Problem
from modeladmit.api.compile.referents import NOTHING, MappedReferents, Referents
from modeladmit.api.compile.trust_root import PUBLIC_GOOD, CompiledTrustRoot, compile_trust_root

__all__ = [
    "NOTHING",
    "PUBLIC_GOOD",
    "Compiled",
    "CompiledModelRef",
    "CompiledTrustRoot",
    "MappedReferents",
    "Problem",
    "Referents",
    "compile_exemption",
    "compile_model_ref",
    "compile_policy",
    "compile_trust_root",
]
