"""JSON Schema of our models to the structural schema of a CustomResourceDefinition.

Rules: apiextensions-apiserver, pkg/apis/apiextensions/validation and pkg/apiserver/schema. No references, no `null`
arm, no `const`, no closed objects (the API server prunes), `exclusiveMinimum` as a boolean. What it cannot express is
refused here, when CRDs are generated, and not by an API server later.
"""

from collections.abc import Mapping
from typing import Any, Final

from modeladmit.api.wire import WireModel
from modeladmit.errors import ConfigurationError

_KEPT: Final = frozenset(
    {
        "type",
        "format",
        "description",
        "enum",
        "default",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
        "required",
        "x-kubernetes-validations",
        "x-kubernetes-list-type",
        "x-kubernetes-list-map-keys",
    }
)
_DROPPED: Final = frozenset({"title", "$defs", "propertyNames", "additionalProperties"})
"""Words for people, what is put in place, bounds of keys (the models hold them), and closedness."""


def structural_schema(model: type[WireModel]) -> dict[str, Any]:
    """The structural schema of a model. Raises ConfigurationError for what a CRD cannot express."""
    schema = model.model_json_schema(by_alias=True)
    return _lowered(schema, schema.get("$defs", {}), model.__name__, ())


def _lowered(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], place: str, inside: tuple[str, ...]
) -> dict[str, Any]:
    schema, inside = _resolved(schema, definitions, place, inside)

    def lower(child: Mapping[str, Any], name: str) -> dict[str, Any]:
        return _lowered(child, definitions, place + name, inside)

    lowered: dict[str, Any] = {}
    for key, value in schema.items():
        match key:
            case "properties":
                lowered[key] = {name: lower(child, f".{name}") for name, child in value.items()}
            case "items":
                lowered[key] = lower(value, "[]")
            case "additionalProperties" if isinstance(value, Mapping):
                lowered[key] = lower(value, ".*")
            case "const":
                lowered["enum"] = [value]
            case _ if key in _KEPT and value not in (None, []):
                lowered[key] = value
            case _ if key not in _KEPT | _DROPPED:
                raise ConfigurationError(f"{place}: {key} has no place in a structural schema")
    if "type" not in lowered:
        raise ConfigurationError(f"{place}: a structural schema needs a type")
    return _ordered(lowered)


def _resolved(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], place: str, inside: tuple[str, ...]
) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Put references in place and take the `null` arm away. What stands beside a reference wins over what it names."""
    if "anyOf" in schema:
        arms = [arm for arm in schema["anyOf"] if arm.get("type") != "null"]
        if len(arms) != 1:
            raise ConfigurationError(f"{place}: a structural schema has no unions")
        beside = {key: value for key, value in schema.items() if key != "anyOf"}
        return _resolved({**arms[0], **beside}, definitions, place, inside)
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        if name in inside:
            raise ConfigurationError(f"{place}: {name} holds itself, which a CRD cannot express")
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _resolved({**definitions[name], **beside}, definitions, place, (*inside, name))
    return schema, inside


def _ordered(schema: dict[str, Any]) -> dict[str, Any]:
    """Short facts first, nested schemas last, so that people can read the file."""
    nested = ("properties", "items", "additionalProperties")
    if "description" in schema:
        schema["description"] = " ".join(schema["description"].split())
    return {
        **{key: schema[key] for key in ("description", "type") if key in schema},
        **{
            key: value
            for key, value in schema.items()
            if key not in {"description", "type", *nested}
        },
        **{key: schema[key] for key in nested if key in schema},
    }
