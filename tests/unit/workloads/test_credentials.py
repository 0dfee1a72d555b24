"""Credentials in the object itself are found by name and by shape, and never repeated."""

import pytest

from modeladmit.workloads.inspect import inspect_object

TOKEN = "hf_" + "aB3dE5gH7j" * 3 + "Kl9m"


def found(**raw) -> list[tuple[str, str]]:
    spec = {"containers": [{"name": "c", "image": "x", **raw}]}
    workload = inspect_object({"apiVersion": "v1", "kind": "Pod", "spec": spec})
    assert TOKEN not in repr(workload.credentials)
    return [(item.kind, str(item.field)) for item in workload.credentials]


def test_by_the_name_of_the_variable():
    """Whatever its value looks like."""
    expected = [("NGC key", "spec.containers[0].env[0].value")]
    assert expected == found(env=[{"name": "NGC_API_KEY", "value": "c2VjcmV0"}])


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("Hugging Face token", TOKEN),
        ("AWS access key", "AKIA" + "ABCDEFGHIJKLMNOP"),
        ("GitHub token", "ghp_" + "a1B2c3D4e5" * 4),
        ("password in a URL", "https://user:pass-word@example.com/x"),
        ("pre-signed URL", "https://b.example.com/k?X-Amz-Signature=" + "0123456789abcdef" * 4),
        ("private key", "-----BEGIN RSA PRIVATE KEY-----"),
    ],
)
def test_by_its_shape(kind, text):
    """In an argument, where no name gives it away."""
    assert [(kind, "spec.containers[0].args[1]")] == found(args=["serve", f"x {text} y"])


@pytest.mark.parametrize("value", ["", "<your token>", "$(HF_TOKEN)", "${HF_TOKEN}", "changeme"])
def test_a_placeholder_is_none(value):
    """Templates and samples."""
    assert [] == found(env=[{"name": "HF_TOKEN", "value": value}])


def test_a_secret_is_where_it_belongs():
    """`secretKeyRef` is the cure."""
    source = {"secretKeyRef": {"name": "hf", "key": "token"}}
    assert [] == found(env=[{"name": "HF_TOKEN", "valueFrom": source}])
