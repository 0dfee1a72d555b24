"""The real API server and our CustomResourceDefinitions: it takes them, and holds their rules without any webhook."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.kit.cluster import Cluster
from e2e.kit.plane import plane
from e2e.kit.waiting import until
from tests.policy_vectors import BadObject, bad_objects, good, good_names

CRDS = Path(__file__).parents[1] / "manifests" / "crds"


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that knows our kinds and has no webhook: what it refuses, it refuses by itself."""
    with plane(tmp_path_factory.mktemp("crds") / "plane") as cluster:
        cluster.kubectl("apply", "--server-side", "-f", str(CRDS))
        cluster.kubectl("wait", "--for=condition=Established", "--timeout=30s", "-f", str(CRDS))
        yield cluster


def test_schemas_are_structural(definitions: Cluster) -> None:
    """The API server finds nothing to complain about in the schemas, and their rules are cheap enough."""
    conditions = {
        (name, condition["type"], condition["status"])
        for name in ("trustpolicies", "modelrefs", "trustroots", "policyexemptions")
        for condition in definitions.get("crd", f"{name}.modeladmit.io")["status"]["conditions"]
    }
    assert {status for _, kind, status in conditions if kind == "NonStructuralSchema"} <= {"False"}
    assert {status for _, kind, status in conditions if kind == "Established"} == {"True"}


@pytest.mark.parametrize("name", good_names())
def test_good_objects_are_accepted(definitions: Cluster, name: str) -> None:
    """What compiles is also what the API server takes, with no field dropped."""
    document = good(name)
    answer = definitions.kubectl(
        "create", "--dry-run=server", "--validate=strict", "-o", "name", "-f", "-", input=document
    )
    assert document["metadata"]["name"] in answer.stdout


@pytest.mark.parametrize(
    "case", [case for case in bad_objects() if case.by_schema], ids=lambda case: case.name
)
def test_bad_objects_are_refused(definitions: Cluster, case: BadObject) -> None:
    """The schema and its CEL rules refuse the object and name the field, webhook or not."""
    answer = definitions.kubectl(
        "create", "--dry-run=server", "-f", "-", input=dict(case.document), check=False
    )
    assert answer.returncode != 0
    assert case.field in answer.stderr, answer.stderr


def test_explain_and_columns(definitions: Cluster) -> None:
    """`kubectl explain` has words for a field, and `kubectl get` has our columns."""

    def explained() -> str:
        answer = definitions.kubectl(
            "explain", "trustpolicy.spec.require.signatures.min", check=False
        )
        return answer.stdout

    text = until(explained, what="the API server publishes the schema", seconds=30)
    assert "How many of them must vouch" in text
    policy = good("minimal")
    policy["metadata"]["name"] = "columns"
    definitions.kubectl("apply", "-f", "-", input=policy)
    try:
        table = definitions.kubectl("get", "trustpolicies", "columns").stdout
        assert table.split()[:6] == ["NAME", "MODE", "READY", "COVERS", "DENIED", "AGE"]
        stored = definitions.get("trustpolicy", "columns")["spec"]
        assert (stored["undetermined"], stored["onError"]) == ("Deny", "Deny")
    finally:
        definitions.kubectl("delete", "trustpolicy", "columns")
