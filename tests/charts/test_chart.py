"""What the chart renders, in every supported shape."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from cel_expr_python import cel  # type: ignore[import-untyped]  # ships stubs without py.typed

from e2e.kit.chart import CHART, INSTALL, NAMESPACE, helm, install_manifest, refusal, rendered
from modeladmit.settings import Cache, Credentials, Registry, Settings, Stores, Webhook
from modeladmit.webhook.entry import Entry
from modeladmit.workloads.builtin import BUILTIN

SHAPES = sorted(
    path.name.removesuffix("-values.yaml") for path in (CHART / "ci").glob("*-values.yaml")
)
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())
OPERATIONS = (CHART.parents[1] / "docs" / "operations.md").read_text()
SCHEMA = json.loads((CHART / "values.schema.json").read_text())

pytestmark = pytest.mark.usefixtures("_needs_go")


@pytest.fixture(scope="session", autouse=True)
def _needs_go(request):
    """Helm is built from source; a machine without Go runs the rest, continuous integration must have it."""
    if shutil.which("go") is None:
        import os

        (pytest.fail if os.environ.get("CI") else pytest.skip)("Go is needed to build Helm")


def of_kind(documents, kind):
    return [document for document in documents if document["kind"] == kind]


def only(documents, kind, name):
    (found,) = (d for d in of_kind(documents, kind) if d["metadata"]["name"] == name)
    return found


def webhooks(documents):
    return only(documents, "ValidatingWebhookConfiguration", "modeladmit")["webhooks"]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_renders_and_lints(shape):
    """Objects with kind, name and our labels; nothing twice."""
    documents = rendered(shape)
    names = [(d["kind"], d["metadata"].get("namespace"), d["metadata"]["name"]) for d in documents]
    assert len(names) == len(set(names))
    assert {d["metadata"]["labels"]["app.kubernetes.io/instance"] for d in documents} == {
        "modeladmit"
    }
    values = CHART / "ci" / f"{shape}-values.yaml"
    assert "0 chart(s) failed" in helm(
        "lint", CHART, f"--values={values}", f"--namespace={NAMESPACE}"
    )


def test_the_entries_are_those_of_the_design():
    """Five entries, each with its path; only the gate and our own kinds fail closed."""
    found = {
        hook["name"]: (
            hook["clientConfig"]["service"]["path"],
            hook["failurePolicy"],
            hook["timeoutSeconds"],
            hook["sideEffects"],
            {rule["scope"] for rule in hook["rules"]},
        )
        for hook in webhooks(rendered("default"))
    }
    assert found == {
        "enforced.modeladmit.io": (Entry.ENFORCED.path, "Fail", 10, "None", {"Namespaced"}),
        "observed.modeladmit.io": (Entry.OBSERVED.path, "Ignore", 5, "None", {"Namespaced"}),
        "workloads.modeladmit.io": (Entry.WORKLOADS.path, "Ignore", 5, "None", {"Namespaced"}),
        "cluster.modeladmit.io": (Entry.CLUSTER.path, "Ignore", 5, "None", {"Cluster"}),
        "configuration.modeladmit.io": (Entry.CONFIGURATION.path, "Fail", 5, "None", {"*"}),
    }


def test_pins_are_written_only_where_asked():
    """A mutating webhook is nobody's default; it is never in the way, and sees new Pods only."""
    assert not of_kind(rendered("default"), "MutatingWebhookConfiguration")
    documents = rendered("pins")
    (hook,) = only(documents, "MutatingWebhookConfiguration", "modeladmit")["webhooks"]
    (rule,) = hook["rules"]
    assert (hook["clientConfig"]["service"]["path"], hook["failurePolicy"]) == (
        Entry.PINS.path,
        "Ignore",
    )
    assert (hook["reinvocationPolicy"], hook["sideEffects"]) == ("IfNeeded", "None")
    assert (rule["resources"], rule["operations"]) == (["pods"], ["CREATE"])
    (validating, *_) = webhooks(documents)
    assert hook["clientConfig"]["caBundle"] == validating["clientConfig"]["caBundle"]
    config = only(documents, "ConfigMap", "modeladmit")["data"]["config.yaml"]
    assert Settings.model_validate(yaml.safe_load(config)).webhook.write_pins


@pytest.mark.parametrize("shape", SHAPES)
def test_deleting_and_scaling_are_never_asked_about(shape):
    """Only CREATE and UPDATE, and of subresources only ephemeral containers."""
    rules = [rule for hook in webhooks(rendered(shape)) for rule in hook["rules"]]
    assert {tuple(rule["operations"]) for rule in rules} == {("CREATE", "UPDATE")}
    subresources = {name for rule in rules for name in rule["resources"] if "/" in name}
    assert subresources == {"pods/ephemeralcontainers"}


LEAVING = {
    "metadata": {"deletionTimestamp": "2026-11-25T12:00:00Z", "finalizers": ["x"]},
    "spec": {"containers": [{"name": "web", "image": "a"}]},
}
RELEASED = {**LEAVING, "metadata": {"deletionTimestamp": "2026-11-25T12:00:00Z"}}
OTHER = {**LEAVING, "spec": {"containers": [{"name": "web", "image": "b"}]}}
STAYING = {**LEAVING, "metadata": {}}
DELETIONS = [
    ("UPDATE", RELEASED, LEAVING, False),
    ("UPDATE", OTHER, LEAVING, True),
    # Attack: the object under review says that it is being deleted.
    ("UPDATE", LEAVING, STAYING, True),
    ("CREATE", LEAVING, None, True),
    ("UPDATE", STAYING, STAYING, True),
    # Kinds without a spec are left to the webhook, which compares everything.
    ("UPDATE", {"metadata": LEAVING["metadata"]}, {"metadata": LEAVING["metadata"]}, True),
    ("UPDATE", {}, {}, True),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_new_hides_behind_a_deletion(shape):
    """Only an update of what is being deleted already, and that changes no spec, is not asked about."""
    for hook in webhooks(rendered(shape)):
        (condition,) = (c for c in hook["matchConditions"] if c["name"] == "not-being-deleted")
        variables = dict.fromkeys(("request", "object", "oldObject"), cel.Type.DYN)
        program = cel.NewEnv(variables=variables).compile(condition["expression"])
        asked = [
            program.eval(
                data={"request": {"operation": operation}, "object": new, "oldObject": old}
            ).value()
            for operation, new, old, _ in DELETIONS
        ]
        assert asked == [wanted for *_, wanted in DELETIONS]


@pytest.mark.parametrize(("shape", "closed"), [("default", "In"), ("closed", "NotIn")])
def test_every_namespace_is_either_closed_or_open(shape, closed):
    """`enforced` and `observed` select by the same label in opposite ways, so that no namespace falls between."""
    label = "modeladmit.io/enforce" if shape == "default" else "modeladmit.io/open"
    selectors = {
        hook["name"]: {
            e["key"]: (e["operator"], e["values"])
            for e in hook["namespaceSelector"]["matchExpressions"]
        }
        for hook in webhooks(rendered(shape))[:2]
    }
    opened = {"In": "NotIn", "NotIn": "In"}[closed]
    assert selectors["enforced.modeladmit.io"][label] == (closed, ["true"])
    assert selectors["observed.modeladmit.io"][label] == (opened, ["true"])
    excluded = {tuple(s["kubernetes.io/metadata.name"][1]) for s in selectors.values()}
    assert all({"kube-system", NAMESPACE} <= set(names) for names in excluded)
    assert not any("default" in names for names in excluded)


def plural(kind):
    """As API machinery guesses it (meta.UnsafeGuessKindToResource)."""
    name = kind.lower()
    if name.endswith("s"):
        return f"{name}es"
    if name.endswith("y") and name[-2] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}s"


def listed(section):
    return {
        (entry["group"], resource)
        for entry in VALUES["kinds"][section]
        for resource in entry["resources"]
    }


@pytest.mark.parametrize(
    "kind",
    [
        kind
        for kind in BUILTIN.kinds
        # Pods have a rule of their own; a RuntimeClass names no model and starts nothing.
        if not kind.ignore and kind.kind not in {"Pod", "RuntimeClass"}
    ],
    ids=lambda kind: f"{kind.group}/{kind.kind}",
)
def test_every_kind_that_we_can_read_is_sent_to_us(kind):
    """What makes models load by itself goes through the gate; what only produces Pods gets an early answer."""
    key = (kind.group, plural(kind.kind))
    gates = listed("loadModels") | listed("clusterScoped")
    assert key in (gates if kind.loads_models else gates | listed("producePods"))


def test_no_resource_is_in_two_entries():
    """One object, one answer."""
    sections = [listed(section) for section in ("loadModels", "producePods", "clusterScoped")]
    assert sum(map(len, sections)) == len(set().union(*sections))


# Values


def schema_paths(schema, prefix=()):
    for key, child in schema.get("properties", {}).items():
        yield (*prefix, key)
        yield from schema_paths(child, (*prefix, key))


def value_paths(values, prefix=()):
    for key, child in values.items():
        yield (*prefix, key)
        if isinstance(child, dict):
            yield from value_paths(child, (*prefix, key))


def test_the_schema_is_closed_and_knows_every_value():
    """A misspelt key is refused; every default stands in the schema."""
    known = set(schema_paths(SCHEMA))
    free = ("resources", "kinds")
    missing = [
        path for path in value_paths(VALUES) if path not in known and not set(path) & set(free)
    ]
    assert missing == []
    assert "mispelt" in refusal("default", "webhook.mispelt=1")
    assert "mispelt" in refusal("default", "settings.mispelt=1")


@pytest.mark.parametrize(
    "place",
    [
        "settings.cache.mispelt=1",
        "settings.credentials.mispelt=1",
        "settings.stores.mispelt=x",
        "settings.webhook.mispelt=1",
        "settings.registries[0].mispelt=x",
    ],
)
def test_a_misspelt_setting_is_refused_at_installation(place):
    """Not by a webhook that does not start: it is the one thing that must."""
    assert "mispelt" in refusal("default", place)


def test_the_schema_has_no_value_that_the_chart_lacks():
    """Nothing can be set that does nothing."""
    known = set(value_paths(VALUES))
    extra = [
        path
        for path in schema_paths(SCHEMA)
        if path not in known and path[0] not in {"global", "settings"}
    ]
    assert extra == []


def test_every_value_is_used():
    """Each leaf of values.yaml is named in a template."""
    text = "\n".join(path.read_text() for path in (CHART / "templates").rglob("*.*"))
    unused = [
        path
        for path in value_paths(VALUES)
        if path[:2] != ("webhook", "timeoutSeconds")
        and "resources" not in path[:-1]
        and not re.search(rf"\b{path[-1]}\b", text)
    ]
    assert unused == []


def test_the_schema_offers_exactly_our_settings():
    """`settings` is what modeladmit/settings.py reads, less what the chart itself decides."""
    offered = set(SCHEMA["properties"]["settings"]["properties"])
    fields = {field.alias or name for name, field in Settings.model_fields.items()}
    assert offered == fields - {"namespace", "closedByDefault", "excludedNamespaces"}


CHART_DECIDES = {
    "webhook": {
        *("certificate", "key", "clientCA", "writePins", "host", "port", "metricsPort"),
    },
    "credentials": {"mode"},
}
"""What the chart has values or fixed places for."""


@pytest.mark.parametrize(
    ("section", "model"),
    [
        ("cache", Cache),
        ("credentials", Credentials),
        ("registries", Registry),
        ("stores", Stores),
        ("webhook", Webhook),
    ],
)
def test_the_schema_offers_exactly_what_each_section_takes(section, model):
    """Closed as the settings are, so that they cannot refuse what the schema let through."""
    schema = SCHEMA["properties"]["settings"]["properties"][section]
    schema = schema.get("items", schema)
    fields = {field.alias or name for name, field in model.model_fields.items()}
    assert set(schema["properties"]) == fields - CHART_DECIDES.get(section, set())
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("shape", SHAPES)
def test_the_processes_can_read_their_configuration(shape, tmp_path):
    """What the chart writes is what Settings takes."""
    config = only(rendered(shape), "ConfigMap", "modeladmit")["data"]["config.yaml"]
    path = tmp_path / "config.yaml"
    path.write_text(config)
    settings = Settings.load({"MODELADMIT_CONFIG": str(path)})
    assert settings.namespace == NAMESPACE
    assert settings.closed_by_default is (shape == "closed")
    assert settings.excluded_namespaces == (("cni-system",) if shape == "closed" else ())


def test_our_own_image_counts_as_guard():
    """By digest only: a tag proves nothing."""
    config = only(rendered("provided"), "ConfigMap", "modeladmit")["data"]["config.yaml"]
    assert yaml.safe_load(config)["guardImages"] == [f"sha256:{'a' * 64}"]


@pytest.mark.parametrize(
    ("shape", "sets", "namespace", "says"),
    [
        ("default", ("webhook.replicas=1",), NAMESPACE, "webhook.allowSingleReplica"),
        ("default", (), "default", "namespace of its own"),
        ("default", (), "kube-system", "namespace of its own"),
        ("default", ("excludedNamespaces={default}",), NAMESPACE, "default cannot be excluded"),
        ("external", ("webhook.external.caBundle=",), NAMESPACE, "webhook.external.caBundle"),
        ("provided", ("certificates.provided.secretName=",), NAMESPACE, "secretName and caBundle"),
        ("default", ("credentials.mode=Namespaces",), NAMESPACE, "credentials.namespaces is empty"),
        ("default", ("credentials.mode=All",), NAMESPACE, "webhook.clientCA"),
        ("default", ("webhook.timeoutSeconds.enforced=31",), NAMESPACE, "30"),
        ("default", ("webhook.external.url=http://x",), NAMESPACE, "url"),
        ("default", ("certificates.mode=none",), NAMESPACE, "selfSigned"),
    ],
)
def test_contradictions_are_refused_with_what_to_write(shape, sets, namespace, says):
    """At installation, not by a broken cluster later."""
    assert says in refusal(shape, *sets, namespace=namespace)


# Rights and Pods

WRITES = {"create", "update", "patch", "delete", "deletecollection", "*"}


def rights(documents, account):
    bound = {
        (document["roleRef"]["kind"], document["roleRef"]["name"])
        for document in documents
        if document["kind"] in {"RoleBinding", "ClusterRoleBinding"}
        and any(subject["name"] == account for subject in document["subjects"])
    }
    return [
        (document["kind"], rule)
        for document in documents
        if (document["kind"], document["metadata"]["name"]) in bound
        for rule in document["rules"]
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_webhook_only_reads(shape):
    """No verb that writes, nothing by wildcard."""
    rules = [rule for _, rule in rights(rendered(shape), "modeladmit-webhook")]
    assert rules
    assert not any(WRITES & set(rule["verbs"]) for rule in rules)
    assert not any("*" in rule["resources"] + rule["apiGroups"] for rule in rules)


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape != "external"])
def test_the_operator_writes_only_what_is_ours(shape):
    """Status of our kinds, Events, its Lease, and by name the certificate that the chart made."""
    written = {
        (kind, resource, tuple(rule.get("resourceNames", ())) != ())
        for kind, rule in rights(rendered(shape), "modeladmit-operator")
        if WRITES & set(rule["verbs"])
        for resource in rule["resources"]
    }
    statuses = {
        ("ClusterRole", f"{plural}/status", False)
        for plural in ("trustpolicies", "trustroots", "policyexemptions", "modelrefs")
    }
    assert written <= statuses | {
        ("ClusterRole", "events", False),
        ("Role", "leases", False),
        ("Role", "leases", True),
        ("Role", "secrets", True),
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_secrets_of_tenants_need_a_mode(shape):
    """Release mode reads no Secret outside the release namespace."""
    documents = rendered(shape)
    readers = {
        (document["kind"], document["metadata"].get("namespace"))
        for document in documents
        if document["kind"] in {"Role", "ClusterRole"}
        and any("secrets" in rule["resources"] for rule in document["rules"])
    }
    tenants = {("Role", "team-a"), ("Role", "team-b")} if shape == "tenants" else set()
    assert readers == {("Role", NAMESPACE)} | tenants


def test_only_the_view_role_aggregates():
    """Or every namespace admin could write policies."""
    aggregating = {
        document["metadata"]["name"]: sorted(
            label
            for label in document["metadata"]["labels"]
            if label.startswith("rbac.authorization.k8s.io/aggregate")
        )
        for document in of_kind(rendered("default"), "ClusterRole")
    }
    assert {name: labels for name, labels in aggregating.items() if labels} == {
        "modeladmit-view": ["rbac.authorization.k8s.io/aggregate-to-view"]
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_pods_ask_for_nothing_that_a_web_server_does_not_need(shape):
    """The `restricted` Pod security standard, a read-only file system, limits."""
    for deployment in of_kind(rendered(shape), "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["limits"]["memory"]


def test_the_webhook_survives_drains():
    """Two replicas apart from each other, and a budget that lets one go at a time."""
    documents = rendered("default")
    deployment = only(documents, "Deployment", "modeladmit-webhook")["spec"]
    keys = [c["topologyKey"] for c in deployment["template"]["spec"]["topologySpreadConstraints"]]
    budget = only(documents, "PodDisruptionBudget", "modeladmit-webhook")["spec"]
    assert (deployment["replicas"], keys) == (
        2,
        ["kubernetes.io/hostname", "topology.kubernetes.io/zone"],
    )
    assert (budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")


def test_an_external_webhook_has_nothing_in_the_cluster():
    """No Deployment, Service or certificate; the entries point outside."""
    documents = rendered("external")
    kinds = {document["kind"] for document in documents}
    assert not kinds & {"Deployment", "Service", "Secret", "PodDisruptionBudget", "NetworkPolicy"}
    urls = {hook["clientConfig"]["url"] for hook in webhooks(documents)}
    assert urls == {
        f"https://webhook.example.com:9443{entry.path}" for entry in set(Entry) - {Entry.PINS}
    }


def test_definitions_can_be_left_out_and_stay_when_the_release_goes():
    """crds.enabled, crds.keep."""
    kept = of_kind(rendered("default"), "CustomResourceDefinition")
    assert {d["metadata"]["annotations"]["helm.sh/resource-policy"] for d in kept} == {"keep"}
    assert of_kind(rendered("default", "crds.enabled=false"), "CustomResourceDefinition") == []


def test_both_processes_are_scraped():
    """An alert on a metric of a process that nobody asks never fires."""
    documents = rendered("tenants")
    (monitor,) = of_kind(documents, "ServiceMonitor")
    (expression,) = monitor["spec"]["selector"]["matchExpressions"]
    services = {
        d["metadata"]["labels"]["app.kubernetes.io/component"]: d["spec"]["ports"]
        for d in of_kind(documents, "Service")
    }
    assert services.keys() == set(expression["values"]) == {"webhook", "operator"}
    assert all("metrics" in {port["name"] for port in ports} for ports in services.values())


def test_no_variables_of_services_reach_the_processes():
    """They look like our settings, and unknown settings are refused."""
    for deployment in of_kind(rendered("default"), "Deployment"):
        assert deployment["spec"]["template"]["spec"]["enableServiceLinks"] is False


def test_alerts_name_metrics_that_exist():
    """An alert on a misspelt metric never fires."""
    (rule,) = of_kind(rendered("tenants"), "PrometheusRule")
    alerts = [alert["expr"] for group in rule["spec"]["groups"] for alert in group["rules"]]
    assert unknown_metrics(alerts) == set()


def test_the_page_tells_every_alert():
    """Whoever is woken finds the name, and what to look at."""
    (rule,) = of_kind(rendered("tenants"), "PrometheusRule")
    alerts = {alert["alert"] for group in rule["spec"]["groups"] for alert in group["rules"]}
    told = set(re.findall(r"`(Modeladmit\w+)`", OPERATIONS.partition("The alerts of")[2]))
    assert alerts == told


def test_the_page_shows_values_without_the_internet_that_render(tmp_path):
    """Values that people copy are read by the chart and by the processes."""
    section = OPERATIONS.partition("## Without the internet")[2]
    (block,) = re.findall(r"```yaml\n(.*?)```", section.partition("\n## ")[0], re.DOTALL)
    values = tmp_path / "values.yaml"
    values.write_text(block.replace("sha256:…", f"sha256:{'a' * 64}"))
    text = helm("template", "modeladmit", CHART, f"--namespace={NAMESPACE}", f"--values={values}")
    documents = [document for document in yaml.safe_load_all(text) if document]
    config = only(documents, "ConfigMap", "modeladmit")["data"]["config.yaml"]
    settings = Settings.model_validate(yaml.safe_load(config))
    assert not settings.public_hubs
    assert settings.trusted_root == "/etc/modeladmit/ca/trusted_root.json"


def test_the_dashboard_shows_metrics_that_exist():
    """Every panel asks for something, says what it is, and has a place of its own."""
    config = only(rendered("tenants"), "ConfigMap", "modeladmit-dashboard")
    assert config["metadata"]["labels"]["grafana_dashboard"] == "1"
    panels = json.loads(config["data"]["modeladmit.json"])["panels"]
    assert unknown_metrics(target["expr"] for p in panels for target in p["targets"]) == set()
    assert all(panel["title"] and panel["description"] for panel in panels)
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels)
    assert not of_kind(rendered("default"), "ConfigMap")[1:]


def unknown_metrics(expressions):
    """Names in PromQL that no metric of ours has."""
    source = Path(__file__).parents[2] / "src" / "modeladmit"
    text = "\n".join(path.read_text() for path in source.rglob("*.py"))
    names = {name for text in expressions for name in re.findall(r"modeladmit_[a-z_]+", text)}
    assert names
    return {name for name in names if f'"{re.sub("_(total|bucket)$", "", name)}"' not in text}


# The rendered manifest


def test_the_install_manifest_is_fresh():
    """`python -m e2e.kit.chart` would change nothing."""
    assert INSTALL.read_text() == install_manifest()


def test_the_install_manifest_holds_no_key():
    """A file that everybody applies is no place for a private key."""
    documents = [d for d in yaml.safe_load_all(INSTALL.read_text()) if d]
    assert of_kind(documents, "Secret") == []
