"""A ModelRef judged like a workload: one use, of the model that it declares."""

from dataclasses import replace

from modeladmit.api.compile import CompiledModelRef
from modeladmit.api.wire import API_VERSION
from modeladmit.core.fieldpath import ROOT
from modeladmit.core.situation import Situation
from modeladmit.core.verdict import Verdict
from modeladmit.core.workload import ModelUse, ObjectIdentity, Role, Workload

_INAPPLICABLE = frozenset({"UndeclaredModel", "GuardMissing"})
"""A declaration needs no declaration, and nothing is loaded by it."""


def workload(model: CompiledModelRef) -> Workload:
    """What a ModelRef uses."""
    use = ModelUse(
        Role.WEIGHTS,
        model.reference,
        ROOT / "spec" / "uri",
        engine="ModelRef",
        text=model.reference.uri,
    )
    return Workload(
        ObjectIdentity(API_VERSION, "ModelRef", model.name, model.namespace or None),
        inference=True,
        uses=(use,),
        pull_secrets=model.pull_secrets,
    )


def applicable(verdict: Verdict) -> Verdict:
    """The verdict without what can be asked of workloads only."""
    kept = tuple(found for found in verdict.findings if found.code not in _INAPPLICABLE)
    return replace(verdict, findings=kept)


def declaring(situation: Situation, model: CompiledModelRef) -> Situation:
    """The situation once the ModelRef is there."""
    others = tuple(found for found in situation.declared if found.name != model.name)
    return replace(situation, declared=(*others, model.declared))
