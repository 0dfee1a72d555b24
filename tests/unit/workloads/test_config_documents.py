"""Files of an engine's own format, where the stream holds the ConfigMap: read, and mutable all the same."""

import json
from typing import Any

import pytest

from modeladmit.core.pin import Pin
from modeladmit.core.workload import Carrier, Role, UndeterminedReason
from modeladmit.workloads.documents import inspect_documents

TF_CONFIG = """
# base_path: "s3://bucket/commented"
model_config_list {
  config { name: "half" base_path: "s3://bucket/models/half" model_platform: "tensorflow" }
  config: { name: 'third', base_path: 'gs://bucket/mo\\'dels/third' }
}
"""
OVMS_CONFIG = json.dumps(
    {"model_config_list": [{"config": {"name": "a", "base_path": "s3://bucket/a"}}]}
)
SETTINGS = json.dumps(
    {
        "name": "m",
        "implementation": "mlserver_huggingface.HuggingFaceRuntime",
        "parameters": {"extra": {"pretrained_model": "acme/m", "pretrained_tokenizer": "acme/t"}},
    }
)
PROPERTIES = """
# load_models=commented.mar
model_store = /srv/store
load_models: half=half.mar,\\
    https://models.example/third.mar
"""
SNAPSHOT = (
    "model_store=/srv/store\n"
    'model_snapshot={"name":"startup.cfg","models":{"m":{"1.0":{"marName":"m.mar"}}}}\n'
)
PBTXT = """
backend: "tensorrtllm"
parameters: { key: "gpt_model_path" value: { string_value: "/srv/engine" } }
parameters { key: "tokenizer_dir", value { string_value: "acme/t" } }
parameters { key: "batching_strategy" value { string_value: "inflight" } }
"""
CASES: dict[str, tuple[dict[str, Any], str, str, list[str]]] = {
    "TensorFlow Serving": (
        {"image": "tensorflow/serving", "args": ["--model_config_file=/cfg/models.config"]},
        "models.config",
        TF_CONFIG,
        ["s3://bucket/models/half", "gs://bucket/mo'dels/third"],
    ),
    "OpenVINO": (
        {"image": "openvino/model_server", "args": ["--config_path", "/cfg/c.json"]},
        "c.json",
        OVMS_CONFIG,
        ["s3://bucket/a"],
    ),
    "TorchServe": (
        {"image": "pytorch/torchserve", "args": ["torchserve", "--ts-config=/cfg/c.properties"]},
        "c.properties",
        PROPERTIES,
        ["https://models.example/third.mar", "file:///srv/store/half.mar"],
    ),
    "TorchServe by variable": (
        {
            "image": "pytorch/torchserve",
            "env": [{"name": "TS_CONFIG_FILE", "value": "/cfg/c.properties"}],
        },
        "c.properties",
        SNAPSHOT,
        ["file:///srv/store/m.mar"],
    ),
    "Triton with vLLM": (
        {"image": "nvcr.io/nvidia/tritonserver", "args": ["--model-repository", "/cfg"]},
        "model.json",
        json.dumps({"model": "acme/m", "tokenizer": "acme/t", "trust_remote_code": False}),
        ["hf://acme/m", "hf://acme/t"],
    ),
    "Triton with TensorRT-LLM": (
        {"image": "nvcr.io/nvidia/tritonserver", "args": ["--model-repository=/cfg"]},
        "config.pbtxt",
        PBTXT,
        ["hf://acme/t", "file:///srv/engine"],
    ),
    "MLServer": (
        {"image": "seldonio/mlserver", "args": ["mlserver", "start", "/cfg"]},
        "model-settings.json",
        SETTINGS,
        ["hf://acme/m", "hf://acme/t"],
    ),
}


def inspected(name, *, supplied=True):
    container, key, text, _ = CASES[name]
    mounted = {
        "name": "c",
        **container,
        "volumeMounts": [{"name": "cfg", "mountPath": "/cfg"}],
    }
    volumes = [{"name": "cfg", "configMap": {"name": "cfg"}}]
    pod = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [mounted], "volumes": volumes}}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cfg"}}
    config["data"] = {key: text}
    return inspect_documents([config, pod] if supplied else [pod])[-1]


@pytest.mark.parametrize("name", CASES)
def test_what_the_file_names_is_found(name):
    """A pin in it would be none: whoever changes the ConfigMap changes what is loaded."""
    found = [use for use in inspected(name).uses if use.role is not Role.RUNTIME]
    assert CASES[name][3] == [use.reference.uri for use in found]
    assert {(Carrier.CONFIG_MAP, Pin.NONE)} == {(use.carrier, use.pin) for use in found}


@pytest.mark.parametrize("name", ["TensorFlow Serving", "OpenVINO"])
def test_without_the_file_it_is_undetermined(name):
    """The API server sees the Pod alone."""
    reasons = {found.reason for found in inspected(name, supplied=False).undetermined}
    assert UndeterminedReason.CONFIG_FILE in reasons


def test_mlserver_without_its_settings_serves_its_folder():
    """What is in the folder is what the volume says."""
    assert inspected("MLServer", supplied=False).inference
