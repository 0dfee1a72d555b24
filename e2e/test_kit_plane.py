"""The control plane of the kit behaves like a cluster and leaves nothing behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.kit import providers
from e2e.kit.cluster import Cluster
from e2e.kit.commands import CommandError
from e2e.kit.plane import plane
from e2e.kit.waiting import until


def deployment(replicas: int = 2) -> dict[str, object]:
    labels = {"app": "server"}
    pod = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "server", "image": "server:1"}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "server"},
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": pod},
    }


def test_a_deployment_gets_its_replica_set_and_pods(cluster: Cluster) -> None:
    """Controllers run: what the webhook sees of a rollout is what a real cluster sends."""
    with cluster.namespace() as namespace:
        cluster.kubectl("apply", "-n", namespace, "-f", "-", input=deployment())
        until(lambda: len(cluster.get("pods", "-n", namespace)["items"]) == 2, what="two Pods")
        pods = cluster.get("pods", "-n", namespace)
        assert [pod["metadata"]["ownerReferences"][0]["kind"] for pod in pods["items"]] == [
            "ReplicaSet"
        ] * 2
        assert [pod["spec"]["serviceAccountName"] for pod in pods["items"]] == ["default"] * 2


def test_a_pod_can_be_made_as_soon_as_a_namespace_is_lent(cluster: Cluster) -> None:
    """The ServiceAccount admission plugin is on, and the helper waits for what it needs."""
    with cluster.namespace(labels={"team": "a"}) as namespace:
        cluster.kubectl("run", "one", "--image=server:1", "-n", namespace)
        assert cluster.get("namespace", namespace)["metadata"]["labels"]["team"] == "a"


def test_users_are_not_administrators(cluster: Cluster) -> None:
    """Impersonation, client certificates and service account tokens each carry only their own rights."""
    with cluster.namespace() as namespace:
        refused = cluster.kubectl(
            "get", "pods", "-n", namespace, as_user="eve", as_groups=("tenants",), check=False
        )
        assert 'User "eve" cannot list resource "pods"' in refused.stderr
        bob = cluster.user("bob", "tenants")
        refused = cluster.kubectl("get", "pods", "-n", namespace, kubeconfig=bob, check=False)
        assert 'User "bob" cannot list resource "pods"' in refused.stderr
        robot = cluster.service_account(namespace, "default")
        refused = cluster.kubectl("get", "pods", "-n", namespace, kubeconfig=robot, check=False)
        assert f'User "system:serviceaccount:{namespace}:default" cannot list' in refused.stderr


def test_a_failing_command_is_an_error_with_the_reason(cluster: Cluster) -> None:
    """A setup step that fails never passes silently."""
    with pytest.raises(CommandError, match="NotFound"):
        cluster.kubectl("get", "namespace", "no-such-namespace")


def test_two_planes_run_side_by_side(cluster: Cluster, tmp_path: Path) -> None:
    """Each has its own ports, data and authority."""
    with plane(tmp_path) as other:
        name = other.create_namespace()
        assert cluster.kubectl("get", "namespace", name, check=False).returncode == 1
        stranger = cluster.kubectl(
            "get", "namespaces", kubeconfig=_with_server_of(other, cluster), check=False
        )
        assert stranger.returncode == 1
    assert other.servers is not None
    assert not other.servers["kube-apiserver"].running


def _with_server_of(ours: Cluster, theirs: Cluster) -> Path:
    """Return a kubeconfig that shows our client certificate to their API server."""
    view = ours.kubectl("config", "view", "--flatten", "-o", "json").stdout
    content = json.loads(view)
    their_view = theirs.kubectl("config", "view", "--flatten", "-o", "json").stdout
    content["clusters"] = json.loads(their_view)["clusters"]
    path = ours.home / "stranger"
    path.write_text(json.dumps(content))
    return path


def test_a_killed_run_leaves_no_process(tmp_path: Path) -> None:
    """Kill -9 of the process that started a plane ends etcd, the API server and the controllers."""
    command = (sys.executable, "-m", "e2e.kit.plane")
    root = Path(__file__).parents[1]
    environment = {
        **os.environ,
        "TMPDIR": str(tmp_path),
    }  # its data stays behind: nobody could remove it
    with subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline().startswith("export KUBECONFIG=")
        children = {pid for pid, parent in _parents().items() if parent == run.pid}
        assert len(children) == 3
        run.kill()
    until(lambda: not children & _parents().keys(), what="the end of every server", seconds=10)


def _parents() -> dict[int, int]:
    """Return every live process's parent."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:  # it ended meanwhile
            continue
        if state != "Z":
            found[int(stat.parent.name)] = int(parent)
    return found


@pytest.mark.parametrize(
    ("name", "context", "reason"),
    [
        ("node", None, "not built yet"),
        ("existing", None, "name it with --context"),
        ("plane", "prod", "belongs to"),
    ],
)
def test_a_provider_that_cannot_work_is_refused_with_the_cure(
    name: str, context: str | None, reason: str
) -> None:
    """A live cluster is only touched when its context was typed."""
    with pytest.raises(providers.ProviderError, match=reason):
        providers.check(name, context)


def test_the_environment_names_no_cluster(cluster: Cluster) -> None:
    """The kit's kubectl never follows the user's own kubeconfig."""
    assert str(cluster.kubeconfig) != os.environ.get("KUBECONFIG")
    assert cluster.kubectl("config", "current-context").stdout.strip() == cluster.context


def test_an_existing_cluster_is_reached_by_the_context_that_was_typed(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only that context is copied; one that the kubeconfig lacks is refused."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))
    with providers.provide("existing", cluster.context, tmp_path) as existing:
        assert existing.get("namespace", "default") == cluster.get("namespace", "default")
    with (
        pytest.raises(providers.ProviderError, match="no context 'prod'"),
        providers.provide("existing", "prod", tmp_path),
    ):
        pass
