"""What holds when something is away: the webhook itself, a registry, a sane answer of a registry."""

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from e2e.admission.conftest import Tenant
from e2e.admission.installation import Webhook, apply_policy, define
from e2e.admission.test_admission_protocol import review
from e2e.admission.workloads import deployment, idle_pod, pod
from e2e.kit.cluster import Cluster
from e2e.kit.cosign import Layout, SigningKey
from e2e.kit.models import Model, model_files, push_model
from e2e.kit.processes import Servers
from e2e.kit.registries import Registry
from e2e.kit.tools import tool
from e2e.kit.waiting import answers, until


@pytest.fixture
def away(webhook: Webhook) -> Iterator[Webhook]:
    """The webhook, stopped for the time of the test."""
    if webhook.running.running:
        webhook.running.terminate()
    yield webhook
    if not webhook.running.running:
        webhook.start()


def test_a_closed_namespace_stores_the_deployment_and_refuses_its_pods(
    cluster: Cluster, tenant: Tenant, away: Webhook, signed: Model
) -> None:
    """GitOps does not break, and nothing starts unjudged. Afterwards the Pods come on their own."""
    stored = deployment(tenant.namespace, "llm", signed.by_digest)
    cluster.kubectl("apply", "-f", "-", input=stored)

    def refusal() -> str:
        for replica_set in cluster.get("replicasets", "-n", tenant.namespace)["items"]:
            for condition in replica_set.get("status", {}).get("conditions", []):
                if condition["type"] == "ReplicaFailure" and condition["reason"] == "FailedCreate":
                    return str(condition["message"])
        return ""

    message = until(refusal, what="the ReplicaSet says why it has no Pods")
    assert 'failed calling webhook "enforced.modeladmit.io"' in message
    assert not cluster.get("pods", "-n", tenant.namespace)["items"]
    events = cluster.get("events", "-n", tenant.namespace)["items"]
    assert any(event["reason"] == "FailedCreate" for event in events)
    away.start()
    cluster.kubectl("rollout", "restart", "deployment/llm", "-n", tenant.namespace)
    until(lambda: cluster.get("pods", "-n", tenant.namespace)["items"], what="Pods are made")


def test_an_open_namespace_works_without_the_webhook(
    cluster: Cluster, away: Webhook, unsigned: Model
) -> None:
    """`observed` and `workloads` say Ignore."""
    assert not away.running.running
    with cluster.namespace("open") as namespace:
        cluster.kubectl("apply", "-f", "-", input=deployment(namespace, "llm", unsigned.by_tag))
        until(lambda: cluster.get("pods", "-n", namespace)["items"], what="a Pod is made")


@pytest.mark.parametrize("up", [True, False], ids=["webhook up", "webhook down"])
def test_scale_down_and_delete_are_never_blocked(
    cluster: Cluster, door: Webhook, tenant: Tenant, signed: Model, *, up: bool
) -> None:
    """Whatever the policies say and whoever is away, what runs can be stopped."""
    running = deployment(tenant.namespace, "llm", signed.by_digest, replicas=3)
    cluster.kubectl("apply", "-f", "-", input=running)
    cluster.kubectl("create", "-f", "-", input=pod(tenant.namespace, "single", signed.by_digest))
    pods = ("pods", "-n", tenant.namespace)
    until(lambda: len(cluster.get(*pods)["items"]) == 4, what="four Pods")
    spec = {"spec": {"require": {"sources": ["oci://nowhere.example.com/**"]}}}
    patch = ("--type=merge", f"--patch={json.dumps(spec)}")
    cluster.kubectl("patch", "trustpolicy", tenant.policy, *patch)
    until(lambda: door.knows(tenant.policy, 2), what="the stricter policy is known")
    if not up:
        door.running.terminate()
    where = ("deployment/llm", "-n", tenant.namespace)
    cluster.kubectl("scale", *where, "--replicas=1")
    until(lambda: len(cluster.get(*pods)["items"]) == 2, what="two Pods are left")
    cluster.kubectl("delete", "--now", "pod/single", "-n", tenant.namespace)
    cluster.kubectl("delete", "--now", *where)
    until(lambda: not cluster.get(*pods)["items"], what="no Pod is left")
    if not up:
        door.start()


@pytest.fixture
def proven(fragile: Registry, signing_key: SigningKey) -> Model:
    """A signed model in the fragile registry."""
    model = push_model(fragile, "models/proven", files=model_files(11))
    signing_key.sign(model, Layout.BUNDLE)
    return model


def test_a_registry_that_never_answers_gets_a_clear_denial_in_time(
    cluster: Cluster, door: Webhook, tenant: Tenant, fragile: Registry, proven: Model
) -> None:
    """The denial comes from us and says what is late; it is not the API server that gave up.

    What was verified before is not asked again.
    """
    fresh = push_model(fragile, "models/fresh", files=model_files(12))
    namespace = tenant.namespace
    cluster.kubectl("create", "-f", "-", input=pod(namespace, "before", proven.by_digest))
    fragile.server.pause()
    try:
        started = time.monotonic()
        denied = cluster.kubectl(
            "create", "-f", "-", input=pod(namespace, "late", fresh.by_digest), check=False
        )
        seconds = time.monotonic() - started
        cluster.kubectl("create", "-f", "-", input=pod(namespace, "after", proven.by_digest))
    finally:
        fragile.server.resume()
    assert "[DeadlineExceeded] spec.volumes[0].image.reference (vllm)" in denied.stderr
    assert "denied the request" in denied.stderr
    assert seconds < 10
    assert door.running.running


def test_a_registry_that_answers_nonsense_gets_a_clear_denial(
    cluster: Cluster, door: Webhook, tenant: Tenant, babbler: str
) -> None:
    """HTML with status 200 is no manifest."""
    model = f"{babbler}/models/tiny@sha256:{'0' * 64}"
    denied = cluster.kubectl(
        "create", "-f", "-", input=pod(tenant.namespace, "odd", model), check=False
    )
    assert denied.returncode == 1
    assert "denied the request: 1 finding" in denied.stderr
    assert any(code in denied.stderr for code in ("[UnexpectedContent]", "[DigestMismatch]"))
    assert "nginx" not in denied.stderr
    assert door.running.running


def test_a_host_that_nobody_lists_is_not_asked(cluster: Cluster, tenant: Tenant) -> None:
    """A reference is chosen by its author: it opens no connection to places that he may not reach."""
    model = f"169.254.169.254/latest/meta-data@sha256:{'0' * 64}"
    denied = cluster.kubectl(
        "create", "-f", "-", input=pod(tenant.namespace, "ssrf", model), check=False
    )
    assert "[HostForbidden]" in denied.stderr


def test_a_registry_that_is_down_hurts_only_what_was_never_verified(
    cluster: Cluster,
    door: Webhook,
    tenant: Tenant,
    mortal_host: str,
    signing_key: SigningKey,
    tmp_path: Path,
) -> None:
    """A verified digest keeps working; an unverified one is refused, and the message says why."""
    namespace = tenant.namespace
    with Servers(tmp_path) as servers:
        server = servers.start("mortal", tool("referrers"), "-addr", mortal_host)
        server.wait_for(lambda: answers(f"http://{mortal_host}/v2/"))
        registry = Registry(mortal_host, tmp_path, server, has_referrers=True)
        known = push_model(registry, "models/known", files=model_files(21))
        unseen = push_model(registry, "models/unseen", files=model_files(22))
        for model in (known, unseen):
            signing_key.sign(model, Layout.BUNDLE)
        cluster.kubectl("create", "-f", "-", input=pod(namespace, "before", known.by_digest))
        server.kill()
        cluster.kubectl("create", "-f", "-", input=pod(namespace, "after", known.by_digest))
        denied = cluster.kubectl(
            "create", "-f", "-", input=pod(namespace, "unseen", unseen.by_digest), check=False
        )
    assert "[SourceUnavailable] spec.volumes[0].image.reference" in denied.stderr
    assert door.running.running


def test_a_definition_that_is_put_back_is_watched_again(cluster: Cluster, door: Webhook) -> None:
    """With it went every policy, as if each was deleted. New ones are known as fast as ever."""
    spec: dict[str, object] = {"mode": "Audit", "require": {"pinning": "Digest"}}
    apply_policy(door, "before", spec)
    cluster.kubectl("delete", "crd", "trustpolicies.modeladmit.io")
    until(lambda: not door.knows("before"), what="the policy is gone")
    define(cluster)
    try:
        apply_policy(door, "first", spec)
    finally:
        cluster.kubectl("delete", "trustpolicy", "first")
    until(lambda: not door.knows("first"), what="the watch is back", seconds=20)


def test_a_webhook_that_ends_loses_no_review(
    cluster: Cluster, door: Webhook, tmp_path: Path
) -> None:
    """An upgrade in an open namespace would let through what is lost. Callers are told to go before nobody listens."""
    with Servers(tmp_path / "logs") as servers:
        ending = Webhook(cluster, tmp_path / "home", servers, door.settings, lame=4)
        ending.start()
        body, context = review(idle_pod("default", "idle")), ending.context()

        def until_told_to_go(_number: int) -> tuple[set[int], bool]:
            connection = http.client.HTTPSConnection(
                ending.cluster.address, ending.port, context=context, timeout=20
            )
            seen: set[int] = set()
            while True:
                connection.request("POST", "/admit/observed?timeout=5s", body)
                with connection.getresponse() as response:
                    response.read()
                    seen.add(response.status)
                    if response.getheader("Connection") == "close":
                        return seen, True

        with ThreadPoolExecutor(4) as callers:
            calls = [callers.submit(until_told_to_go, number) for number in range(4)]
            until(
                lambda: (
                    sum(
                        value for name, value in ending.metrics().items() if "reviews_total" in name
                    )
                    > 100
                ),
                what="reviews are answered",
            )
            code = ending.running.terminate()
            assert [({200}, True)] * 4 == [call.result(30) for call in calls]
    assert code == 0
