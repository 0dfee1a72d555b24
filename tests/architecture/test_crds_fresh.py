"""The CustomResourceDefinitions in the repository are those that the models generate."""

from pathlib import Path

import pytest
import yaml

from modeladmit.api.crds import check, crd_documents

ROOT = Path(__file__).parents[2]
FOLDERS = ("manifests/crds", "charts/modeladmit/files/crds")


@pytest.mark.parametrize("folder", FOLDERS)
def test_generated_files_are_fresh(folder):
    """`modeladmit crds --write` would change nothing."""
    assert check(ROOT / folder) == []


def _schemas(node, place=""):
    if isinstance(node, dict):
        if "type" in node and isinstance(node["type"], str):
            yield place, node
        for key, value in node.items():
            yield from _schemas(value, f"{place}.{key}")


def _specs():
    for document in crd_documents():
        schema = document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        yield from _schemas(schema["properties"]["spec"], document["spec"]["names"]["kind"])


@pytest.mark.parametrize(("place", "schema"), list(_specs()), ids=lambda part: str(part)[:80])
def test_everything_that_people_write_is_bounded_and_described(place, schema):
    """Each list and text of a spec has a bound, so that rules have a price; no field is a boolean; each is explained."""
    match schema["type"]:
        case "array":
            assert {"maxItems", "items"} <= schema.keys()
        case "string" if "enum" not in schema and schema.get("format") != "date-time":
            assert "maxLength" in schema
        case "object" if "additionalProperties" in schema:
            assert "maxProperties" in schema
        case kind:
            assert kind != "boolean"
    if place.rpartition(".")[0].endswith(".properties"):
        assert schema["description"].endswith((".", ".`")), place


def test_documents_are_whole():
    """Four kinds, each with a status subresource and columns for kubectl."""
    found = {}
    for folder in FOLDERS:
        for path in (ROOT / folder).glob("*.yaml"):
            version = yaml.safe_load(path.read_text())["spec"]["versions"][0]
            found[path.stem] = (
                version["subresources"],
                [c["name"] for c in version["additionalPrinterColumns"]][-1],
            )
    assert found == {
        f"{plural}.modeladmit.io": ({"status": {}}, "Age")
        for plural in ("trustpolicies", "modelrefs", "trustroots", "policyexemptions")
    }
