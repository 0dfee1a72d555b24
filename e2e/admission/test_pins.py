"""`writePins: Pods` on a real API server: what is created is pinned, and what is pinned is judged."""

from collections.abc import Iterator

import pytest

from e2e.admission.conftest import Tenant
from e2e.admission.installation import Webhook, apply_policy
from e2e.admission.workloads import deployment, pod, signed_by
from e2e.kit.cluster import Cluster
from e2e.kit.cosign import SigningKey
from e2e.kit.models import Model
from e2e.kit.waiting import until


@pytest.fixture
def writing(
    cluster: Cluster, door: Webhook, tenant: Tenant, signing_key: SigningKey, signed: Model
) -> Iterator[Tenant]:
    """The tenant's policy writes pins, and the API server asks the mutating entry."""
    spec = signed_by(signing_key.public_pem, tenant.labels)
    apply_policy(door, tenant.policy, {**spec, "writePins": "Pods"})
    door.configure("pins")
    trial = pod(tenant.namespace, "trial", signed.by_tag)
    dry = ("create", "--dry-run=server", "-f", "-")
    until(
        lambda: cluster.kubectl(*dry, input=trial, check=False).returncode == 0,
        what="the API server asks the mutating entry",
    )
    yield tenant
    cluster.kubectl("delete", "mutatingwebhookconfiguration", "modeladmit")


def reference(found: dict[str, object]) -> str:
    """What the Pod's image volume names."""
    match found:
        case {"spec": {"volumes": [{"image": {"reference": str(text)}}, *_]}}:
            return text
    raise AssertionError(found)


def test_a_pod_by_tag_is_created_by_digest(
    cluster: Cluster, writing: Tenant, signed: Model
) -> None:
    """Signed, so what was written is admitted; the tag stays for people."""
    cluster.kubectl("create", "-f", "-", input=pod(writing.namespace, "direct", signed.by_tag))
    found = reference(cluster.get("pod/direct", "-n", writing.namespace))
    assert f"{signed.by_tag}@{signed.digest}" == found


def test_a_pod_that_nobody_signed_is_denied_for_that_alone(
    cluster: Cluster, writing: Tenant, unsigned: Model
) -> None:
    """Writing a pin admits nothing, and what is pinned needs no other cure."""
    wanted = pod(writing.namespace, "unsigned", unsigned.by_tag)
    denied = cluster.kubectl("create", "-f", "-", input=wanted, check=False)
    assert denied.returncode == 1
    assert "[SignatureMissing]" in denied.stderr
    assert unsigned.digest in denied.stderr
    assert "[MutableReference]" not in denied.stderr


def test_a_deployment_keeps_its_tag_and_its_pods_are_pinned(
    cluster: Cluster, writing: Tenant, signed: Model
) -> None:
    """No GitOps drift; whoever applies it is told."""
    namespace = writing.namespace
    said = cluster.kubectl("create", "-f", "-", input=deployment(namespace, "llm", signed.by_tag))
    assert "[MutableReference]" in said.stderr
    kept = cluster.get("deployment/llm", "-n", namespace)["spec"]["template"]
    assert signed.by_tag == reference(kept)
    pods = until(
        lambda: cluster.get("pods", "-n", namespace, "-l", "app=llm")["items"], what="a Pod"
    )
    assert [f"{signed.by_tag}@{signed.digest}"] == [reference(found) for found in pods]
