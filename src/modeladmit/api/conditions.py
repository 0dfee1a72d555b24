"""Status as Kubernetes writes it (apimachinery, meta/v1 `Condition`)."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field

from modeladmit.api.wire import WireModel


class ConditionStatus(StrEnum):
    """Whether a condition holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(WireModel):
    """One aspect of an object's state."""

    type: Annotated[str, Field(max_length=316)]
    """What is said, for example Ready."""
    status: ConditionStatus
    """Whether it holds."""
    reason: Annotated[
        str, Field(max_length=1024, pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")
    ]
    """One word: Satisfied, or a finding code."""
    message: Annotated[str, Field(max_length=32768)] = ""
    """What it means for people."""
    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation of the spec that was looked at."""
    last_transition_time: AwareDatetime
    """When the status changed last."""


Conditions = Annotated[
    tuple[Condition, ...],
    Field(
        max_length=16,
        json_schema_extra={
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
        },
    ),
]
"""Conditions of an object, one of each type."""
