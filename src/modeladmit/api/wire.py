"""What every model of the wire shares: frozen, camelCase, closed, documented, with its cross-field rules beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

GROUP: Final = "modeladmit.io"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A cross-field rule in CEL over `self`: one text, held by the API server and, without one, by `api.compile.shape`."""

    cel: str
    message: str
    field_path: str = ""
    """Where to point, relative to `self`; empty: `self`."""


class WireModel(BaseModel):
    """A value of the wire. Unknown fields are refused: the API server would prune them silently, and a typo must not."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )

    invariants: ClassVar[tuple[Rule, ...]] = ()

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        if cls.invariants:
            handler.resolve_ref_schema(schema)["x-kubernetes-validations"] = [
                {
                    "rule": rule.cel,
                    "message": rule.message,
                    **({"fieldPath": rule.field_path} if rule.field_path else {}),
                }
                for rule in cls.invariants
            ]
        return schema


class Resource(WireModel):
    """A Kubernetes object of ours. Metadata is the API server's business and stays as it is."""

    api_version: str
    kind: str
    metadata: Mapping[str, Any] = Field(default_factory=dict)


def exactly_one(*fields: str) -> Rule:
    """The rule that one of these fields is given and no other."""
    present = ", ".join(f"has(self.{field})" for field in fields)
    return Rule(f"[{present}].exists_one(given, given)", f"give exactly one of {', '.join(fields)}")
