"""What changes the meaning of a name is part of the use, wherever it is set."""

from typing import Any

import pytest

from modeladmit.core.workload import Role, UndeterminedReason, Workload
from modeladmit.workloads.builtin import BUILTIN
from modeladmit.workloads.inspect import inspect_object
from modeladmit.workloads.tables import Tables

MIRROR = "https://mirror.example.com"
SERVE = {"name": "c", "image": "vllm/vllm-openai", "args": ["--model", "acme/base"]}


def inspected(raw: dict[str, Any], spec: dict[str, Any] | None = None, **options: Any) -> Workload:
    pod = {"containers": [SERVE | raw], **(spec or {})}
    return inspect_object({"apiVersion": "v1", "kind": "Pod", "spec": pod}, **options)


def settings(workload: Workload) -> set[tuple[str, str]]:
    return {
        (e.setting, e.value)
        for use in workload.uses
        if use.role is Role.WEIGHTS
        for e in use.endpoints
    }


@pytest.mark.parametrize(
    "name", ["HF_ENDPOINT", "HTTPS_PROXY", "https_proxy", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"]
)
def test_variables(name):
    """A hub, a proxy and a certificate authority decide what answers to a name."""
    workload = inspected({"env": [{"name": name, "value": MIRROR}]})
    assert {(name, MIRROR)} == settings(workload)


def test_a_script_exports_it():
    """The shell's variables reach the server like the container's."""
    script = f"export HF_ENDPOINT={MIRROR}; vllm serve acme/base"
    workload = inspected({"command": ["sh", "-c", script], "args": []})
    assert {("HF_ENDPOINT", MIRROR)} == settings(workload)


def test_before_the_command():
    """`A=b command` is for this command."""
    script = f"HF_ENDPOINT={MIRROR} vllm serve acme/base"
    workload = inspected({"command": ["sh", "-c", script], "args": []})
    assert {("HF_ENDPOINT", MIRROR)} == settings(workload)


def test_python_sets_it():
    """`os.environ` before the download."""
    program = (
        "import os\n"
        f"os.environ['HF_ENDPOINT'] = '{MIRROR}'\n"
        "from huggingface_hub import snapshot_download\n"
        "snapshot_download('acme/base')\n"
    )
    workload = inspected({"command": ["python", "-c", program], "args": []})
    assert {("HF_ENDPOINT", MIRROR)} == settings(workload)


def test_containers_of_one_name_do_not_share_it():
    """A leader and a worker are both called main; only one has the mirror."""
    leader = SERVE | {"env": [{"name": "HF_ENDPOINT", "value": MIRROR}]}
    obj = {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "spec": {
            "leaderWorkerTemplate": {
                "leaderTemplate": {"spec": {"containers": [leader]}},
                "workerTemplate": {"spec": {"containers": [SERVE]}},
            }
        },
    }
    found = [
        (str(use.field).split(".")[2], len(use.endpoints))
        for use in inspect_object(obj).uses
        if use.role is Role.WEIGHTS
    ]
    assert [("leaderTemplate", 1), ("workerTemplate", 0)] == found


def test_the_pod_resolves_names_by_itself():
    """`hostAliases` and `dnsConfig` answer for any host."""
    spec = {
        "hostAliases": [{"ip": "192.0.2.1", "hostnames": ["huggingface.co"]}],
        "dnsConfig": {"nameservers": ["192.0.2.2"]},
    }
    expected = {
        ("hostAliases", "huggingface.co=192.0.2.1"),
        ("dnsConfig.nameservers", "192.0.2.2"),
    }
    assert expected == settings(inspected({}, spec))


def test_the_usual_values_change_nothing():
    """The public hub, and what the settings list."""
    usual = {"env": [{"name": "HF_ENDPOINT", "value": "https://huggingface.co/"}]}
    assert set() == settings(inspected(usual))
    own = Tables(BUILTIN.engines, BUILTIN.kinds, endpoints=frozenset({MIRROR}))
    listed = {"env": [{"name": "HF_ENDPOINT", "value": MIRROR}]}
    assert set() == settings(inspected(listed, tables=own))


def test_a_value_that_is_read_at_start_is_undetermined():
    """A Secret may point anywhere tomorrow."""
    source = {"secretKeyRef": {"name": "s", "key": "k"}}
    workload = inspected({"env": [{"name": "HF_ENDPOINT", "valueFrom": source}]})
    assert [UndeterminedReason.MUTABLE_CARRIER] == [u.reason for u in workload.undetermined]


def test_credentials_in_a_proxy_are_not_repeated():
    """What is printed holds no password."""
    value = "http://user:secret@proxy.example.com:3128"
    workload = inspected({"env": [{"name": "HTTPS_PROXY", "value": value}]})
    assert {("HTTPS_PROXY", "http://proxy.example.com:3128")} == settings(workload)
