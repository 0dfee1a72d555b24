"""However much stands before it, the last name is found, or what was cut off is said: padding hides nothing."""

from typing import Any

import pytest

from modeladmit.core.workload import UndeterminedReason, Workload
from modeladmit.workloads.inspect import inspect_object

SAID = {UndeterminedReason.LIMIT, UndeterminedReason.SCRIPT}
COUNT = 300
NAMES = [f"acme/m{n}" for n in range(COUNT)]
LAST = f"hf://{NAMES[-1]}"
QUOTED = ", ".join(repr(name) for name in NAMES)
PYTHON = "from huggingface_hub import snapshot_download as s\n"


def shell(text: str) -> dict[str, Any]:
    return pod({"name": "c", "image": "vllm/vllm-openai", "command": ["bash", "-c", text]})


def python(text: str) -> dict[str, Any]:
    return pod({"name": "c", "image": "vllm/vllm-openai", "command": ["python", "-c", text]})


def pod(*containers: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": list(containers)}}


def custom(version: str, kind: str, spec: object) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "spec": spec}


def branches(separator: str) -> str:
    tests = (f"[ $X = {n} ]; then M={name}; " for n, name in enumerate(NAMES))
    return "if " + separator.join(tests)


CASES = {
    "commands": shell("; ".join(f"hf download {name}" for name in NAMES)),
    "words of a loop": shell(f"for m in {' '.join(NAMES)}; do hf download $m; done"),
    "branches": shell(branches("elif ") + "fi; vllm serve $M"),
    "cases": shell(
        "case $X in "
        + "".join(f"{n}) M={name};; " for n, name in enumerate(NAMES))
        + "esac; vllm serve $M"
    ),
    "lines that are read": shell(
        "while read -r m; do hf download $m; done <<EOF\n" + "\n".join(NAMES) + "\nEOF\n"
    ),
    "an array": shell(f"A=({' '.join(NAMES)}); hf download ${{A[{COUNT - 1}]}}"),
    "words of a variable": shell(f"A='{' '.join(NAMES)}'; for m in $A; do hf download $m; done"),
    "pipes": shell("true | " * COUNT + f"hf download {NAMES[-1]}"),
    "calls": python("import x\n" + "x.y()\n" * COUNT + f"x.snapshot_download('{NAMES[-1]}')"),
    "a list": python(f"import x\nfor m in [{QUOTED}]:\n    x.snapshot_download(m)"),
    "sums of lists": python(
        f"import x\na = [{QUOTED}]\nfor m in a + a:\n    x.snapshot_download(m)"
    ),
    "a choice": python(
        "import x\n" + "".join(f"if y: m = '{name}'\n" for name in NAMES) + "x.snapshot_download(m)"
    ),
    "adapters": pod(
        {"name": "c", "image": "vllm/vllm-openai"}
        | {"args": ["--model", "acme/base", "--lora-modules", *(f"l={name}" for name in NAMES)]}
    ),
    "mounts": pod(
        {"name": "c", "image": "vllm/vllm-openai", "args": ["--model", "/m"]}
        | {"volumeMounts": [{"name": "v", "mountPath": f"/m/{n}"} for n in range(COUNT)]}
    ),
    "containers": pod(
        *({"name": f"c{n}", "image": "vllm/vllm-openai", "args": [m]} for n, m in enumerate(NAMES))
    ),
    "adapters of a custom resource": custom(
        "kubeai.org/v1",
        "Model",
        {"url": "hf://acme/base", "adapters": [{"name": "l", "url": f"hf://{m}"} for m in NAMES]},
    ),
    "a graph": custom(
        "machinelearning.seldon.io/v1",
        "SeldonDeployment",
        {"predictors": [{"graph": {"children": [{"modelUri": f"hf://{m}"} for m in NAMES]}}]},
    ),
    "objects in objects": custom(
        "kro.run/v1alpha1",
        "ResourceGraphDefinition",
        {
            "resources": [
                {"template": custom("kubeai.org/v1", "Model", {"url": f"hf://{m}"})} for m in NAMES
            ]
        },
    ),
    "fields of an unknown kind": custom(
        "serving.example.com/v1", "Thing", {"models": [{"modelID": m} for m in NAMES]}
    ),
}


def lost(workload: Workload) -> bool:
    found = LAST in {use.reference.uri for use in workload.uses}
    said = SAID & {item.reason for item in workload.undetermined}
    return not (workload.inference and (found or said))


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_lost(case):
    """Found, or said: and always an inference workload."""
    assert not lost(inspect_object(CASES[case]))
