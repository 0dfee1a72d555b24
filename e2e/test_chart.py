"""The chart on a real API server of its own: installed by Helm, with the webhook on this machine and the rights that it gives."""

import contextlib
import dataclasses
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from e2e.admission.installation import RELEASE, Webhook
from e2e.kit.certificates import Authority
from e2e.kit.cluster import Cluster
from e2e.kit.commands import run
from e2e.kit.plane import plane
from e2e.kit.ports import free_port
from e2e.kit.processes import Servers
from e2e.kit.tools import tool
from e2e.kit.waiting import until
from tests.policy_vectors import BadObject, bad_objects, good, good_names, public_key

CHART = Path(__file__).parents[1] / "charts" / "modeladmit"
ENFORCE = "modeladmit.io/enforce"
TENANT = {
    "apiVersion": "rbac.authorization.k8s.io/v1",
    "kind": "ClusterRole",
    "metadata": {"name": "namespace-owner"},
    "rules": [
        {
            "apiGroups": [""],
            "resources": ["namespaces", "namespaces/status", "namespaces/finalize"],
            "verbs": ["*"],
        }
    ],
}


@dataclasses.dataclass(frozen=True)
class Release:
    """The installed chart, and the webhook that it points to."""

    cluster: Cluster
    webhook: Webhook
    values: Path

    def helm(self, *arguments: str) -> str:
        """Run helm in the release namespace."""
        home = self.cluster.home / "helm"
        return run(
            tool("helm"),
            *arguments,
            f"--kubeconfig={self.cluster.kubeconfig}",
            f"--namespace={RELEASE}",
            env={
                "HELM_CACHE_HOME": str(home),
                "HELM_CONFIG_HOME": str(home),
                "HELM_DATA_HOME": str(home),
            },
        ).stdout

    def upgrade(self, *sets: str) -> None:
        """Install or upgrade with the values of these tests and more."""
        more = [f"--set={value}" for value in sets]
        self.helm(
            "upgrade", "--install", "modeladmit", str(CHART), f"--values={self.values}", *more
        )

    @contextlib.contextmanager
    def upgraded(self, *sets: str) -> Iterator[None]:
        """Other values for a while."""
        self.upgrade(*sets)
        try:
            yield
        finally:
            self.upgrade()

    def start(self) -> None:
        """Run the webhook with a fresh token of the chart's own service account."""
        account = self.cluster.service_account(RELEASE, "modeladmit-webhook")
        self.webhook.cluster = dataclasses.replace(self.cluster, kubeconfig=account)
        self.webhook.start()

    @contextlib.contextmanager
    def without_webhook(self) -> Iterator[None]:
        """Nobody answers at the webhook's address."""
        self.webhook.running.terminate()
        try:
            yield
        finally:
            self.start()


@pytest.fixture(scope="module")
def helm() -> Path:
    """The real Helm."""
    return tool("helm")


@pytest.fixture(scope="module")
def release(helm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """The chart with `webhook.external`; the process has a token of the chart's own service account."""
    assert helm.exists()
    home = tmp_path_factory.mktemp("chart")
    with plane(home / "plane") as cluster, Servers(home / "logs") as servers:
        cluster.kubectl("create", "namespace", RELEASE)
        authority, port = Authority.root("webhook"), free_port()
        values = home / "values.yaml"
        values.write_text(
            yaml.safe_dump(
                {
                    "webhook": {
                        "external": {
                            "url": f"https://{cluster.address}:{port}",
                            "caBundle": authority.chain_pem.decode(),
                        }
                    },
                    "operator": {"enabled": False},
                }
            )
        )
        webhook = Webhook(cluster, home / "webhook", servers, {}, port, authority=authority)
        release = Release(cluster, webhook, values)
        release.upgrade()
        cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
        config = cluster.get("configmap", "modeladmit", "-n", RELEASE)["data"]["config.yaml"]
        webhook.settings = {
            key: value
            for key, value in yaml.safe_load(config).items()
            if key in {"closedByDefault", "credentials"}
        }
        release.start()
        _materials(cluster)
        until(
            lambda: _trust_roots_known(cluster),
            what="the webhook has seen the trust roots that policies name",
            seconds=30,
        )
        yield release


def _trust_roots_known(cluster: Cluster) -> bool:
    """A policy that names them is refused for it no more."""
    return "no usable TrustRoot" not in "".join(
        _refusal(cluster, "apply", "--dry-run=server", "-f", "-", input=good(name))
        for name in ("full", "references")
    )


def _materials(cluster: Cluster) -> None:
    """What the good policies refer to."""
    metadata = {"namespace": RELEASE}
    cluster.kubectl(
        "apply",
        "-f",
        "-",
        input=[
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {**metadata, "name": "release-key"},
                "stringData": {"cosign.pub": public_key("key")},
            },
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {**metadata, "name": "keys"},
                "data": {"other.pub": public_key("other")},
            },
            TENANT,
            {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": "namespace-owner"},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io",
                    "kind": "ClusterRole",
                    "name": "namespace-owner",
                },
                "subjects": [{"kind": "User", "name": "tenant"}],
            },
            good("trust-root-sigstore"),
            good("trust-root-certificates"),
        ],
    )


def _pod(name: str, namespace: str) -> dict[str, Any]:
    """A Pod that has nothing to do with models."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [{"name": "web", "image": "registry.example.com/web:1"}]},
    }


def _refusal(cluster: Cluster, *arguments: str, **rest: Any) -> str:
    """What kubectl complains about; empty when it does not."""
    answer = cluster.kubectl(*arguments, check=False, **rest)
    return answer.stderr if answer.returncode else ""


# The entries


def test_every_entry_reaches_the_webhook(release: Release) -> None:
    """The five entries point to the external address and trust the given authority."""
    configuration = release.cluster.get("validatingwebhookconfiguration", "modeladmit")
    found = {
        entry["name"]: (
            entry["failurePolicy"],
            entry["timeoutSeconds"],
            entry["clientConfig"]["url"],
        )
        for entry in configuration["webhooks"]
    }
    base = release.webhook.url + "/admit/"
    assert found == {
        "enforced.modeladmit.io": ("Fail", 10, base + "enforced"),
        "observed.modeladmit.io": ("Ignore", 5, base + "observed"),
        "workloads.modeladmit.io": ("Ignore", 5, base + "workloads"),
        "cluster.modeladmit.io": ("Ignore", 5, base + "cluster"),
        "configuration.modeladmit.io": ("Fail", 5, base + "configuration"),
    }


@pytest.mark.parametrize("name", good_names())
def test_good_objects_pass_the_webhook(release: Release, name: str) -> None:
    """What compiles is admitted by the configuration entry; a ModelRef is judged like a workload, so it may warn."""
    refusal = _refusal(release.cluster, "apply", "--dry-run=server", "-f", "-", input=good(name))
    assert refusal == ""


def _compiled_only() -> Sequence[BadObject]:
    return [case for case in bad_objects() if not case.by_schema]


@pytest.mark.parametrize("case", _compiled_only(), ids=lambda case: case.name)
def test_what_a_schema_cannot_see_the_webhook_refuses(release: Release, case: BadObject) -> None:
    """Patterns, expressions, keys and references are compiled when an object is written, and refused with the field."""
    document = json.loads(json.dumps(case.document))
    document["metadata"]["name"] += "-bad"
    refusal = _refusal(release.cluster, "create", "--dry-run=server", "-f", "-", input=document)
    assert "configuration.modeladmit.io" in refusal
    assert case.field in refusal, refusal


# The webhook away


def test_what_a_closed_namespace_allows_without_the_webhook(release: Release) -> None:
    """Nothing new runs; what runs can be labelled and deleted, and its image cannot change."""
    cluster = release.cluster
    with cluster.namespace(labels={ENFORCE: "true"}) as closed:
        cluster.kubectl("apply", "-f", "-", input=_pod("web", closed))
        with release.without_webhook():
            pod = ("pod", "web", f"--namespace={closed}")
            created = _refusal(cluster, "create", "-f", "-", input=_pod("other", closed))
            assert "enforced.modeladmit.io" in created
            swapped = _refusal(cluster, "set", "image", *pod[:2], "web=x/y:2", pod[2])
            assert "enforced.modeladmit.io" in swapped
            assert _refusal(cluster, "label", *pod, "tier=gold") == ""
            assert _refusal(cluster, "annotate", *pod, "note=x") == ""
            assert _refusal(cluster, "delete", *pod, "--now", "--wait=false") == ""


def test_what_is_being_deleted_goes_and_does_not_change(release: Release) -> None:
    """A finalizer can be taken off while nobody answers; an image cannot be swapped behind a deletion."""
    cluster = release.cluster
    with cluster.namespace(labels={ENFORCE: "true"}) as closed:
        held = _pod("web", closed)
        held["metadata"]["finalizers"] = ["example.com/held"]
        cluster.kubectl("apply", "-f", "-", input=held)
        where = ("pod/web", f"--namespace={closed}")
        cluster.kubectl("delete", *where, "--wait=false", "--grace-period=30")
        assert cluster.get(*where)["metadata"]["deletionTimestamp"]
        swapped = _refusal(cluster, "set", "image", *where, "web=vllm/vllm-openai:v1")
        assert "denied the request" in swapped
        with release.without_webhook():
            again = _refusal(cluster, "set", "image", *where, "web=vllm/vllm-openai:v1")
            assert "enforced.modeladmit.io" in again
            released = '{"metadata": {"finalizers": null}}'
            assert _refusal(cluster, "patch", *where, "--type=merge", "-p", released) == ""


def test_what_an_open_namespace_allows_without_the_webhook(release: Release) -> None:
    """Everything: an entry with Ignore never blocks."""
    with release.cluster.namespace() as opened, release.without_webhook():
        assert _refusal(release.cluster, "create", "-f", "-", input=_pod("web", opened)) == ""


def test_the_release_namespace_is_never_asked_about(release: Release) -> None:
    """Or the webhook could not start again; its label changes nothing."""
    cluster = release.cluster
    cluster.kubectl("label", "namespace", RELEASE, f"{ENFORCE}=true", "--overwrite")
    with release.without_webhook():
        pod = _pod("web", RELEASE)
        assert _refusal(cluster, "create", "--dry-run=server", "-f", "-", input=pod) == ""


def test_policies_can_be_deleted_without_the_webhook(release: Release) -> None:
    """A policy that hurts can go; a new one waits for somebody who compiles it."""
    cluster = release.cluster
    policy = good("minimal")
    policy["metadata"]["name"] = "hurts"
    cluster.kubectl("apply", "-f", "-", input=policy)
    with release.without_webhook():
        policy["spec"]["mode"] = "Warn"
        assert "configuration.modeladmit.io" in _refusal(cluster, "apply", "-f", "-", input=policy)
        assert _refusal(cluster, "delete", "trustpolicy", "hurts") == ""


# The label


@pytest.fixture
def guarded(release: Release) -> Cluster:
    """A cluster in which the label's guard is at work: that takes it about a second."""
    cluster = release.cluster
    with cluster.namespace() as namespace:
        until(
            lambda: _refusal(
                cluster, "label", "namespace", namespace, f"{ENFORCE}=no", "--dry-run=server"
            ),
            what="the guard of the namespace label is at work",
        )
    return cluster


@pytest.mark.parametrize("value", ["false", "True", "", "yes"])
def test_the_label_has_one_value(guarded: Cluster, value: str) -> None:
    """Anything but `true` would look closed and be open; cluster admins included."""
    with guarded.namespace() as namespace:
        refusal = _refusal(guarded, "label", "namespace", namespace, f"{ENFORCE}={value}")
    assert 'has the value "true"' in refusal


def test_a_tenant_cannot_open_his_namespace(guarded: Cluster) -> None:
    """Neither by label nor through a subresource, although he may write everything about it."""
    removal = json.dumps({"metadata": {"labels": {ENFORCE: None}}})
    with guarded.namespace(labels={ENFORCE: "true"}) as namespace:
        kubeconfig = guarded.user("tenant")
        for arguments in (
            ("label", "namespace", namespace, f"{ENFORCE}-"),
            ("patch", "namespace", namespace, "--type=merge", f"--patch={removal}"),
            ("patch", "namespace", namespace, "--subresource=status", "--type=merge", f"--patch={removal}"),
        ):  # fmt: skip
            refusal = _refusal(guarded, *arguments, kubeconfig=kubeconfig)
            assert "must be allowed to update trustpolicies" in refusal
        other = _refusal(guarded, "label", "namespace", namespace, "x=y", kubeconfig=kubeconfig)
        assert other == ""


def test_a_tenant_may_close_his_namespace_and_an_admin_open_it(guarded: Cluster) -> None:
    """To be judged more strictly needs no right."""
    with guarded.namespace() as namespace:
        closing = ("label", "namespace", namespace, f"{ENFORCE}=true")
        assert _refusal(guarded, *closing, kubeconfig=guarded.user("tenant")) == ""
        assert _refusal(guarded, "label", "namespace", namespace, f"{ENFORCE}-") == ""


def test_closed_by_default_turns_the_label_round(release: Release, guarded: Cluster) -> None:
    """Every namespace is closed; to open one needs the right, at its creation too."""
    with release.upgraded("closedByDefault=true"), guarded.namespace() as namespace:
        opening = ("label", "namespace", namespace, "modeladmit.io/open=true")
        tenant = guarded.user("tenant")
        refusal = until(
            lambda: _refusal(guarded, *opening, "--dry-run=server", kubeconfig=tenant),
            what="the guard knows the other label",
        )
        assert "must be allowed to update trustpolicies" in refusal
        created = {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": "born-open", "labels": {"modeladmit.io/open": "true"}},
        }
        birth = _refusal(
            guarded, "create", "--dry-run=server", "-f", "-", input=created, kubeconfig=tenant
        )
        assert "must be allowed to update trustpolicies" in birth
        assert _refusal(guarded, *opening) == ""


# Rights


@pytest.mark.parametrize("verb", ["create", "update", "patch", "delete"])
@pytest.mark.parametrize(
    "resource",
    ["pods", "deployments", "secrets", "configmaps", "namespaces", "trustpolicies", "modelrefs"],
)
def test_the_webhook_writes_nothing(release: Release, verb: str, resource: str) -> None:
    """Whoever takes the webhook over has a reader."""
    answer = release.cluster.kubectl(
        "auth",
        "can-i",
        verb,
        resource,
        f"--namespace={RELEASE}",
        as_user=f"system:serviceaccount:{RELEASE}:modeladmit-webhook",
        check=False,
    )
    assert answer.stdout.strip() == "no"


def test_the_webhook_reads_secrets_of_its_own_namespace_only(release: Release) -> None:
    """credentials.mode Release."""
    account = f"system:serviceaccount:{RELEASE}:modeladmit-webhook"
    asked = {
        namespace: release.cluster.kubectl(
            "auth",
            "can-i",
            "get",
            "secrets",
            f"--namespace={namespace}",
            as_user=account,
            check=False,
        ).stdout.strip()
        for namespace in (RELEASE, "default", "kube-system")
    }
    assert asked == {RELEASE: "yes", "default": "no", "kube-system": "no"}


@pytest.mark.parametrize(
    ("role", "verb", "expected"),
    [
        ("view", "list", "yes"),
        ("view", "create", "no"),
        ("edit", "create", "no"),
        ("admin", "create", "no"),
        ("modeladmit-modelref-editor", "create", "yes"),
    ],
)
def test_only_reading_aggregates(release: Release, role: str, verb: str, expected: str) -> None:
    """Namespace admins read ModelRefs; to declare one needs a role of its own."""
    cluster = release.cluster
    with cluster.namespace() as namespace:
        user = f"{role}-of-{namespace}"
        cluster.kubectl(
            "create", "rolebinding", "people", f"--clusterrole={role}", f"--user={user}", f"--namespace={namespace}"
        )  # fmt: skip

        def allowed() -> str:
            return cluster.kubectl(
                "auth", "can-i", verb, "modelrefs.modeladmit.io", f"--namespace={namespace}", as_user=user, check=False
            ).stdout.strip()  # fmt: skip

        until(lambda: allowed() == expected, what=f"{role} may {verb}: {expected}")


def test_the_operator_has_the_rights_that_it_needs(release: Release, tmp_path: Path) -> None:
    """With a token of the chart's own service account it leads, scans and writes a status, and is never refused."""
    cluster = release.cluster
    policy = good("minimal")
    policy["metadata"]["name"] = "reported"
    with release.upgraded("operator.enabled=true"), Servers(tmp_path) as servers:
        settings = tmp_path / "settings.yaml"
        serving = {"host": cluster.address, "metricsPort": free_port()}
        settings.write_text(
            yaml.safe_dump({"namespace": RELEASE, "webhook": serving, "scanSeconds": 1})
        )
        operator = servers.start(
            "operator",
            sys.executable,
            "-m",
            "modeladmit",
            "operator",
            f"--config={settings}",
            f"--kubeconfig={cluster.service_account(RELEASE, 'modeladmit-operator')}",
        )
        cluster.kubectl("apply", "-f", "-", input=policy)

        def reported() -> bool:
            status = cluster.get("trustpolicy", "reported").get("status", {})
            conditions = status.get("conditions", [])
            ready = any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
            return ready and "wouldDeny" in status

        operator.wait_for(reported, seconds=60)
        cluster.kubectl("delete", "trustpolicy", "reported")
        assert "does not allow us" not in operator.output()


def test_the_operator_may_write_the_serving_certificate_that_the_chart_made_and_no_other_secret(
    release: Release,
) -> None:
    """Renewing needs `patch` on one Secret by its name; with a webhook outside there is no such Secret."""
    account = f"system:serviceaccount:{RELEASE}:modeladmit-operator"

    def may(name: str) -> str:
        question = ("auth", "can-i", "patch", f"secret/{name}", "-n", RELEASE)
        return release.cluster.kubectl(*question, as_user=account, check=False).stdout.strip()

    own = ("webhook.external.url=", "webhook.external.caBundle=", "operator.enabled=true")
    with release.upgraded(*own):
        until(lambda: may("modeladmit-webhook-tls") == "yes", what="it may renew")
        assert [may("modeladmit-webhook-ca"), may("somebodys")] == ["no", "no"]
    with release.upgraded("operator.enabled=true"):
        until(lambda: may("modeladmit-webhook-tls") == "no", what="nothing is there to renew")


# Certificates and upgrades


def test_certificates_outlive_upgrades_and_are_renewed_near_their_end(release: Release) -> None:
    """An upgrade changes nothing, until the certificate is in the last part of its life; the authority stays then, too."""
    own = ("webhook.external.url=", "webhook.external.caBundle=")

    def stored() -> tuple[str, str, str]:
        authority = release.cluster.get("secret", "modeladmit-webhook-ca", "-n", RELEASE)
        leaf = release.cluster.get("secret", "modeladmit-webhook-tls", "-n", RELEASE)
        configuration = release.cluster.get("validatingwebhookconfiguration", "modeladmit")
        bundles = {entry["clientConfig"]["caBundle"] for entry in configuration["webhooks"]}
        assert bundles == {authority["data"]["tls.crt"]}
        return authority["data"]["tls.crt"], leaf["data"]["tls.crt"], leaf["data"]["tls.key"]

    with release.upgraded(*own):
        first = stored()
        release.upgrade(*own)
        second = stored()
        release.upgrade(*own, "certificates.selfSigned.renewBeforeDays=400")
        third = stored()
    assert first == second
    assert (first[0], first[1] != third[1], first[2] != third[2]) == (third[0], True, True)


def test_uninstalling_keeps_the_policies(release: Release) -> None:
    """The definitions stay, and with them what people wrote."""
    cluster = release.cluster
    policy = good("minimal")
    policy["metadata"]["name"] = "stays"
    cluster.kubectl("apply", "-f", "-", input=policy)
    release.helm("uninstall", "modeladmit")
    try:
        assert _refusal(cluster, "get", "trustpolicy", "stays") == ""
        assert _refusal(cluster, "get", "validatingwebhookconfiguration", "modeladmit") != ""
    finally:
        release.upgrade()
        cluster.kubectl("delete", "trustpolicy", "stays")
        # The service account is another one now, and the old token is worth nothing.
        release.webhook.running.terminate()
        release.start()
