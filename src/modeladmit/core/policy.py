"""What a TrustPolicy means once it is compiled. Nothing here is text that still could fail to parse."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from modeladmit.core.authority import Authority
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Format
from modeladmit.core.patterns import ModelPattern
from modeladmit.core.pin import Pin
from modeladmit.core.reference import Reference
from modeladmit.core.selector import EVERYTHING, LabelSelector
from modeladmit.core.workload import ModelUse, Role


class Mode(StrEnum):
    """What a failed judgement does. The judgement is the same in all three."""

    ENFORCE = "Enforce"
    WARN = "Warn"
    AUDIT = "Audit"


class Reaction(StrEnum):
    """What to do about something that could not be known."""

    DENY = "Deny"
    WARN = "Warn"


class RemoteCode(StrEnum):
    """What `remoteCode` asks."""

    DENY = "Deny"
    PINNED = "Pinned"


class Stage(StrEnum):
    """Lifecycle stages, in order. Proven by a signed promotion, never by a label or a registry field."""

    DEVELOPMENT = "Development"
    STAGING = "Staging"
    PRODUCTION = "Production"

    @property
    def rank(self) -> int:
        """Position in the lifecycle."""
        return list(Stage).index(self)


PROMOTION_PREDICATE = "https://modeladmit.io/attestation/promotion/v0.1"
"""predicateType of a promotion: predicate `{"stage": "Production", "from": "Staging"}`."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """At least `minimum` distinct authorities out of `of`."""

    minimum: int
    of: tuple[str, ...]


class PredicateRule(Protocol):
    """One compiled CEL rule over an attestation's predicate."""

    @property
    def text(self) -> str:
        """As the policy writes it."""

    @property
    def message(self) -> str:
        """What to tell people when it does not hold."""

    def holds(self, predicate: Any) -> bool:
        """Whether it holds; a rule that cannot be evaluated does not."""


@dataclass(frozen=True, slots=True)
class AttestationRequirement:
    """A signed statement of a type, fresh enough, whose predicate satisfies every rule."""

    predicate_type: str
    signed_by: Threshold
    max_age: timedelta | None = None
    rules: tuple[PredicateRule, ...] = ()


@dataclass(frozen=True, slots=True)
class StageRequirement:
    """A signed promotion to at least this stage."""

    at_least: Stage
    signed_by: Threshold
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Requirements:
    """What is asked of every use that a policy covers. None: not asked."""

    pinning: Pin | None = None
    sources: tuple[ModelPattern, ...] | None = None
    formats: frozenset[Format] | None = None
    remote_code: RemoteCode | None = None
    model_ref: bool = False
    inline_credentials: bool = False
    signatures: Threshold | None = None
    attestations: tuple[AttestationRequirement, ...] = ()
    stage: StageRequirement | None = None
    verify_at_load: bool = False

    @property
    def thresholds(self) -> tuple[Threshold, ...]:
        """Everything that needs signed evidence."""
        found = [requirement.signed_by for requirement in self.attestations]
        found += [self.stage.signed_by] if self.stage else []
        return (*([self.signatures] if self.signatures else []), *found)


@dataclass(frozen=True, slots=True)
class Revocation:
    """A digest or pattern that is never admitted again. Wins over everything, exemptions included."""

    reason: str
    digest: Digest | None = None
    pattern: ModelPattern | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A compiled TrustPolicy."""

    name: str
    mode: Mode
    require: Requirements
    generation: int = 0
    selector: LabelSelector = EVERYTHING
    models: tuple[ModelPattern, ...] | None = None
    """None: every model."""
    except_models: tuple[ModelPattern, ...] = ()
    roles: frozenset[Role] = frozenset(Role) - {Role.RUNTIME}
    undetermined: Reaction = Reaction.DENY
    on_error: Reaction = Reaction.DENY
    deny: tuple[Revocation, ...] = ()
    write_pins: bool = False
    max_staleness: timedelta = timedelta(hours=24)
    authorities: Mapping[str, Authority] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    """Why it does not compile any more, with field paths. Such a policy denies whatever its selector selects."""

    def selects(self, labels: Mapping[str, str]) -> bool:
        """Whether it looks at a namespace at all."""
        return self.selector.matches(labels)

    def covers(self, use: ModelUse, namespace: str | None) -> bool:
        """Whether a use in a selected namespace is this policy's business."""
        return use.role in self.roles and self.covers_reference(use.reference, namespace)

    def covers_reference(self, reference: Reference, namespace: str | None) -> bool:
        """Whether its `models` and `exceptModels` cover an artifact."""
        if self.models is not None and not any(
            pattern.matches(reference, namespace) for pattern in self.models
        ):
            return False
        return not any(pattern.matches(reference, namespace) for pattern in self.except_models)


@dataclass(frozen=True, slots=True)
class Exemption:
    """A compiled PolicyExemption: these codes of these policies, for these artifacts, until then."""

    name: str
    codes: frozenset[str]
    reason: str
    expires_at: datetime
    policies: frozenset[str] = frozenset()
    """Empty: every policy, and the rule of closed namespaces."""
    namespaces: frozenset[str] = frozenset()
    """Empty: every namespace."""
    patterns: tuple[ModelPattern, ...] = ()
    digests: frozenset[Digest] = frozenset()
