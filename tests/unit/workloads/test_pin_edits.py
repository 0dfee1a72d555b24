"""Every place that names an artifact knows how it is pinned there; pasting the edit pins it."""

import copy
from typing import Any

import jsonpatch
import pytest

from modeladmit.core.digest import Digest
from modeladmit.core.patch import patch
from modeladmit.core.pin import Pin
from modeladmit.core.workload import Role
from modeladmit.workloads.inspect import inspect_object

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DIGEST = Digest.sha256(b"a manifest")
VLLM = "vllm/vllm-openai"
TGI = "ghcr.io/huggingface/text-generation-inference"
MODEL = [{"name": "MODEL_ID", "value": "acme/base"}]
CASES: dict[str, dict[str, Any]] = {
    "an argument": {"image": VLLM, "args": ["--model", "acme/base"]},
    "a positional of the command": {"image": VLLM, "command": ["vllm", "serve", "acme/base"]},
    "command and arguments": {"image": VLLM, "command": ["vllm", "serve"], "args": ["acme/base"]},
    "a branch to replace": {"image": VLLM, "args": ["--model=acme/base", "--revision=main"]},
    "a branch of its own word": {"image": VLLM, "args": ["--model=acme/base", "--revision", "v1"]},
    "a variable that an argument expands": {"image": VLLM, "args": ["$(MODEL_ID)"], "env": MODEL},
    "a variable": {"image": TGI, "env": MODEL},
    "a variable with a branch": {"image": TGI, "env": [*MODEL, {"name": "REVISION", "value": "a"}]},
    "a shell": {"image": VLLM, "command": ["sh", "-c", "exec vllm serve 'acme/base' --port 1"]},
    "two in one shell": {
        "image": VLLM,
        "command": ["sh", "-c", "hf download acme/a && vllm serve acme/b --revision main; true"],
    },
    "the script's own arguments": {
        "image": VLLM,
        "command": ["sh", "-c", 'vllm serve "$@"', "sh"],
        "args": ["acme/base"],
    },
    "code of the same repository": {
        "image": VLLM,
        "args": ["--model", "acme/base", "--trust-remote-code"],
    },
    "a draft in JSON": {
        "image": VLLM,
        "args": ["--model", "acme/base", "--speculative-config", '{"model": "acme/draft"}'],
    },
    "a tokenizer": {"image": VLLM, "args": ["--model", "acme/base", "--tokenizer", "acme/tok"]},
    "Python": {
        "image": "python",
        "command": ["python", "-c", "from transformers import AutoModel as A\nA.from_pretrained('acme/base')"],
    },
    "Python in a shell": {
        "image": "python",
        "command": ["sh", "-c", "python -c \"import x; x.snapshot_download(repo_id='acme/base')\""],
    },
    "a hub URL": {
        "image": "busybox",
        "command": ["sh", "-c", "wget https://huggingface.co/acme/base/resolve/main/m.gguf"],
    },
    "a clone": {"image": "alpine/git", "command": ["git", "clone", "https://hf.co/acme/base"]},
    "an OCI artifact": {"image": "oras", "command": ["oras", "pull", "ghcr.io/acme/model:v1"]},
}  # fmt: skip


def applied(obj: dict[str, Any]) -> dict[str, Any]:
    edits = [(e, DIGEST, COMMIT) for use in inspect_object(obj).uses for e in use.pin_edits]
    patched: dict[str, Any] = jsonpatch.JsonPatch(patch(edits)).apply(copy.deepcopy(obj))
    return patched


@pytest.mark.parametrize("case", CASES)
def test_applying_the_edits_pins_everything(case):
    """Also several in one text, and lists that are not there yet."""
    container = {"name": "c", **CASES[case]}
    obj = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]}}
    before = [(use.role, use.reference.address) for use in inspect_object(obj).uses]
    after = inspect_object(applied(obj)).uses
    assert len(before) > 1
    assert before == [(use.role, use.reference.address) for use in after]
    assert [] == [str(use.reference) for use in after if use.pin is Pin.NONE]


def test_an_image_keeps_its_tag():
    """As a hint for people; the digest counts."""
    obj = {
        "apiVersion": "v1",
        "kind": "Pod",
        "spec": {"containers": [{"name": "c", "image": "x/y:1"}]},
    }
    assert f"x/y:1@{DIGEST}" == applied(obj)["spec"]["containers"][0]["image"]


@pytest.mark.parametrize("key", ["revision"])
def test_a_field_of_its_own(key):
    """Custom resources have a field for it."""
    obj = {
        "apiVersion": "apps.nvidia.com/v1alpha1",
        "kind": "NIMCache",
        "spec": {"source": {"hf": {"namespace": "acme", "modelName": "base"}}},
    }
    assert COMMIT == applied(obj)["spec"]["source"]["hf"][key]


def test_what_others_say_has_no_edit():
    """A pin in a Secret or ConfigMap is no pin: there is nothing to paste there."""
    source = {"configMapKeyRef": {"name": "c", "key": "m"}}
    container = {
        "name": "c",
        "image": VLLM,
        "args": ["$(M)"],
        "env": [{"name": "M", "valueFrom": source}],
    }
    obj = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [container]}}
    uses = inspect_object(obj, supplied={("", "c"): {"m": "acme/base"}}).uses
    (weights,) = [use for use in uses if use.role is Role.WEIGHTS]
    assert (Pin.NONE, ()) == (weights.pin, weights.pin_edits)
