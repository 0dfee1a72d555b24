"""PolicyExemption: these findings are excused, for these models, until then."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field

from modeladmit.api.conditions import Conditions
from modeladmit.api.texts import SET, DigestText, Label, Line, ObjectName, Pattern, several
from modeladmit.api.wire import Resource, WireModel, exactly_one
from modeladmit.core.catalog import EXEMPTIBLE

ExemptibleCode = StrEnum(  # type: ignore[misc]
    "ExemptibleCode", [(code, code) for code in sorted(EXEMPTIBLE)]
)
"""Finding codes that an exemption can excuse."""


class PolicyExemptionSpec(WireModel):
    """What is excused, why, and for how long."""

    invariants: ClassVar = (exactly_one("uris", "digests"),)

    policies: Annotated[tuple[ObjectName, ...], several(64), *SET] | None = None
    """Names of TrustPolicies; absent: every policy, and the rule of closed namespaces."""
    namespaces: Annotated[tuple[Label, ...], several(64), *SET] | None = None
    """Namespaces; absent: every namespace."""
    uris: Annotated[tuple[Pattern, ...], several(64), *SET] | None = None
    """Patterns of the models that are excused."""
    digests: Annotated[tuple[DigestText, ...], several(64), *SET] | None = None
    """Content digests of the models that are excused."""
    codes: Annotated[tuple[ExemptibleCode, ...], several(32), *SET]
    """Finding codes that are excused: to be unsigned does not excuse remote code."""
    reason: Line
    """Why; stands in every report."""
    expires_at: AwareDatetime
    """When it ends."""


class PolicyExemptionStatus(WireModel):
    """What the operator last saw. Never an input to a verdict."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation that this status speaks of."""
    conditions: Conditions = ()
    """Active."""


class PolicyExemption(Resource):
    """These findings are excused, for these models, until then."""

    kind: Literal["PolicyExemption"]
    spec: PolicyExemptionSpec
    status: PolicyExemptionStatus | None = None
