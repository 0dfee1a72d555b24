"""Equal objects are read once, and only objects that are equal in everything that could matter count as equal."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from modeladmit.core.workload import ObjectIdentity, Workload
from modeladmit.webhook.inspection_memo import InspectionMemo
from modeladmit.workloads.inspect import inspect_object
from tests.unit.webhook.reviews import pod


class Counting:
    """The real inspection, counted."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, obj: Mapping[str, Any], *, namespace: str | None = None) -> Workload:
        self.count += 1
        return inspect_object(obj, namespace=namespace)


@pytest.fixture
def inner() -> Counting:
    return Counting()


@pytest.fixture
def memo(inner) -> InspectionMemo:
    return InspectionMemo(inner)


def replica(suffix: str, *, model: str = "registry.example.com/m:v1") -> dict[str, Any]:
    """A Pod with the token volume that the API server adds."""
    token = f"kube-api-access-{suffix}"
    mounts = [
        {"name": "model", "mountPath": "/models"},
        {"name": token, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
    ]
    container = {
        "name": "vllm",
        "image": "vllm/vllm-openai",
        "args": ["--model=/models"],
        "volumeMounts": mounts,
    }
    volumes = [
        {"name": "model", "image": {"reference": model}},
        {"name": token, "projected": {"sources": []}},
    ]
    return pod(f"llama-{suffix}", containers=[container], volumes=volumes)


def test_replicas_are_read_once(memo, inner):
    """Their names and token volumes differ; what they load does not."""
    first = memo(replica("aaaaa"), namespace="team-a")
    second = memo(replica("bbbbb"), namespace="team-a")
    assert inner.count == 1
    assert first.uses == second.uses
    assert second.identity == ObjectIdentity("v1", "Pod", "llama-bbbbb", "team-a")


def test_a_remembered_answer_is_the_one_that_reading_gives(memo):
    memo(replica("aaaaa"), namespace="team-a")
    assert inspect_object(replica("bbbbb"), namespace="team-a") == memo(
        replica("bbbbb"), namespace="team-a"
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda obj: obj["spec"]["volumes"][0]["image"].update(reference="evil.example/m:v1"),
        lambda obj: obj["spec"]["containers"][0].update(args=["--model=/other"]),
        lambda obj: obj["spec"]["containers"][0].update(image="evil/vllm"),
        lambda obj: obj["spec"].update(serviceAccountName="other"),
        lambda obj: obj["metadata"].update(annotations={"a": "b"}),
        lambda obj: obj["metadata"].update(labels={"a": "b"}),
        lambda obj: obj.update(kind="ReplicaSet"),
        lambda obj: obj.update(apiVersion="v2"),
    ],
)
def test_whatever_could_matter_is_part_of_the_key(memo, inner, change):
    memo(replica("aaaaa"), namespace="team-a")
    other = replica("aaaaa")
    change(other)
    memo(other, namespace="team-a")
    assert inner.count == 2


def test_another_namespace_is_another_object(memo, inner):
    memo(replica("aaaaa"), namespace="team-a")
    memo(replica("aaaaa"), namespace="team-b")
    assert inner.count == 2


def test_swapped_volumes_of_such_names_are_no_replica(memo, inner):
    """Two image volumes that are called like token volumes, their mounts exchanged."""

    def disguised(first: str, second: str) -> dict[str, Any]:
        obj = replica("aaaaa")
        obj["spec"]["volumes"] = [
            {"name": "kube-api-access-aaaaa", "image": {"reference": first}},
            {"name": "kube-api-access-bbbbb", "image": {"reference": second}},
        ]
        obj["spec"]["containers"][0]["volumeMounts"] = [
            {"name": "kube-api-access-aaaaa", "mountPath": "/models"},
            {"name": "kube-api-access-bbbbb", "mountPath": "/other"},
        ]
        return obj

    good, bad = "registry.example.com/m:v1", "evil.example/m:v1"
    first = memo(disguised(good, bad), namespace="team-a")
    second = memo(disguised(bad, good), namespace="team-a")
    assert inner.count == 2
    assert first.uses != second.uses


def test_a_token_volume_with_something_else_in_it_is_no_token_volume(memo, inner):
    first, second = replica("aaaaa"), replica("bbbbb")
    for obj in (first, second):
        obj["spec"]["volumes"][1]["image"] = {"reference": "registry.example.com/m:v1"}
    memo(first, namespace="team-a")
    memo(second, namespace="team-a")
    assert inner.count == 2


def test_a_name_that_reaches_the_container_is_part_of_the_key(memo, inner):
    """fieldRef to metadata.name: the Pod's name may be the model's."""

    def named(suffix: str) -> dict[str, Any]:
        obj = replica(suffix)
        source = {"fieldRef": {"fieldPath": "metadata.name"}}
        obj["spec"]["containers"][0]["env"] = [{"name": "MODEL", "valueFrom": source}]
        return obj

    memo(named("aaaaa"), namespace="team-a")
    memo(named("bbbbb"), namespace="team-a")
    assert inner.count == 2


def test_the_memory_is_bounded(memo):
    for number in range(3000):
        memo(pod(priority=number), namespace="team-a")
    assert len(memo) <= 2048


@pytest.mark.parametrize("obj", [{}, {"metadata": []}, {"spec": []}, {"metadata": {"name": 1}}])
def test_what_is_no_object_is_read_all_the_same(memo, obj):
    assert inspect_object(obj) == memo(obj)
    assert inspect_object(obj) == memo(copy.deepcopy(obj))
