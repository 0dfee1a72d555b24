"""Laws of inspection: it answers on any object, spellings do not matter, and nothing that is added hides anything."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeladmit.core.workload import Role, Workload
from modeladmit.workloads.builtin import BUILTIN
from modeladmit.workloads.inspect import inspect_object
from modeladmit.workloads.report import inspection

CHARACTERS = st.characters(codec=None, categories=None)
TEXT = st.text(CHARACTERS, max_size=12) | st.sampled_from(
    ["$(A)", "$$", "${B:-x}", "--model", "\x00", "\ud800", "\ue000", "sh", "-c", "hf://a/b", "a/b"]
)
KEYS = TEXT | st.sampled_from(
    [
        "spec",
        "template",
        "containers",
        "initContainers",
        "image",
        "command",
        "args",
        "env",
        "name",
        "value",
        "valueFrom",
        "volumes",
        "volumeMounts",
        "metadata",
        "annotations",
        "storageUri",
        "model",
        "predictor",
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(KEYS | st.integers() | st.booleans(), inner, max_size=5)
    ),
    max_leaves=30,
)
IDENTITIES = st.sampled_from([(kind.group, kind.kind) for kind in BUILTIN.kinds])


def nested(depth: int) -> dict[str, Any]:
    root: dict[str, Any] = {}
    node = root
    for _ in range(depth):
        node["a"] = [{}]
        node = node["a"][0]
    return root


def cyclic() -> dict[str, Any]:
    root: dict[str, Any] = {"containers": [{"image": "vllm/vllm-openai", "args": []}]}
    root["again"] = [root]
    root["containers"][0]["args"].append(root)
    return root


def pod(*containers: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": list(containers)}}


def references(workload: Workload) -> set[tuple[str, str, str | None]]:
    return {
        (str(use.role), use.reference.uri, use.reference.revision)
        for use in workload.uses
        if use.role is not Role.RUNTIME
    }


def answers(identity: tuple[str, str], spec: object) -> bool:
    """Whether there is an answer that can be printed."""
    group, kind = identity
    version = f"{group}/v1" if group else "v1"
    workload = inspect_object({"apiVersion": version, "kind": kind, "spec": spec})
    return inspection(workload).keys() >= {"inference", "references", "undetermined"}


@given(IDENTITIES, ANYTHING)
def test_every_object_has_an_answer(identity, spec):
    """However malformed: no exception."""
    assert answers(identity, spec)


HOSTILE = {
    "deep": nested(10_000),
    "cyclic": cyclic(),
    "a long argument": {"image": "vllm/vllm-openai", "args": ["m" * (1 << 20)]},
    "open arithmetic": {"image": "x", "command": ["sh", "-c", "$((" * (1 << 14)]},
    "open parentheses": {"image": "x", "command": ["python", "-c", "(" * 60_000]},
    "open heredocs": {"image": "x", "command": ["sh", "-c", "cat <<A\n" * 8_000]},
    "loops in loops": {"image": "x", "command": ["sh", "-c", "for i in a b c; do " * 200]},
    "text that makes itself": {
        "image": "x",
        "command": ["sh", "-c", "A='eval $A; eval $A'; eval $A"],
    },
    "shells in shells": {"image": "x", "command": ["sh", "-c", "bash -c 'sh -c x';" * 2_000]},
    "functions that call each other": {"image": "x", "command": ["sh", "-c", "f() { f; f; }; f"]},
    "defaults in defaults": {
        "image": "x",
        "command": ["sh", "-c", "x ${A:-" * 2_000 + "}" * 2_000],
    },
    "substitutions in substitutions": {
        "image": "x",
        "command": ["sh", "-c", "x $(y " * 2_000 + ")" * 2_000],
    },
    "Python that calls itself": {"image": "x", "command": ["python", "-c", "def f(): f()\nf()"]},
    "expansions of expansions": {
        "image": "x",
        "env": [{"name": f"A{n}", "value": f"$(A{n - 1})$(A{n - 1})x"} for n in range(4096)],
    },
    "NUL and surrogates": {"image": "\x00", "args": ["--model", "\ud800/\x00", "\udfff"]},
}


@pytest.mark.parametrize("identity", [("", "Pod"), ("serving.kserve.io", "InferenceService")])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_objects_have_an_answer(name, identity):
    """What no generator comes upon."""
    spec = HOSTILE[name]
    assert answers(identity, spec)
    assert answers(identity, {"containers": [spec], "predictor": spec})


NAMES = st.from_regex(r"[a-z][a-z0-9]{1,8}/[a-zA-Z][a-z0-9]{1,8}(-[0-9]b)?", fullmatch=True)
REVISIONS = st.none() | st.from_regex(r"v[0-9]{1,3}|[0-9a-f]{40}", fullmatch=True)
IMAGE = {"name": "c", "image": "vllm/vllm-openai"}


def spellings(model: str, revision: str | None) -> list[dict[str, Any]]:
    """The same server, as people write it."""
    pinned = [] if revision is None else ["--revision", revision]
    joined = [] if revision is None else [f"--revision={revision}"]
    tail = "" if revision is None else f" --revision '{revision}'"
    return [
        IMAGE | {"args": ["--model", model, *pinned]},
        IMAGE | {"args": [*joined, f"--model={model}"]},
        IMAGE | {"args": ["--model", "acme/first", "--model", model, *joined]},
        IMAGE | {"command": ["vllm", "serve", model, *joined]},
        IMAGE | {"command": ["vllm", "serve"], "args": [model, *pinned]},
        IMAGE | {"args": ["--model=$(MODEL)", *joined], "env": [{"name": "MODEL", "value": model}]},
        IMAGE | {"command": ["sh", "-c", f"exec vllm serve {model}{tail}"]},
        IMAGE | {"command": ["bash", "-ec", f'M="{model}"\nvllm serve "$M" \\\n {tail}\n']},
        IMAGE | {"command": ["sh", "-c", f'vllm serve "$0"{tail}'], "args": [model]},
        IMAGE | {"command": ["sh", "-c", 'exec vllm serve "$@"', "sh", model, *pinned]},
        IMAGE
        | {"command": ["python3", "-m", "vllm.entrypoints.openai.api_server"]}
        | {"args": ["--model", model, *pinned]},
        IMAGE | {"command": ["tini", "--", "env", "A=b", "vllm", "serve", model, *pinned]},
    ]


@given(NAMES, REVISIONS)
def test_spelling_does_not_matter(model, revision):
    """Arguments, variables, shells and wrappers: one server, one reference."""
    expected = {("Weights", f"hf://{model}", revision)}
    found = [references(inspect_object(pod(raw))) for raw in spellings(model, revision)]
    assert [expected] * len(found) == found


POOL = st.sampled_from(
    [
        {"image": "vllm/vllm-openai", "args": ["--model", "acme/a"]},
        {"image": "vllm/vllm-openai", "args": ["--model", "acme/b", "--tokenizer", "acme/t"]},
        {"image": "ghcr.io/huggingface/text-generation-inference", "args": ["--model-id=acme/c"]},
        {"image": "ollama/ollama", "command": ["sh", "-c", "ollama serve & ollama pull m:7b"]},
        {"image": "python", "command": ["sh", "-c", "hf download acme/d --local-dir /models/d"]},
        {"image": "nginx"},
        {"image": "busybox", "command": ["sh", "-c", "eval $X"]},
        {"image": "vllm/vllm-openai", "args": ["--model", "$(NAME)"]},
        {"image": "x", "args": [1, None, {}], "env": "none"},
        {"image": "vllm/vllm-openai", "envFrom": [{"configMapRef": {"name": "a"}}]},
        {"command": ["sleep", "1"]},
    ]
)


@given(st.lists(POOL, min_size=1, max_size=4), POOL, st.integers(0, 4))
def test_adding_a_container_hides_nothing(containers, added, position):
    """Whatever stands beside a container, what it names is found."""
    before = [raw | {"name": f"c{n}"} for n, raw in enumerate(containers)]
    after = before.copy()
    after.insert(position, added | {"name": "added"})
    assert references(inspect_object(pod(*before))) <= references(inspect_object(pod(*after)))
