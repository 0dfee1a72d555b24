"""A version in a bucket's URI is a pin only where the program hands it to the store."""

import pytest

from modeladmit.core.pin import Pin
from modeladmit.workloads.inspect import inspect_object

S3 = "s3://models/llama?versionId=3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"
GCS = "gs://models/llama.gguf#1700000000000000"
BLOB = "https://acme.blob.core.windows.net/models/llama.gguf?versionid=2026-11-25T09:00:00.0000000Z"


def served(uri):
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "spec": {
            "predictor": {"model": {"modelFormat": {"name": "huggingface"}, "storageUri": uri}}
        },
    }


def fetched(*command):
    first = {"name": "fetch", "image": "tools", "command": list(command)}
    server = {"name": "c", "image": "vllm/vllm-openai", "args": ["--model=/m"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "spec": {"initContainers": [first], "containers": [server]},
    }


@pytest.mark.parametrize(
    ("obj", "scheme", "pin"),
    [
        (served(S3), "s3", Pin.NONE),
        (served(GCS), "gs", Pin.NONE),
        (served(BLOB), "azblob", Pin.NONE),
        (fetched("aws", "s3", "cp", S3, "/m"), "s3", Pin.NONE),
        (fetched("rclone", "copy", S3, "/m"), "s3", Pin.NONE),
        (fetched("gsutil", "cp", GCS, "/m/llama.gguf"), "gs", Pin.REVISION),
        (fetched("gcloud", "storage", "cp", GCS, "/m/llama.gguf"), "gs", Pin.REVISION),
        (fetched("azcopy", "copy", BLOB, "/m"), "azblob", Pin.REVISION),
        (fetched("curl", "-o", "/m/llama.gguf", BLOB), "azblob", Pin.REVISION),
    ],
)
def test_a_version_counts_where_it_is_passed_on(obj, scheme, pin):
    """KServe's storage initializer, `aws s3 cp` and the like load whatever is newest."""
    uses = [use for use in inspect_object(obj).uses if use.reference.scheme == scheme]
    assert [pin] == [use.pin for use in uses]
