"""A guard counts only when nothing can change between what it hashes and what is served."""

from typing import Any

from modeladmit.core.digest import Digest
from modeladmit.core.workload import Guard
from modeladmit.workloads.inspect import inspect_object

EXPECT = str(Digest.sha256(b"weights"))
MOUNT = {"name": "m", "mountPath": "/models"}
GUARD = {
    "name": "guard",
    "image": "registry.example.com/modeladmit@sha256:" + "a" * 64,
    "args": ["guard", "--expect", EXPECT, "/models"],
    "volumeMounts": [MOUNT],
}
SERVER = {
    "name": "server",
    "image": "vllm/vllm-openai",
    "args": ["--model", "/models"],
    "volumeMounts": [MOUNT | {"readOnly": True}],
}


def guards(init: list[dict[str, Any]], *containers: dict[str, Any]) -> tuple[Guard, ...]:
    spec = {
        "initContainers": init,
        "containers": list(containers) or [SERVER],
        "volumes": [{"name": "m", "persistentVolumeClaim": {"claimName": "weights"}}],
    }
    return inspect_object({"apiVersion": "v1", "kind": "Pod", "spec": spec}).guards


def problems(init: list[dict[str, Any]], *containers: dict[str, Any]) -> tuple[str, ...]:
    (guard,) = guards(init, *containers)
    return guard.problems


def test_an_init_container_that_hashes_what_is_served():
    """The whole of it: what it expects, where, and which volume that is."""
    (guard,) = guards([GUARD])
    assert ("guard", EXPECT, "/models", "pvc://weights", ()) == (
        guard.container,
        guard.expect,
        guard.path,
        guard.volume,
        guard.problems,
    )


def test_a_wrapper_is_read_through():
    """`guard … -- COMMAND`: the server behind it is found."""
    wrapped = SERVER | {
        "image": GUARD["image"],
        "command": ["modeladmit", "guard", f"--expect={EXPECT}", "/models", "--"],
        "args": ["vllm", "serve", "/models"],
    }
    assert () == problems([], wrapped)
    spec = {"containers": [wrapped], "volumes": [{"name": "m", "hostPath": {"path": "/srv"}}]}
    workload = inspect_object({"apiVersion": "v1", "kind": "Pod", "spec": spec})
    assert "hostpath:///srv" in {use.reference.uri for use in workload.uses}


def test_the_server_may_write():
    """Bytes that are hashed and then changed."""
    writer = SERVER | {"volumeMounts": [MOUNT]}
    assert any("may write" in problem for problem in problems([GUARD], writer))


def test_a_later_init_container_may_write():
    """An earlier one has ended; a later one has not begun."""
    other = {"name": "other", "image": "busybox", "volumeMounts": [MOUNT]}
    assert () == problems([other, GUARD])
    assert any("other" in problem for problem in problems([GUARD, other]))


def test_a_sidecar_runs_beside():
    """A guard that never ends lets the server start before it has hashed."""
    sidecar = GUARD | {"restartPolicy": "Always"}
    assert any("init container" in problem for problem in problems([sidecar]))


def test_nonsense_in_its_arguments():
    """A digest that is none, a path that is relative, an option that it does not have."""
    for arguments in (
        ["guard", "--expect", "sha256:abc", "/models"],
        ["guard", "--expect", EXPECT, "models"],
        ["guard", "--skip", "--expect", EXPECT, "/models"],
        ["guard", "--expect", "$(E)", "/models"],
    ):
        assert problems([GUARD | {"args": arguments}])


def test_what_is_read_at_start():
    """A variable from a Secret, or a whole environment."""
    source = {"secretKeyRef": {"name": "s", "key": "k"}}
    indirect = GUARD | {
        "args": ["guard", "--expect", "$(E)", "/models"],
        "env": [{"name": "E", "valueFrom": source}],
    }
    assert any("can change" in problem for problem in problems([indirect]))
    assert problems([GUARD | {"envFrom": [{"configMapRef": {"name": "c"}}]}])


def test_another_place_than_the_volume():
    """It must mount what it hashes."""
    assert any("no volume" in problem for problem in problems([GUARD | {"volumeMounts": []}]))


def test_a_shell_around_it_is_no_guard():
    """`sh -c 'modeladmit guard … || true'` proves nothing."""
    shell = GUARD | {"command": ["sh", "-c", f"modeladmit guard --expect {EXPECT} /models || true"]}
    assert () == guards([shell | {"args": []}])
