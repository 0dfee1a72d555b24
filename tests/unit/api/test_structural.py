"""What a structural schema cannot say is refused when it is generated, not by an API server."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field

from modeladmit.api.structural import structural_schema
from modeladmit.api.wire import Rule, WireModel, exactly_one
from modeladmit.errors import ConfigurationError


class Leaf(WireModel):
    """A leaf."""

    invariants: ClassVar = (exactly_one("left", "right"),)

    left: Annotated[str, Field(max_length=3)] | None = None
    """To the left."""
    right: int | None = None
    """To the right."""


class Tree(WireModel):
    """A tree."""

    invariants: ClassVar = (Rule("has(self.leaf)", "grow one", ".leaf"),)

    kind: Literal["Oak"]
    """Its kind."""
    leaf: Leaf | None = None
    """Its first leaf."""
    more_leaves: Annotated[tuple[Leaf, ...], Field(max_length=4)] = ()
    """The others."""
    notes: Annotated[Mapping[str, str], Field(max_length=2)] | None = None
    """What people say."""


def test_lowering():
    """References put in place, null arms gone, constants as enums, rules beside their model."""
    rule = {
        "rule": "[has(self.left), has(self.right)].exists_one(given, given)",
        "message": "give exactly one of left, right",
    }
    leaf = {
        "type": "object",
        "x-kubernetes-validations": [rule],
        "properties": {
            "left": {"description": "To the left.", "type": "string", "maxLength": 3},
            "right": {"description": "To the right.", "type": "integer"},
        },
    }
    assert structural_schema(Tree) == {
        "description": "A tree.",
        "type": "object",
        "required": ["kind"],
        "x-kubernetes-validations": [
            {"rule": "has(self.leaf)", "message": "grow one", "fieldPath": ".leaf"}
        ],
        "properties": {
            "kind": {"description": "Its kind.", "type": "string", "enum": ["Oak"]},
            "leaf": {"description": "Its first leaf.", **leaf},
            "moreLeaves": {
                "description": "The others.",
                "type": "array",
                "maxItems": 4,
                "items": {"description": "A leaf.", **leaf},
            },
            "notes": {
                "description": "What people say.",
                "type": "object",
                "maxProperties": 2,
                "additionalProperties": {"type": "string"},
            },
        },
    }


class Union(WireModel):
    """Two types."""

    value: int | str


class Recursive(WireModel):
    """Holds itself."""

    child: "Recursive | None" = None


class Untyped(WireModel):
    """Anything."""

    value: object


class Exclusive(WireModel):
    """A keyword that is a boolean there."""

    value: Annotated[int, Field(gt=1)]


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (Union, "unions"),
        (Recursive, "holds itself"),
        (Untyped, "needs a type"),
        (Exclusive, "exclusiveMinimum"),
    ],
)
def test_what_cannot_be_said_is_refused(model, says):
    """With the place."""
    with pytest.raises(ConfigurationError, match=says):
        structural_schema(model)
