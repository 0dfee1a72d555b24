"""The webhook as an HTTP server: what is no review, what is large, and what ten thousand reviews leave behind."""

import http.client
import json
from pathlib import Path
from typing import Any

import pytest

from e2e.admission.conftest import Tenant
from e2e.admission.installation import Webhook
from e2e.admission.workloads import deployment, pod
from e2e.kit.cluster import Cluster
from e2e.kit.models import Model

ENFORCED = "/admit/enforced?timeout=10s"


def review(obj: dict[str, Any], *, uid: str = "5f0e", old: Any = None, **request: Any) -> bytes:
    """A review as the API server sends it."""
    kind = {"group": "", "version": "v1", "kind": obj["kind"]}
    asked = {
        "uid": uid,
        "kind": kind,
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "operation": "UPDATE" if old else "CREATE",
        "namespace": obj["metadata"].get("namespace"),
        "name": obj["metadata"]["name"],
        "userInfo": {"username": "e2e", "groups": []},
        "object": obj,
        "oldObject": old,
        **request,
    }
    document = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": asked}
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"not json",
        b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}',
        b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{}}',
        b'{"apiVersion":"v1","kind":"Pod"}',
    ],
)
def test_what_is_no_review_is_a_bad_request(door: Webhook, body: bytes) -> None:
    """Without a uid there is nobody to answer."""
    status, text = door.post(ENFORCED, body)
    assert status == 400
    assert text.startswith(b"InvalidReview: ")


def test_only_the_api_server_may_ask(door: Webhook) -> None:
    """A forged review could name another tenant's pull secret. The API server of these tests shows a certificate."""
    if door.callers is None:
        pytest.skip("this cluster's API server shows no certificate that we know")
    status, _ = door.post(ENFORCED, review({"kind": "Pod", "metadata": {"name": "x"}}), known=False)
    assert status == 403


def test_an_unknown_version_of_the_review_is_refused_in_words(door: Webhook) -> None:
    """The text says what to configure."""
    body = review({"kind": "Pod", "metadata": {"name": "x"}}).replace(b"io/v1", b"io/v1beta1")
    status, text = door.post(ENFORCED, body)
    assert status == 400
    assert b"admissionReviewVersions: [v1]" in text


def test_a_review_that_breaks_off_is_denied_under_its_uid(door: Webhook) -> None:
    """Once the uid is known the answer is a verdict: an HTTP error would admit under Ignore."""
    whole = review({"kind": "Pod", "metadata": {"name": "x"}}, uid="7c1a")
    status, text = door.post("/admit/observed?timeout=5s", whole[:-40])
    response = json.loads(text)["response"]
    assert (status, response["uid"], response["allowed"]) == (200, "7c1a", False)


def test_an_object_nested_without_end_is_denied(door: Webhook) -> None:
    """The API server stores up to 10,000 levels of free-form objects."""
    deep = b'{"a":' * 9_000 + b"1" + b"}" * 9_000
    body = review({"kind": "Odd", "metadata": {"name": "x"}, "spec": "HERE"})
    status, text = door.post(ENFORCED, body.replace(b'"HERE"', deep))
    response = json.loads(text)["response"]
    assert (status, response["allowed"]) == (200, False)
    assert door.running.running


def test_two_objects_of_three_mebibytes_are_judged(
    door: Webhook, tenant: Tenant, unsigned: Model
) -> None:
    """An UPDATE carries the old object, too."""
    obj = pod(tenant.namespace, "large", unsigned.by_digest)
    obj["metadata"]["annotations"] = {"padding": "x" * (3 << 20)}
    old = pod(tenant.namespace, "large", unsigned.by_tag)
    old["metadata"]["annotations"] = obj["metadata"]["annotations"]
    status, text = door.post(ENFORCED, review(obj, old=old))
    assert status == 200
    assert "SignatureMissing" in json.loads(text)["response"]["status"]["message"]


def test_a_large_object_through_the_api_server(
    cluster: Cluster, tenant: Tenant, unsigned: Model
) -> None:
    """As large as the API server takes it: the verdict is about the model, not about the size."""
    wanted = deployment(tenant.namespace, "large", unsigned.by_digest)
    padding = {"name": "PADDING", "value": "x" * (1 << 20)}
    wanted["spec"]["template"]["spec"]["containers"][0]["env"] = [
        {**padding, "name": f"PADDING_{index}"} for index in range(2)
    ]
    denied = cluster.kubectl("create", "--dry-run=server", "-f", "-", input=wanted, check=False)
    assert "[SignatureMissing] spec.template.spec.volumes[0].image.reference" in denied.stderr


def test_more_than_the_bound_is_denied_under_its_uid(door: Webhook) -> None:
    """Bodies are read up to 32 MiB."""
    obj = {"kind": "Pod", "metadata": {"name": "x", "annotations": {"a": "x" * (33 << 20)}}}
    status, text = door.post(ENFORCED, review(obj, uid="big1"))
    response = json.loads(text)["response"]
    assert (status, response["uid"], response["allowed"]) == (200, "big1", False)
    assert "[LimitExceeded]" in response["status"]["message"]


def test_memory_is_flat_over_ten_thousand_reviews(
    door: Webhook, tenant: Tenant, signed: Model, unsigned: Model
) -> None:
    """Names, labels and references of tenants leave nothing behind that grows without bound."""
    connection = http.client.HTTPSConnection(
        door.cluster.address, door.port, context=door.context()
    )
    sizes = {}
    for number in range(1, 10_001):
        model = signed.by_digest if number % 2 else unsigned.by_digest
        obj = pod(tenant.namespace, f"llm-{number}", model)
        obj["metadata"]["labels"] = {"number": str(number)}
        connection.request(
            "POST", ENFORCED, review(obj, uid=f"u{number}"), {"Content-Type": "application/json"}
        )
        answer = json.loads(connection.getresponse().read())
        assert answer["response"]["uid"] == f"u{number}"
        assert answer["response"]["allowed"] is bool(number % 2)
        if number in {2_000, 6_000, 10_000}:
            sizes[number] = resident(door.running.pid)
    connection.close()
    assert sizes[10_000] < sizes[2_000] + (16 << 20), sizes


def resident(pid: int) -> int:
    """Resident memory of a process, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")
