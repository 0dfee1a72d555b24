"""What the operator says of ModelRefs and policies on a real API server."""

import base64
import datetime as dt
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from e2e.admission.conftest import Tenant
from e2e.admission.installation import RELEASE, Operator, Webhook, apply_policy
from e2e.admission.workloads import deployment, idle_pod, signed_by
from e2e.kit.certificates import SERVER, Authority, Credential
from e2e.kit.cluster import Cluster
from e2e.kit.cosign import Layout, SigningKey
from e2e.kit.models import Model, model_files, push_model
from e2e.kit.processes import Server, Servers
from e2e.kit.registries import Registry
from e2e.kit.waiting import until


@pytest.fixture(scope="module")
def operators(webhook: Webhook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Operators with the settings of the webhook."""
    home = tmp_path_factory.mktemp("operator")
    with Servers(home / "logs") as servers:
        yield Operator(
            webhook.cluster,
            home,
            servers,
            {**webhook.settings, "scanSeconds": 1},
            webhook.metrics_port,
        )


@pytest.fixture
def operator(operators: Operator) -> Server:
    """One that runs."""
    return operators.one()


def model_ref(namespace: str, name: str, uri: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "modeladmit.io/v1alpha1",
        "kind": "ModelRef",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"uri": uri, **spec},
    }


def conditions(obj: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Status and reason by type, if they speak of the present generation."""
    status = obj.get("status", {})
    if status.get("observedGeneration") != obj["metadata"]["generation"]:
        return {}
    return {c["type"]: (c["status"], c["reason"]) for c in status["conditions"]}


def test_a_signed_model_ref_is_ready(
    cluster: Cluster, operator: Server, tenant: Tenant, signed: Model
) -> None:
    """Resolved, Pinned, Verified, Ready; the columns say it to people and an Event does."""
    uri = f"oci://{signed.by_digest}"
    cluster.kubectl("apply", "-f", "-", input=model_ref(tenant.namespace, "llama", uri))
    where = ("modelref/llama", "-n", tenant.namespace)
    found = until(lambda: conditions(cluster.get(*where)), what="conditions")
    assert found == {
        "Resolved": ("True", "Resolved"),
        "Pinned": ("True", "Digest"),
        "Verified": ("True", "Satisfied"),
        "Ready": ("True", "Ready"),
    }
    status = cluster.get(*where)["status"]
    assert status["resolved"]["digest"] == signed.digest
    assert status["resolved"]["formats"] == ["Safetensors"]
    assert status["resolved"]["files"] == 3
    assert status["signedBy"] == "release-key"
    assert [(v["policy"], v["outcome"]) for v in status["verdicts"]] == [(tenant.policy, "Allowed")]
    header, row = cluster.kubectl("get", *where).stdout.splitlines()
    assert re.split(r" {2,}", header.strip()) == ["NAME", "URI", "PIN", "SIGNED BY", "READY", "AGE"]
    assert re.split(r" {2,}", row.strip())[1:5] == [uri, "Digest", "release-key", "True"]
    events = until(
        lambda: [
            event
            for event in cluster.get("events", "-n", tenant.namespace)["items"]
            if event["involvedObject"]["name"] == "llama"
        ],
        what="an Event",
    )
    assert [(event["type"], event["reason"]) for event in events] == [("Normal", "Ready")]
    assert operator.running


def test_an_unsigned_model_ref_says_what_is_missing(
    cluster: Cluster, door: Webhook, operator: Server, signing_key: SigningKey, referrers: Registry
) -> None:
    """It was declared before the policy came; the operator says which policy refuses it, and why.

    Once somebody signs it and the interval is over, it becomes ready by itself.
    """
    model = push_model(referrers, "models/late", files=model_files(31))
    labels = {"e2e.modeladmit.io/policy": "late-policy"}
    with cluster.namespace("late", labels) as namespace:
        where = ("modelref/llama", "-n", namespace)
        uri = f"oci://{model.by_tag}"
        cluster.kubectl("apply", "-f", "-", input=model_ref(namespace, "llama", uri, interval="1s"))
        found = until(lambda: conditions(cluster.get(*where)), what="conditions")
        assert found["Verified"] == ("Unknown", "NotCovered")
        assert found["Pinned"] == ("False", "MutableReference")
        assert found["Ready"] == ("True", "Ready")
        spec = signed_by(signing_key.public_pem, labels)
        del spec["require"]["pinning"]
        policy = {
            "apiVersion": "modeladmit.io/v1alpha1",
            "kind": "TrustPolicy",
            "metadata": {"name": "late-policy"},
            "spec": spec,
        }
        cluster.kubectl("apply", "-f", "-", input=policy)
        until(
            lambda: (
                conditions(cluster.get(*where)).get("Verified") == ("False", "SignatureMissing")
            ),
            what="the policy's word",
        )
        assert conditions(cluster.get(*where))["Ready"] == ("False", "SignatureMissing")
        signing_key.sign(model, Layout.BUNDLE)
        until(
            lambda: conditions(cluster.get(*where)).get("Ready") == ("True", "Ready"),
            what="the signature is seen",
        )
    cluster.kubectl("delete", "trustpolicy", "late-policy")
    assert operator.running
    assert door.running.running


def test_a_policy_says_whether_it_is_understood(
    cluster: Cluster, operator: Server, door: Webhook, signing_key: SigningKey
) -> None:
    """Ready, and FailClosed with the names of namespaces that are open while the webhook is down."""
    assert door.running.running
    labels = {"e2e.modeladmit.io/policy": "honest"}
    with cluster.namespace("honest", labels) as namespace:
        spec = signed_by(signing_key.public_pem, labels)
        kind = {"apiVersion": "modeladmit.io/v1alpha1", "kind": "TrustPolicy"}
        cluster.kubectl(
            "apply", "-f", "-", input={**kind, "metadata": {"name": "honest"}, "spec": spec}
        )
        found = until(lambda: conditions(cluster.get("trustpolicy", "honest")), what="conditions")
        assert found == {"Ready": ("True", "Compiled"), "FailClosed": ("False", "OpenNamespaces")}
        message = cluster.get("trustpolicy", "honest")["status"]["conditions"][1]["message"]
        assert namespace in message
        cluster.kubectl("label", "namespace", namespace, "modeladmit.io/enforce=true")
        until(
            lambda: conditions(cluster.get("trustpolicy", "honest"))["FailClosed"][0] == "True",
            what="the namespace is closed",
        )
    cluster.kubectl("delete", "trustpolicy", "honest")
    assert operator.running


def test_a_key_that_is_not_there_makes_a_policy_unready(cluster: Cluster, operator: Server) -> None:
    """A policy whose Secret vanished denies; its status says which field is to be mended."""
    spec = signed_by("", {"nobody": "here"})
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "release-key", "namespace": "modeladmit-system"},
        "stringData": {"cosign.pub": "no key"},
    }
    spec["authorities"] = [{"name": "release-key", "key": {"secretRef": {"name": "release-key"}}}]
    cluster.kubectl("apply", "-f", "-", input=secret)
    policy = {
        "apiVersion": "modeladmit.io/v1alpha1",
        "kind": "TrustPolicy",
        "metadata": {"name": "keyless"},
        "spec": spec,
    }
    refused = cluster.kubectl("apply", "-f", "-", input=policy, check=False)
    assert "[PolicyInvalid] spec.authorities[0].key" in refused.stderr
    assert operator.running


def test_an_exemption_is_active_until_it_expires(cluster: Cluster, operator: Server) -> None:
    """The condition ends with it, without anybody touching the object."""
    until_ = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=5)
    exemption = {
        "apiVersion": "modeladmit.io/v1alpha1",
        "kind": "PolicyExemption",
        "metadata": {"name": "brief"},
        "spec": {
            "uris": ["hf://meta-llama/*"],
            "codes": ["SignatureMissing"],
            "reason": "until the release is signed",
            "expiresAt": f"{until_:%Y-%m-%dT%H:%M:%SZ}",
        },
    }
    cluster.kubectl("apply", "-f", "-", input=exemption)

    def active() -> tuple[str, str] | None:
        return conditions(cluster.get("policyexemption", "brief")).get("Active")

    assert until(active, what="a condition") == ("True", "Active")
    until(lambda: active() == ("False", "Expired"), what="the end")
    cluster.kubectl("delete", "policyexemption", "brief")
    assert operator.running


def test_nothing_of_ours_stands_on_a_tenants_object(
    cluster: Cluster, operator: Server, tenant: Tenant, signed: Model
) -> None:
    """No finalizer and no annotation: a namespace can be deleted when the operator is long gone."""
    uri = f"oci://{signed.by_digest}"
    cluster.kubectl(
        "apply", "--server-side", "-f", "-", input=model_ref(tenant.namespace, "m", uri)
    )
    where = ("modelref/m", "-n", tenant.namespace)
    until(lambda: conditions(cluster.get(*where)), what="conditions")
    metadata = cluster.get(*where)["metadata"]
    assert "finalizers" not in metadata
    assert "annotations" not in metadata
    namespace = cluster.get("namespace", tenant.namespace)["metadata"]
    assert "annotations" not in namespace
    assert operator.running


def test_a_second_operator_waits_for_the_lease(
    cluster: Cluster, operators: Operator, operator: Server
) -> None:
    """One works at a time, and the next takes over when the first ends."""

    def holder() -> str:
        lease = cluster.get("lease", "modeladmit-operator", "-n", "modeladmit-system")
        return str(lease["spec"]["holderIdentity"])

    until(lambda: "this replica leads" in operator.output(), what="the first leads", seconds=40)
    first = holder()
    second = operators.start()
    assert "this replica leads" not in second.output()
    operator.terminate()
    until(lambda: "this replica leads" in second.output(), what="the second leads", seconds=40)
    assert holder() not in {first, ""}


def test_a_scan_counts_what_a_policy_covers_and_denies(
    cluster: Cluster, operators: Operator, door: Webhook, signing_key: SigningKey, unsigned: Model
) -> None:
    """What ran before the policy came is counted, named in an Event, and shown when the policy is to be enforced."""
    labels = {"e2e.modeladmit.io/policy": "scanned"}
    assert operators.one().running
    with cluster.namespace("scanned", labels) as namespace:
        running = deployment(namespace, "llm", unsigned.by_tag, replicas=2)
        cluster.kubectl("apply", "-f", "-", input=running)
        pods = ("pods", "-n", namespace)
        until(lambda: len(cluster.get(*pods)["items"]) == 2, what="two Pods")
        audited = signed_by(signing_key.public_pem, labels, mode="Audit")
        apply_policy(door, "scanned", audited)
        status = until(
            lambda: (
                cluster.get("trustpolicy", "scanned").get("status", {}).get("covers")
                and cluster.get("trustpolicy", "scanned")["status"]
            ),
            what="a scan",
        )
        assert status["covers"] == {"workloads": 1, "references": 1}
        assert status["wouldDeny"] == 1
        events = until(
            lambda: [
                event["note"] if "note" in event else event["message"]
                for event in cluster.get("events", "-n", "default")["items"]
                if event["reason"] == "WouldDeny"
            ],
            what="an Event",
        )
        assert f"Deployment {namespace}/llm" in events[-1]
        patch = '--patch={"spec":{"mode":"Enforce"}}'
        enforced = cluster.kubectl("patch", "trustpolicy", "scanned", "--type=merge", patch)
        assert (
            "Warning: [WouldDeny] spec.mode: by the last scan, 1 live workload would"
            in enforced.stderr
        )
    cluster.kubectl("delete", "trustpolicy", "scanned")


def test_the_serving_certificate_is_renewed_in_the_last_third_of_its_life(
    cluster: Cluster, operators: Operator
) -> None:
    """As the chart stores it; the authority stays, so no `caBundle` changes."""
    authority = Authority.root("webhook-ca")
    host = "modeladmit-webhook.modeladmit-system.svc"
    young = authority.issue("webhook", SERVER, hosts=[host])
    secrets = [
        tls_secret("modeladmit-webhook-ca", authority),
        tls_secret("modeladmit-webhook-tls", young, **{"modeladmit.io/not-after": "0"}),
    ]
    secrets[1]["data"]["tls.crt"] = base64.b64encode(aged(authority, young)).decode()
    cluster.kubectl("apply", "-f", "-", input=secrets)
    for server in operators.started:
        if server.running:
            server.terminate()
    operators.one()

    def renewed() -> x509.Certificate | None:
        found = cluster.get("secret", "modeladmit-webhook-tls", "-n", RELEASE)
        text = base64.b64decode(found["data"]["tls.crt"])
        certificate = x509.load_pem_x509_certificate(text)
        begins = certificate.not_valid_before_utc
        return certificate if dt.datetime.now(dt.UTC) - begins < dt.timedelta(hours=1) else None

    certificate = until(renewed, what="a new certificate", seconds=60)
    assert certificate is not None
    certificate.verify_directly_issued_by(authority.chain[0])
    stored = cluster.get("secret", "modeladmit-webhook-ca", "-n", RELEASE)
    assert base64.b64decode(stored["data"]["tls.crt"]) == authority.chain_pem
    cluster.kubectl("delete", "secret", "-n", RELEASE, "modeladmit-webhook-ca")
    cluster.kubectl("delete", "secret", "-n", RELEASE, "modeladmit-webhook-tls")


def tls_secret(name: str, credential: Credential, **annotations: str) -> dict[str, Any]:
    data = {"tls.crt": credential.chain_pem, "tls.key": credential.key_pem}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": name, "namespace": RELEASE, "annotations": annotations},
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
    }


def aged(authority: Authority, young: Credential) -> bytes:
    """The same certificate, made 300 days ago for a year."""
    leaf, now = young.chain[0], dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(leaf.subject)
        .issuer_name(leaf.issuer)
        .public_key(leaf.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=300))
        .not_valid_after(now + dt.timedelta(days=65))
    )
    for extension in leaf.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    return builder.sign(authority.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def test_a_policy_says_when_every_replica_judges_by_it(
    cluster: Cluster, operators: Operator, door: Webhook, signing_key: SigningKey
) -> None:
    """The operator asks each Pod of the webhook; one that does not answer holds it back."""
    assert operators.one().running
    for name, address in (("webhook-1", cluster.address), ("webhook-2", "127.0.0.9")):
        replica = idle_pod(RELEASE, name)
        replica["metadata"]["labels"] = {"app.kubernetes.io/component": "webhook"}
        cluster.kubectl("apply", "-f", "-", input=replica)
        status = {"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}
        patch = ("--subresource=status", "--type=merge", f"--patch={json.dumps(status)}")
        cluster.kubectl("patch", "pod", name, "-n", RELEASE, *patch)
    labels = {"e2e.modeladmit.io/policy": "spread"}
    apply_policy(door, "spread", signed_by(signing_key.public_pem, labels))

    def propagated() -> tuple[str, str] | None:
        return conditions(cluster.get("trustpolicy", "spread")).get("Propagated")

    until(lambda: propagated() == ("False", "Waiting"), what="one is behind")
    found = cluster.get("trustpolicy", "spread")["status"]["conditions"]
    assert [c["message"] for c in found if c["type"] == "Propagated"] == [
        "not known yet to webhook-2"
    ]
    cluster.kubectl("delete", "pod", "webhook-2", "-n", RELEASE, "--now")
    until(lambda: propagated() == ("True", "Propagated"), what="every replica knows it")
    cluster.kubectl("delete", "pod", "webhook-1", "-n", RELEASE, "--now")
    cluster.kubectl("delete", "trustpolicy", "spread")
