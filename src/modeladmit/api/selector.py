"""Label selectors (apimachinery, meta/v1 `LabelSelector`)."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from modeladmit.api.texts import SET, LabelKey, LabelValue, several
from modeladmit.api.wire import Rule, WireModel
from modeladmit.core.selector import LabelOperator, LabelRequirement, LabelSelector


class LabelExpression(WireModel):
    """One requirement on one label."""

    invariants: ClassVar = (
        Rule(
            "self.operator in ['In', 'NotIn'] ? has(self.values) : !has(self.values)",
            "In and NotIn need values; Exists and DoesNotExist have none",
        ),
    )

    key: LabelKey
    """The label."""
    operator: LabelOperator
    """In, NotIn, Exists or DoesNotExist; NotIn also holds where the label is missing."""
    values: Annotated[tuple[LabelValue, ...], several(64), *SET] | None = None
    """Values to compare with."""


class LabelSelectorSpec(WireModel):
    """Labels that must be there. All requirements must hold; none selects everything."""

    match_labels: Annotated[Mapping[LabelKey, LabelValue], Field(max_length=32)] | None = None
    """Labels with exactly these values."""
    match_expressions: Annotated[tuple[LabelExpression, ...], several(32, 0)] | None = None
    """Requirements on labels."""

    def compile(self) -> LabelSelector:
        """The selector as a core value."""
        labels = (
            LabelRequirement(key, LabelOperator.IN, (value,))
            for key, value in (self.match_labels or {}).items()
        )
        expressions = (
            LabelRequirement(entry.key, entry.operator, entry.values or ())
            for entry in self.match_expressions or ()
        )
        return LabelSelector((*labels, *expressions))
