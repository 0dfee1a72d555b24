"""Ray Serve LLM and RayLLM name their models in files: read where the stream holds the ConfigMap."""

import json

import pytest

from modeladmit.core.pin import Pin
from modeladmit.core.workload import Carrier, Role, UndeterminedReason
from modeladmit.workloads.documents import inspect_documents

COMMIT = "0123456789abcdef0123456789abcdef01234567"
FILES = {
    "RayLLM": (
        {"engine_config": {"model_id": "acme/m", "hf_model_id": "acme/hub"}},
        "hf://acme/hub",
    ),
    "RayLLM without another id": ({"engine_config": {"model_id": "acme/m"}}, "hf://acme/m"),
    "a mirror": (
        {
            "engine_config": {
                "model_id": "acme/m",
                "s3_mirror_config": {"bucket_uri": "s3://mirror/m"},
            }
        },
        "s3://mirror/m",
    ),
    "Ray Serve LLM": (
        {
            "model_loading_config": {"model_id": "m", "model_source": "acme/m"},
            "engine_kwargs": {"revision": COMMIT},
        },
        "hf://acme/m",
    ),
}
ARGUMENTS = {
    "llm_configs": {"llm_configs": ["models/m.yaml"]},
    "models": {"models": ["./models/m.yaml"]},
    "a whole path": {"llm_configs": ["/home/ray/models/m.yaml"]},
}


def inspected(arguments, document):
    head = {
        "name": "head",
        "image": "rayproject/ray-llm",
        "volumeMounts": [{"name": "models", "mountPath": "/home/ray/models"}],
    }
    pod = {
        "containers": [head],
        "volumes": [{"name": "models", "configMap": {"name": "models"}}],
    }
    service = {
        "apiVersion": "ray.io/v1",
        "kind": "RayService",
        "spec": {
            "serveConfigV2": json.dumps({"applications": [{"name": "a", "args": arguments}]}),
            "rayClusterConfig": {"headGroupSpec": {"template": {"spec": pod}}},
        },
    }
    config = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "models"},
        "data": {"m.yaml": json.dumps(document)},
    }
    return inspect_documents([service] if document is None else [config, service])[-1]


@pytest.mark.parametrize("written", ARGUMENTS)
@pytest.mark.parametrize("name", FILES)
def test_what_the_file_names_is_found(written, name):
    """A commit in it is no pin either: the ConfigMap can change after the object was admitted."""
    document, expected = FILES[name]
    found = [u for u in inspected(ARGUMENTS[written], document).uses if u.role is Role.WEIGHTS]
    assert [expected] == [use.reference.uri for use in found]
    assert [(Carrier.CONFIG_MAP, Pin.NONE)] == [(use.carrier, use.pin) for use in found]


@pytest.mark.parametrize("written", ARGUMENTS)
def test_without_the_file_it_is_undetermined(written):
    """Nothing else says which model runs."""
    workload = inspected(ARGUMENTS[written], None)
    assert UndeterminedReason.CONFIG_FILE in {u.reason for u in workload.undetermined}
