"""TrustPolicy: which models may run in which namespaces, and what must be proven about them."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictInt

from modeladmit.api.authority import AuthoritySpec
from modeladmit.api.conditions import Conditions
from modeladmit.api.selector import LabelSelectorSpec
from modeladmit.api.texts import (
    NAMED,
    SET,
    CelRule,
    DigestText,
    Duration,
    Label,
    Line,
    Pattern,
    several,
)
from modeladmit.api.wire import Resource, Rule, WireModel, exactly_one
from modeladmit.core.evidence import Format
from modeladmit.core.policy import Mode, Reaction, RemoteCode, Stage
from modeladmit.core.workload import Role


class MatchSpec(WireModel):
    """Which uses of models the policy judges. Everything that is absent selects everything."""

    namespace_selector: LabelSelectorSpec | None = None
    """Namespaces by their labels; absent: every namespace."""
    models: Annotated[tuple[Pattern, ...], several(64), *SET] | None = None
    """Patterns of canonical references, such as hf://meta-llama/*; absent: every model. `*` and `?` stay inside a segment,
    `**` spans segments, and both ends are anchored."""
    except_models: Annotated[tuple[Pattern, ...], several(64), *SET] | None = None
    """Patterns of models that this policy leaves alone."""
    roles: Annotated[tuple[Role, ...], several(8), *SET] | None = None
    """What the model is used as; absent: every role but Runtime (the container image itself)."""


class ThresholdSpec(WireModel):
    """Enough of several: distinct authorities are counted, never signatures."""

    invariants: ClassVar = (
        Rule(
            "!has(self.min) || self.min <= size(self.of)",
            "min is larger than the number of authorities in of",
            ".min",
        ),
    )

    minimum: Annotated[StrictInt, Field(alias="min", ge=1, le=32)] = 1
    """How many of them must vouch."""
    of: Annotated[tuple[Label, ...], several(32), *SET]
    """Names of authorities of this policy."""


class PredicateRuleSpec(WireModel):
    """A condition on the signed predicate."""

    cel: CelRule
    """A CEL expression over `predicate` that must be true, such as predicate.result == "PASSED"."""
    message: Line
    """What to tell people when it is not."""


class AttestationSpec(WireModel):
    """A signed statement (in-toto) that must exist."""

    predicate_type: Annotated[str, Field(min_length=1, max_length=512)]
    """The predicateType that the statement must have."""
    signed_by: ThresholdSpec
    """Who must have signed it."""
    max_age: Duration | None = None
    """How old its trusted time may be, such as 720h; without a trusted time it is too old."""
    rules: Annotated[tuple[PredicateRuleSpec, ...], several(16)] | None = None
    """Conditions on its predicate; every one must hold."""


class StageSpec(WireModel):
    """A lifecycle stage, proven by a signed promotion and by nothing else."""

    at_least: Stage
    """The lowest stage that is enough."""
    signed_by: ThresholdSpec
    """Who must have promoted it."""
    max_age: Duration | None = None
    """How old the promotion may be."""


_ASKED = (
    "pinning",
    "sources",
    "formats",
    "remoteCode",
    "modelRef",
    "inlineCredentials",
    "signatures",
    "attestations",
    "stage",
    "verifyAtLoad",
)


class RequireSpec(WireModel):
    """What is asked of every use that the policy covers. What is not written is not asked."""

    invariants: ClassVar = (
        Rule(
            " || ".join(f"has(self.{field})" for field in _ASKED),
            "ask for something: a policy that requires nothing protects nothing",
        ),
    )

    pinning: Literal["Digest", "Revision"] | None = None
    """Digest: the reference names a content digest. Revision: also an immutable id of the store, such as a commit."""
    sources: Annotated[tuple[Pattern, ...], several(64), *SET] | None = None
    """Patterns that the reference must match one of; ${namespace} stands for the workload's namespace."""
    formats: Annotated[tuple[Format, ...], several(16), *SET] | None = None
    """File formats that the weights may have."""
    remote_code: RemoteCode | None = None
    """Code that comes with the model. Deny: none may run. Pinned: only pinned like the weights."""
    model_ref: Literal["Required"] | None = None
    """Required: only models that a ModelRef of the namespace declares."""
    inline_credentials: Literal["Deny"] | None = None
    """Deny: no credentials in plain text in the object."""
    signatures: ThresholdSpec | None = None
    """Who must have signed the artifact."""
    attestations: Annotated[tuple[AttestationSpec, ...], several(16)] | None = None
    """Signed statements that must exist."""
    stage: StageSpec | None = None
    """The lifecycle stage that must be proven."""
    verify_at_load: Literal["Required"] | None = None
    """Required: the load-time guard must be in the Pod."""


class RevocationSpec(WireModel):
    """A model that is never admitted again, whoever signed it and whatever exempts it."""

    invariants: ClassVar = (exactly_one("digest", "uri"),)

    digest: DigestText | None = None
    """Its content digest."""
    uri: Pattern | None = None
    """A pattern of references."""
    reason: Line
    """Why; shown to whoever is denied."""


_UNDEFINED = "of names an authority that the policy does not define"
_DEFINED = (
    "all(name, has(self.authorities) && self.authorities.exists(authority, authority.name == name))"
)


class TrustPolicySpec(WireModel):
    """Which models may run in which namespaces, and what must be proven about them."""

    invariants: ClassVar = (
        Rule(
            f"!has(self.require.signatures) || self.require.signatures.of.{_DEFINED}",
            _UNDEFINED,
            ".require.signatures",
        ),
        Rule(
            f"!has(self.require.attestations) || self.require.attestations.all(asked, asked.signedBy.of.{_DEFINED})",
            _UNDEFINED,
            ".require.attestations",
        ),
        Rule(
            f"!has(self.require.stage) || self.require.stage.signedBy.of.{_DEFINED}",
            _UNDEFINED,
            ".require.stage",
        ),
    )

    mode: Mode
    """Enforce denies. Warn admits with a warning. Audit admits and reports. The verdict is the same in all three."""
    match: MatchSpec | None = None
    """Which uses of models the policy judges; absent: all."""
    require: RequireSpec
    """What is asked of them."""
    undetermined: Reaction = Reaction.DENY
    """What to do about a workload that loads a model which cannot be determined."""
    on_error: Reaction = Reaction.DENY
    """What to do when a store that the policy or the settings name cannot be reached."""
    deny: Annotated[tuple[RevocationSpec, ...], several(256)] | None = None
    """Revoked models. Wins over everything, exemptions included."""
    write_pins: Literal["Never", "Pods"] = "Never"
    """Pods: write the digest that was verified into Pods (never into Deployments)."""
    max_staleness: Duration = "24h"
    """How long proven facts count while their store cannot be reached."""
    authorities: Annotated[tuple[AuthoritySpec, ...], several(32), *NAMED] | None = None
    """Who may vouch, by name."""


class CoverageStatus(WireModel):
    """How much of the cluster the policy looks at today."""

    workloads: Annotated[int, Field(ge=0)] = 0
    """Objects with a use that it covers."""
    references: Annotated[int, Field(ge=0)] = 0
    """Different model references in them."""


class TrustPolicyStatus(WireModel):
    """What the operator last saw. Never an input to a verdict."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation that this status speaks of."""
    conditions: Conditions = ()
    """Ready, Propagated, FailClosed."""
    covers: CoverageStatus | None = None
    """How much of the cluster the policy looks at."""
    would_deny: Annotated[int, Field(ge=0)] | None = None
    """Live workloads that the policy denies, or would deny under Enforce."""


class TrustPolicy(Resource):
    """Which models may run in which namespaces, and what must be proven about them."""

    kind: Literal["TrustPolicy"]
    spec: TrustPolicySpec
    status: TrustPolicyStatus | None = None
