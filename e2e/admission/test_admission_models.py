"""What a developer gets from `kubectl` for a model that is pinned or not, signed or not."""

import json

import pytest

from e2e.admission.conftest import Tenant
from e2e.admission.installation import CLOSED, Webhook, apply_policy
from e2e.admission.workloads import SERVER_IMAGE, deployment, idle_pod, pod, signed_by
from e2e.kit.cluster import Cluster
from e2e.kit.cosign import SigningKey
from e2e.kit.models import Model
from e2e.kit.waiting import until


def test_a_tag_is_denied_with_the_digest_to_paste(
    cluster: Cluster, tenant: Tenant, unsigned: Model
) -> None:
    """Every problem at once, each with its field, and the fix is exactly what the field has to hold."""
    denied = cluster.kubectl(
        "apply", "-f", "-", input=deployment(tenant.namespace, "llm", unsigned.by_tag), check=False
    )
    assert denied.returncode == 1
    assert "(Forbidden)" in denied.stderr
    assert f"2 findings by TrustPolicy/{tenant.policy}" in denied.stderr
    field = "spec.template.spec.volumes[0].image.reference (vllm)"
    assert f"[MutableReference] {field}" in denied.stderr
    assert f"fix: {unsigned.by_tag}@{unsigned.digest}" in denied.stderr
    assert f"[SignatureMissing] {field}" in denied.stderr
    assert not cluster.get("deployments", "-n", tenant.namespace)["items"]


def test_pinned_but_unsigned_is_denied(cluster: Cluster, tenant: Tenant, unsigned: Model) -> None:
    """A digest says which bytes, not who vouches for them."""
    wanted = deployment(tenant.namespace, "llm", unsigned.by_digest)
    denied = cluster.kubectl("apply", "-f", "-", input=wanted, check=False)
    assert denied.returncode == 1
    assert f"1 finding by TrustPolicy/{tenant.policy}" in denied.stderr
    assert "no signature by any of release-key" in denied.stderr


@pytest.mark.parametrize("layout", ["signed", "signed_in_tag"])
def test_pinned_and_signed_runs(
    cluster: Cluster, door: Webhook, tenant: Tenant, request: pytest.FixtureRequest, layout: str
) -> None:
    """The Deployment is stored, and the Pods of its ReplicaSet pass the gate."""
    model: Model = request.getfixturevalue(layout)
    cluster.kubectl("apply", "-f", "-", input=deployment(tenant.namespace, "llm", model.by_digest))
    until(lambda: cluster.get("pods", "-n", tenant.namespace)["items"], what="a Pod is made")
    judged = [
        line
        for line in door.decisions()
        if line["entry"] == "enforced" and line["object"]["namespace"] == tenant.namespace
    ]
    assert [line["decision"] for line in judged] == ["allowed"]
    assert judged[0]["user"].endswith("replicaset-controller")
    assert judged[0]["policies"] == {tenant.policy: 1}
    assert judged[0]["digests"] == {f"oci://{model.by_digest}": model.digest}


def test_a_pod_made_directly_is_judged(cluster: Cluster, tenant: Tenant, unsigned: Model) -> None:
    """Pods are the gate: whoever makes one does not get around it."""
    denied = cluster.kubectl(
        "create", "-f", "-", input=pod(tenant.namespace, "llm", unsigned.by_digest), check=False
    )
    assert denied.returncode == 1
    assert 'admission webhook "enforced.modeladmit.io" denied the request' in denied.stderr
    assert "[SignatureMissing] spec.volumes[0].image.reference (vllm)" in denied.stderr


def test_causes_are_for_machines(cluster: Cluster, tenant: Tenant, unsigned: Model) -> None:
    """`details.causes` holds what the text says: field, code, message."""
    path = f"/api/v1/namespaces/{tenant.namespace}/pods"
    denied = cluster.kubectl(
        "create",
        f"--raw={path}",
        "-f",
        "-",
        "-v=10",
        input=json.dumps(pod(tenant.namespace, "llm", unsigned.by_tag)),
        check=False,
    )
    assert denied.returncode == 1
    assert '"reason":"MutableReference"' in denied.stderr.replace('\\"', '"')
    assert '"field":"spec.volumes[0].image.reference"' in denied.stderr.replace('\\"', '"')


def test_an_ephemeral_container_is_judged(cluster: Cluster, tenant: Tenant, signed: Model) -> None:
    """`kubectl debug` may add a shell to a running Pod, and no second model server."""
    cluster.kubectl("create", "-f", "-", input=pod(tenant.namespace, "llm", signed.by_digest))
    where = ("pod/llm", "-n", tenant.namespace)
    cluster.kubectl("debug", *where, "--image=registry.k8s.io/pause:3.10", "--container=shell")
    denied = cluster.kubectl(
        "debug",
        *where,
        f"--image={SERVER_IMAGE}",
        "--container=second",
        "--",
        "vllm",
        "serve",
        "evil/llama",
        check=False,
    )
    assert denied.returncode == 1
    assert "[MutableReference] spec.ephemeralContainers[1].command" in denied.stderr
    names = [c["name"] for c in cluster.get(*where)["spec"]["ephemeralContainers"]]
    assert names == ["shell"]


def test_audit_lets_through_and_counts(
    cluster: Cluster, door: Webhook, signing_key: SigningKey, unsigned: Model
) -> None:
    """The verdict is the one of Enforce; the answer is not."""
    labels = {"e2e.modeladmit.io/policy": "audited"}
    apply_policy(door, "audited", signed_by(signing_key.public_pem, labels, mode="Audit"))
    counter = 'modeladmit_would_deny_total{mode="Audit",policy="audited"}'
    before = door.metrics().get(counter, 0)
    with cluster.namespace("audited", labels) as namespace:
        made = cluster.kubectl("create", "-f", "-", input=pod(namespace, "llm", unsigned.by_tag))
        assert "Warning" not in made.stderr
        assert cluster.get("pod", "llm", "-n", namespace)["metadata"]["name"] == "llm"
    assert door.metrics()[counter] == before + 2
    line = next(line for line in door.decisions() if line["object"]["namespace"] == namespace)
    assert line["decision"] == "would-deny"
    cluster.kubectl("delete", "trustpolicy", "audited")


def test_warn_admits_with_one_line_for_each_finding(
    cluster: Cluster, door: Webhook, signing_key: SigningKey, unsigned: Model
) -> None:
    """kubectl prints what Enforce would deny."""
    labels = {"e2e.modeladmit.io/policy": "warned"}
    apply_policy(door, "warned", signed_by(signing_key.public_pem, labels, mode="Warn"))
    with cluster.namespace("warned", labels) as namespace:
        made = cluster.kubectl("create", "-f", "-", input=pod(namespace, "llm", unsigned.by_tag))
    warnings = [line for line in made.stderr.splitlines() if line.startswith("Warning: ")]
    assert len(warnings) == 2
    assert warnings[0].startswith("Warning: TrustPolicy/warned: [MutableReference] spec.volumes[0]")
    assert all(len(line) <= len("Warning: ") + 256 for line in warnings)
    cluster.kubectl("delete", "trustpolicy", "warned")


def test_a_dry_run_gets_the_same_answer_and_leaves_nothing(
    cluster: Cluster, door: Webhook, tenant: Tenant, signed: Model, unsigned: Model
) -> None:
    """`--dry-run=server` is how a pipeline asks."""
    dry = ("apply", "--dry-run=server", "-f", "-")
    good = deployment(tenant.namespace, "good", signed.by_digest)
    bad = deployment(tenant.namespace, "bad", unsigned.by_tag)
    assert "created (server dry run)" in cluster.kubectl(*dry, input=good).stdout
    rehearsed = cluster.kubectl(*dry, input=bad, check=False)
    real = cluster.kubectl("apply", "-f", "-", input=bad, check=False)
    assert rehearsed.returncode == 1
    assert rehearsed.stderr == real.stderr
    assert not cluster.get("deployments", "-n", tenant.namespace)["items"]
    asked = [line for line in door.decisions() if line["object"]["namespace"] == tenant.namespace]
    assert [line["dryRun"] for line in asked] == [True, True, False]


def test_without_a_policy_a_closed_namespace_admits_no_model(
    cluster: Cluster, door: Webhook, signed: Model
) -> None:
    """Nobody vouches for it there; what loads no model is not our business."""
    assert door.running.running
    with cluster.namespace("closed", CLOSED) as namespace:
        denied = cluster.kubectl(
            "create", "-f", "-", input=pod(namespace, "llm", signed.by_digest), check=False
        )
        assert "[NotCovered] spec.volumes[0].image.reference" in denied.stderr
        cluster.kubectl("create", "-f", "-", input=idle_pod(namespace, "shell"))


def test_without_a_policy_an_open_namespace_admits_everything(
    cluster: Cluster, door: Webhook, unsigned: Model
) -> None:
    """Installing modeladmit breaks nothing."""
    assert door.running.running
    with cluster.namespace("open") as namespace:
        cluster.kubectl("create", "-f", "-", input=pod(namespace, "llm", unsigned.by_tag))


def test_what_runs_already_is_not_blocked_by_a_new_policy(
    cluster: Cluster, door: Webhook, signing_key: SigningKey, unsigned: Model
) -> None:
    """An update that leaves every use of a model alone passes; one that changes a model is judged."""
    labels = {"e2e.modeladmit.io/policy": "late"}
    with cluster.namespace("late", labels) as namespace:
        running = deployment(namespace, "llm", unsigned.by_tag, replicas=2)
        cluster.kubectl("apply", "-f", "-", input=running)
        apply_policy(door, "late", signed_by(signing_key.public_pem, labels))
        where = ("deployment/llm", "-n", namespace)
        cluster.kubectl("annotate", *where, "owner=team-a")
        cluster.kubectl("scale", *where, "--replicas=1")
        changed = deployment(namespace, "llm", f"{unsigned.registry.host}/models/other:v1")
        denied = cluster.kubectl("apply", "-f", "-", input=changed, check=False)
        assert "[MutableReference]" in denied.stderr
        cluster.kubectl("delete", *where)
    cluster.kubectl("delete", "trustpolicy", "late")


def test_a_policy_of_nonsense_is_refused_with_its_fields(cluster: Cluster, door: Webhook) -> None:
    """Keys are read when the policy is written, not when the first model comes."""
    assert door.running.running
    spec = signed_by("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", {})
    policy = {
        "apiVersion": "modeladmit.io/v1alpha1",
        "kind": "TrustPolicy",
        "metadata": {"name": "nonsense"},
        "spec": {**spec, "match": {"models": ["hf://meta-llama/[a"]}},
    }
    refused = cluster.kubectl("apply", "-f", "-", input=policy, check=False)
    assert refused.returncode == 1
    assert "[PolicyInvalid] spec.match.models[0]" in refused.stderr
    assert "[PolicyInvalid] spec.authorities[0].key.pem" in refused.stderr


def test_a_model_ref_is_judged_like_a_workload(
    cluster: Cluster, tenant: Tenant, signed: Model, unsigned: Model
) -> None:
    """What may not run may not be declared."""

    def model_ref(model: Model) -> dict[str, object]:
        return {
            "apiVersion": "modeladmit.io/v1alpha1",
            "kind": "ModelRef",
            "metadata": {"name": "llama", "namespace": tenant.namespace},
            "spec": {"uri": f"oci://{model.by_digest}"},
        }

    denied = cluster.kubectl("apply", "-f", "-", input=model_ref(unsigned), check=False)
    assert "[SignatureMissing] spec.uri" in denied.stderr
    cluster.kubectl("apply", "-f", "-", input=model_ref(signed))
