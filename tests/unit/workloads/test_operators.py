"""What operators load is not always what their fields spell."""

import pytest

from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.workloads.inspect import inspect_object


def weights(obj):
    return [u.reference.uri for u in inspect_object(obj).uses if u.role is Role.WEIGHTS]


def workspace(preset, annotations):
    return {
        "apiVersion": "kaito.sh/v1beta1",
        "kind": "Workspace",
        "metadata": {"name": "w", "annotations": annotations},
        "inference": {"preset": {"name": preset}},
    }


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({}, "hf://acme/Large-V4"),
        ({"kaito.sh/use-local-weights": "false"}, "hf://acme/Large-V4"),
        ({"kaito.sh/use-local-weights": "true"}, "hostpath:///opt/kaito/models/acme-large-v4"),
    ],
)
def test_kaito_serves_what_the_node_holds_when_told_so(annotations, expected):
    """Trust in the hub's repository would say nothing about a folder of the node."""
    assert [expected] == weights(workspace("acme/Large-V4", annotations))


def nim_service(repository):
    return {
        "apiVersion": "apps.nvidia.com/v1alpha1",
        "kind": "NIMService",
        "metadata": {"name": "n"},
        "spec": {
            "image": {"repository": repository, "tag": "3.0.0"},
            "storage": {"nimCache": {"name": "cache"}},
        },
    }


def test_a_generic_nim_image_is_no_model():
    """Its weights are what the cache holds: another object's to say."""
    workload = inspect_object(nim_service("nvcr.io/nim/nvidia/model-free-nim"))
    assert [] == [u for u in workload.uses if u.role is Role.WEIGHTS]
    assert [UndeterminedReason.MUTABLE_CARRIER] == [u.reason for u in workload.undetermined]


def test_a_seldon_server_names_no_model_itself():
    """Its models come with other objects, and silence would read as none."""
    server = {
        "apiVersion": "mlops.seldon.io/v1alpha1",
        "kind": "Server",
        "spec": {"serverConfig": "mlserver"},
    }
    workload = inspect_object(server)
    assert workload.inference
    assert [UndeterminedReason.NO_MODEL_NAMED] == [u.reason for u in workload.undetermined]


def component(*command):
    return {
        "apiVersion": "nvidia.com/v1alpha1",
        "kind": "DynamoGraphDeployment",
        "spec": {
            "services": {
                "Worker": {
                    "extraPodSpec": {
                        "mainContainer": {"image": "acme/runtime", "command": list(command)}
                    }
                }
            }
        },
    }


@pytest.mark.parametrize(
    "module", ["dynamo.fastvideo", "dynamo.mlx", "dynamo.sglang", "dynamo.vllm"]
)
def test_every_worker_of_dynamo_names_its_model_alike(module):
    """Workers for engines that nobody has heard of take `--model-path` too."""
    command = ["python", "-m", module, "--model", "acme/video"]
    assert ["hf://acme/video"] == weights(component(*command))


@pytest.mark.parametrize("module", ["dynamo.frontend", "dynamo.planner", "dynamo.global_router"])
def test_what_routes_serves_nothing(module):
    """A router's `--model-name` is for its clients."""
    assert [] == weights(component("python", "-m", module, "--model-name", "acme/video"))
