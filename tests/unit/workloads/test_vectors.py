"""Every way in which workloads name models, one case each."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from modeladmit.core.workload import Role
from modeladmit.workloads.documents import inspect_documents

FOLDER = Path(__file__).parents[2] / "vectors" / "workloads"
CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.safe_load(path.read_text())
]


def documents(case: dict[str, Any]) -> list[Any]:
    if "docs" in case:
        return list(yaml.safe_load_all(case["docs"]))
    spec = {"containers": [{"name": "c", **case["container"]}], "volumes": case.get("volumes", [])}
    return [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}]


@pytest.mark.parametrize("case", CASES)
def test_case(case):
    """Exactly the expected references are found, and exactly the expected reasons where none can be."""
    workloads = inspect_documents(documents(case))
    uses = [use for workload in workloads for use in workload.uses if use.role is not Role.RUNTIME]
    found = {
        " ".join(filter(None, (use.role, use.reference.uri, use.reference.revision)))
        for use in uses
    }
    assert set(case.get("expect", [])) == found
    reasons = {str(item.reason) for workload in workloads for item in workload.undetermined}
    assert set(case.get("undetermined", [])) == reasons
    if "inference" in case:
        assert case["inference"] == any(workload.inference for workload in workloads)
    if "pins" in case:
        assert case["pins"] == [use.pin.label for use in uses]
