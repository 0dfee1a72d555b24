"""What the command line adds to the settings, and the logins that it uses."""

import asyncio
import json

import pytest

from modeladmit.cli.references import typed_reference
from modeladmit.cli.session import docker_logins, hosts_of, settings_for
from modeladmit.core.credentials import ANONYMOUS, BasicCredential
from modeladmit.errors import ConfigurationError, InvalidReference
from modeladmit.settings import Settings
from tests.building import reference


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    """The settings of whoever runs the tests do not count."""
    monkeypatch.delenv("MODELADMIT_CONFIG", raising=False)


def test_registries_of_the_command_line():
    """Named registries are added; hosts are allowed at public addresses only."""
    settings = settings_for(
        registries=["a.example"], plain_http=["b.example:5000"], hosts=["c.example"]
    )
    assert [(found.host, found.plain_http) for found in settings.registries] == [
        ("a.example", False),
        ("b.example:5000", True),
    ]
    assert settings.allowed_hosts == ("c.example",)


def test_the_command_line_wins(tmp_path):
    """A registry that is named takes the place of the file's entry for the same host."""
    path = tmp_path / "settings.yaml"
    path.write_text("registries: [{host: a.example, mirrors: [m.example]}, {host: b.example}]")
    settings = settings_for(path, plain_http=["a.example"])
    assert [(found.host, found.plain_http, found.mirrors) for found in settings.registries] == [
        ("a.example", True, ()),
        ("b.example", False, ()),
    ]


def test_a_registry_of_the_settings_keeps_its_authority(tmp_path):
    """`--registry` says that a host may be asked; it takes nothing away that the settings say about it."""
    path = tmp_path / "settings.yaml"
    path.write_text("registries: [{host: a.example, mirrors: [m.example]}]")
    settings = settings_for(path, registries=["a.example"])
    assert [(found.host, found.mirrors) for found in settings.registries] == [
        ("a.example", ("m.example",))
    ]


def test_hosts_of_references():
    """Only schemes that name their host have one."""
    assert hosts_of([reference(), reference("hf://owner/name")]) == ["registry.example.com"]


def logins(folder, content: str | None):
    """What config.json of a Docker folder with this content gives for a registry."""
    if content is not None:
        (folder / "config.json").write_text(content)
    found = docker_logins(Settings(), folder)
    return asyncio.run(found.credentials("registry.example.com", "models/llama", ANONYMOUS))


def test_docker_logins(tmp_path):
    """`docker login` is enough."""
    entry = {"username": "me", "password": "secret"}
    content = json.dumps({"auths": {"registry.example.com": entry}, "psFormat": "table"})
    assert logins(tmp_path, content) == BasicCredential("me", "secret")


def test_where_docker_config_points(tmp_path, monkeypatch):
    """Docker, oras and cosign look there first, and so do we."""
    entry = {"username": "me", "password": "secret"}
    (tmp_path / "config.json").write_text(json.dumps({"auths": {"registry.example.com": entry}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    found = docker_logins(Settings())
    assert found.find("registry.example.com", "m/x") == BasicCredential("me", "secret")


@pytest.mark.parametrize(
    "content", [None, "{}", '{"psFormat": "table"}', '{"auths": {}}', '{"credsStore": "pass"}']
)
def test_no_login(tmp_path, content):
    """Docker's own settings in the same file are no logins, and no error."""
    assert logins(tmp_path, content) is None


def test_a_broken_file_is_said(tmp_path):
    """A login that cannot be read would look like a missing permission."""
    with pytest.raises(ConfigurationError, match="not JSON"):
        logins(tmp_path, "{")


def test_a_named_file_must_exist(tmp_path):
    """What the settings name is not optional."""
    settings = Settings.model_validate(
        {"credentials": {"dockerConfig": str(tmp_path / "gone.json")}}
    )
    with pytest.raises(ConfigurationError, match="does not exist"):
        docker_logins(settings, tmp_path)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("meta-llama/Llama-3.1-8B", "Did you mean hf://meta-llama/Llama-3.1-8B?"),
        ("registry.example.com/a/b/c:v1", "Did you mean oci://registry.example.com/a/b/c:v1?"),
        ("owner/name", "Did you mean oci://docker.io/owner/name or hf://owner/name?"),
        ("not a model", "write its scheme"),
        ("", "write its scheme"),
        ("oci:/registry.example.com/a:v1", "Did you mean oci://registry.example.com/a:v1?"),
        ("oci//registry.example.com/a:v1", "Did you mean oci://registry.example.com/a:v1?"),
        ("hf:owner/name", "Did you mean hf://owner/name?"),
        ("ocl://registry.example.com/a:v1", "Did you mean oci://registry.example.com/a:v1?"),
        ("hff://owner/name", "Did you mean hf://owner/name?"),
        ("zzz://owner/name", "unknown scheme; known are oci"),
        ("oci://user:hunter2@registry.example.com/a:v1", "a login before `@` is refused"),
    ],
)
def test_references_that_are_none(typed, hint):
    """The scheme that was probably meant is named."""
    with pytest.raises(InvalidReference) as caught:
        typed_reference(typed)
    assert hint in str(caught.value)
    assert "hunter2" not in str(caught.value)
