"""Settings come from one file and the environment; what is wrong is named."""

from pathlib import Path

import pytest

from modeladmit.errors import ConfigurationError
from modeladmit.settings import CloudIdentity, CredentialsMode, Settings, docker_folder


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "settings.yaml"
        path.write_text(text)
        return {"MODELADMIT_CONFIG": str(path)}

    return write


def test_nothing_is_needed():
    settings = Settings.load({})
    assert (CredentialsMode.RELEASE, False, ()) == (
        settings.credentials.mode,
        settings.closed_by_default,
        settings.registries,
    )


def test_a_file_is_read(written):
    settings = Settings.load(
        written(
            "closedByDefault: true\nregistries: [{host: 'r.example.com', plainHTTP: true, networks: [10.0.0.0/8]}]\n"
            "credentials: {mode: All, cloud: [AWS]}\nstores: {s3Endpoint: 'https://s3.example.com'}\n"
        )
    )
    assert settings.closed_by_default
    assert settings.registries[0].plain_http
    assert ("10.0.0.0/8",) == settings.registries[0].networks
    assert (CloudIdentity.AWS,) == settings.credentials.cloud
    assert "https://s3.example.com" == settings.stores.s3_endpoint


def test_the_environment_wins(written):
    environment = written("namespace: from-file\nclosedByDefault: true\n")
    settings = Settings.load(
        {
            **environment,
            "MODELADMIT_NAMESPACE": "from-environment",
            "MODELADMIT_CLOSED_BY_DEFAULT": "false",
        }
    )
    assert ("from-environment", False) == (settings.namespace, settings.closed_by_default)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nonsense: 1", "nonsense"),
        ("credentials: {mode: Everything}", "credentials.mode"),
        ("registries: [{}]", "registries.0.host"),
        ("webhook: {port: 70000}", "webhook.port"),
        ("[]", "mapping"),
        ("a: [", "YAML"),
        ("logLevel: loud", "logLevel"),
        ("scanSeconds: .inf", "scanSeconds"),
    ],
)
def test_a_wrong_setting_is_named(written, text, named):
    with pytest.raises(ConfigurationError, match=named):
        Settings.load(written(text))


def test_a_file_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match=r"settings\.yaml"):
        Settings.load({"MODELADMIT_CONFIG": str(path)})


def test_a_missing_file_is_named():
    with pytest.raises(ConfigurationError, match="no-such-file"):
        Settings.load({"MODELADMIT_CONFIG": "/no-such-file"})


def test_where_registry_logins_are():
    """The folder that docker, oras and cosign use."""
    assert docker_folder({"DOCKER_CONFIG": "/run/docker"}) == Path("/run/docker")
    assert docker_folder({}) == docker_folder({"DOCKER_CONFIG": ""}) == Path.home() / ".docker"


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("MODELADMIT_CLOSED_BY_DEFALT", "MODELADMIT_CLOSED_BY_DEFAULT"),
        ("MODELADMIT_CLOSEDBYDEFAULT", "MODELADMIT_CLOSED_BY_DEFAULT"),
        ("MODELADMIT_PUBLICHUBS", "MODELADMIT_PUBLIC_HUBS"),
        ("MODELADMIT_CREDENTIALS_MODE", "MODELADMIT_CREDENTIALS"),
        ("MODELADMIT_CONFIGS", "MODELADMIT_CONFIG"),
        ("MODELADMIT_WEBHOOK_PORT", "MODELADMIT_WEBHOOK"),
    ],
)
def test_a_mistyped_variable_is_refused_with_the_closest_setting(variable, meant):
    """A hardening that is misspelt must not be ignored."""
    with pytest.raises(ConfigurationError, match=rf"{variable} names.*Did you mean {meant}\?"):
        Settings.load({variable: "9000"})


def test_a_variable_that_resembles_nothing_is_refused_too():
    with pytest.raises(ConfigurationError, match=r"MODELADMIT_XYZZY names no setting\. What"):
        Settings.load({"MODELADMIT_XYZZY": "1"})


def test_what_the_kubelet_adds_for_services_is_tolerated():
    """A Service called modeladmit or modeladmit-webhook puts variables of these names into every container."""
    injected = {
        f"{name}{suffix}": value
        for name in ("MODELADMIT", "MODELADMIT_WEBHOOK")
        for suffix, value in {
            "_SERVICE_HOST": "10.0.0.7",
            "_SERVICE_PORT": "443",
            "_SERVICE_PORT_HTTPS": "443",
            "_PORT": "tcp://10.0.0.7:443",
            "_PORT_443_TCP": "tcp://10.0.0.7:443",
            "_PORT_443_TCP_PROTO": "tcp",
            "_PORT_443_TCP_PORT": "443",
            "_PORT_443_TCP_ADDR": "10.0.0.7",
        }.items()
    }
    others = {"MODELADMIT_SHARED": "/shared", "MODELADMIT_TOOLS": "/tools", "HOME": "/root"}
    assert Settings.load({}) == Settings.load({**injected, **others})


def test_every_mistake_in_a_file_is_told_at_once(written):
    """Whoever mends one and waits for the next rollout to see the other loses a day."""
    text = "closedByDefalt: true\nregistries: [{hots: r.example.com}]\ncredentials: {mode: Everything}\n"
    with pytest.raises(ConfigurationError) as refused:
        Settings.load(written(text))
    told = str(refused.value).split("; setting ")
    assert "closedByDefalt: is no setting; did you mean closedByDefault?" in told
    assert "registries.0.hots: is no setting" in told
    assert "registries.0.host: is required" in str(refused.value)
    assert "credentials.mode: must be 'Release', 'Namespaces' or 'All'" in str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("proxy: proxy.example.com", "proxy: must be a URL, such as https://"),
        ("hfEndpoint: hub.example.com", "hfEndpoint: must be a URL"),
        ("mlflowTrackingUri: mlflow:5000", "mlflowTrackingUri: must be a URL"),
        ("stores: {s3Endpoint: s3.example.com}", "stores.s3Endpoint: must be a URL"),
        ("registries: [{host: 'https://r.example.com'}]", "registries.0.host: must be a host"),
        ("registries: r.example.com", "registries: must be a list"),
        ("webhook: 9443", "webhook: must be a mapping$"),
        ("logLevel: loud", "logLevel: must be 'DEBUG', 'INFO', 'WARNING', 'ERROR' or 'CRITICAL'"),
        ("excludedNamespaces: cni", "excludedNamespaces: must be a list"),
    ],
)
def test_a_value_that_cannot_work_is_refused_at_the_start(written, text, says):
    """In plain words, and not by the first denial."""
    with pytest.raises(ConfigurationError, match=says):
        Settings.load(written(text))


def test_the_level_of_the_log_is_read_in_any_case():
    assert "DEBUG" == Settings.load({"MODELADMIT_LOG_LEVEL": "debug"}).log_level


@pytest.mark.parametrize(
    "pattern", ["*", "*.com", "*example.com", "a.*.example.com", "https://a.example.com", ""]
)
def test_a_pattern_of_hosts_is_a_host_or_a_domain(pattern):
    """Anything wider would send us to whatever somebody registers."""
    with pytest.raises(ConfigurationError, match="allowed_hosts"):
        Settings.load({"MODELADMIT_ALLOWED_HOSTS": f'["{pattern}"]'})


def test_hosts_and_domains_may_be_allowed():
    found = Settings.load({"MODELADMIT_ALLOWED_HOSTS": '["a.example.com", "*.models.example.com"]'})
    assert ("a.example.com", "*.models.example.com") == found.allowed_hosts
