"""What is longer than what is read is said: padding must not hide what stands behind it."""

from typing import Any

import pytest

from modeladmit.core.workload import UndeterminedReason
from modeladmit.workloads.inspect import inspect_object
from modeladmit.workloads.limits import MAX_ITEMS
from modeladmit.workloads.podspec import MAX_CONTAINERS

PADDING = ["--x"] * MAX_ITEMS
CASES: dict[str, list[dict[str, Any]]] = {
    "arguments": [{"args": ["--model", "acme/good", *PADDING, "--model", "acme/other"]}],
    "variables": [{"env": [{"name": f"A{n}", "value": "1"} for n in range(MAX_ITEMS + 1)]}],
    "containers": [{"args": ["--model", "acme/good"]}] * (MAX_CONTAINERS + 1),
    "an argument": [{"args": ["--model", "a" * (1 << 20)]}],
    "a program": [{"image": "python", "command": ["python", "-c", "x = 1\n" * (1 << 16)]}],
    "a script": [{"image": "busybox", "command": ["sh", "-c", "true\n" * (1 << 16)]}],
    "an expansion": [
        {
            "args": ["$(A)" * 3000],
            "image": "busybox",
            "env": [{"name": "A", "value": "b" * 1000}],
        }
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_cut_off_is_undetermined(case):
    """It is judged as an inference workload, whatever else is in it."""
    containers = [{"name": "c", "image": "vllm/vllm-openai"} | raw for raw in CASES[case]]
    workload = inspect_object(
        {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": containers}}
    )
    assert workload.inference
    assert UndeterminedReason.LIMIT in {item.reason for item in workload.undetermined}


@pytest.mark.parametrize(
    "text",
    ['{"containers": [{"image": "x", "args": ["--model", "acme/good"]}]}', '"containers image"'],
    ids=["Pods", "text that only looks like it"],
)
def test_annotations_beyond_what_is_read_are_undetermined(text):
    """Nobody hides a Pod behind a thousand others, or makes us parse a megabyte of YAML."""
    annotations = {f"key-{n}": text for n in range(4096)}
    container = {"name": "web", "image": "nginx", "command": ["nginx"]}
    workload = inspect_object(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"annotations": annotations},
            "spec": {"containers": [container]},
        }
    )
    assert workload.inference
    assert UndeterminedReason.LIMIT in {item.reason for item in workload.undetermined}
    assert len(workload.uses) < 2 * MAX_CONTAINERS + 8
