"""Downloaders with a program of their own: the address is an option's value."""

import pytest

from modeladmit.core.workload import Role
from modeladmit.workloads.inspect import inspect_object


def job(*arguments):
    container = {"name": "model-download", "image": "acme/fetcher", "args": list(arguments)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--git-url", "https://www.modelscope.cn/acme/m.git"], "modelscope://acme/m"),
        (["--url=https://modelscope.cn/models/acme/m"], "modelscope://acme/m"),
        (["--repo-url", "https://huggingface.co/acme/m"], "hf://acme/m"),
        (["--source", "s3://models/m"], "s3://models/m"),
    ],
)
def test_an_address_is_a_reference(arguments, expected):
    """The name of the container says that a model is downloaded, and the option where from."""
    uses = [u for u in inspect_object(job(*arguments)).uses if u.role is Role.WEIGHTS]
    assert [expected] == [use.reference.uri for use in uses]


@pytest.mark.parametrize(
    "value", ["bucket", "oss-endpoint.example.com", "https://modelscope.cn/datasets/acme/d"]
)
def test_other_values_are_no_hub_ids(value):
    """Names of buckets and datasets are not read as repositories of models."""
    uses = inspect_object(job("--source", value)).uses
    assert [] == [u for u in uses if u.reference.scheme in {"hf", "modelscope"}]
