"""Pull secrets in all their forms."""

import contextlib
import json
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeladmit.core.credentials import BasicCredential, BearerCredential, IdentityToken
from modeladmit.errors import ConfigurationError
from modeladmit.sources.docker_config import DockerConfig, parse

ENTRY = {"username": "u", "password": "p"}
CREDENTIAL = BasicCredential("u", "p")


def _parse(document: Any) -> DockerConfig:
    return parse(json.dumps(document).encode())


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (ENTRY, CREDENTIAL),
        ({"auth": b64encode(b"u:p").decode()}, CREDENTIAL),
        ({"auth": b64encode(b"u:p:q").decode()}, BasicCredential("u", "p:q")),
        ({"auth": b64encode(b"u:p").decode().rstrip("=")}, CREDENTIAL),
        ({"auth": b64encode(b"u:p\0").decode()}, CREDENTIAL),
        ({"username": "u", "password": "p", "auth": b64encode(b"x:y").decode()}, CREDENTIAL),
        ({"identitytoken": "refresh"}, IdentityToken("refresh")),
        ({"username": "<token>", "password": "refresh"}, IdentityToken("refresh")),
        ({"registrytoken": "token"}, BearerCredential("token")),
        ({"username": "u", "password": "p", "email": "e"}, CREDENTIAL),
        ({}, None),
    ],
)
def test_entries(entry: dict[str, str], expected: object) -> None:
    """`auth`, `username` and `password`, `identitytoken`, `registrytoken`."""
    assert expected == _parse({"auths": {"r.example.com": entry}}).find("r.example.com", "m/x")


def test_both_kinds_of_secret() -> None:
    """`dockerconfigjson` has `auths`, `dockercfg` is the entries alone."""
    for document in ({"auths": {"r.example.com": ENTRY}}, {"r.example.com": ENTRY}):
        assert _parse(document).find("r.example.com", "m/x") == CREDENTIAL


@pytest.mark.parametrize(
    ("key", "host", "repository", "matches"),
    [
        ("r.example.com", "r.example.com", "m/x", True),
        ("https://r.example.com", "r.example.com", "m/x", True),
        ("https://r.example.com/v1/", "r.example.com", "m/x", True),
        ("https://r.example.com/v2/", "r.example.com", "m/x", True),
        ("R.Example.com", "r.example.com", "m/x", True),
        ("r.example.com:443", "r.example.com", "m/x", True),
        ("r.example.com:5000", "r.example.com:5000", "m/x", True),
        ("r.example.com:5000", "r.example.com", "m/x", False),
        ("r.example.com", "r.example.com:5000", "m/x", False),
        ("r.example.com/m", "r.example.com", "m/x", True),
        ("r.example.com/m", "r.example.com", "m", True),
        ("r.example.com/m", "r.example.com", "mx/x", False),
        ("r.example.com/m/x", "r.example.com", "m/y", False),
        ("*.example.com", "r.example.com", "m/x", True),
        ("*.example.com", "a.r.example.com", "m/x", False),
        ("*.example.com", "example.com", "m/x", False),
        ("r?.example.com", "r1.example.com", "m/x", True),
        ("*.*.example.com", "a.r.example.com", "m/x", True),
        ("prefix*.example.com", "prefix-1.example.com", "m/x", True),
        ("https://index.docker.io/v1/", "docker.io", "library/x", True),
        ("index.docker.io", "docker.io", "library/x", True),
        ("docker.io", "docker.io", "library/x", True),
        ("docker.io/team", "docker.io", "team/x", True),
        ("example.com", "evil-example.com", "m/x", False),
        ("example.com", "example.com.evil.com", "m/x", False),
    ],
)
def test_matching(key: str, host: str, repository: str, *, matches: bool) -> None:
    """Keys are matched as the kubelet matches them: by label, port and path segment."""
    assert matches is (_parse({"auths": {key: ENTRY}}).find(host, repository) is not None)


def test_the_most_specific_wins() -> None:
    """A key with a longer path stands before a shorter one, and a name before a glob."""
    config = _parse(
        {
            "auths": {
                "*.example.com": {"username": "glob", "password": "p"},
                "r.example.com": {"username": "host", "password": "p"},
                "r.example.com/m": {"username": "path", "password": "p"},
            }
        }
    )
    names = []
    for host, repository in [
        ("r.example.com", "m/x"),
        ("r.example.com", "n/x"),
        ("s.example.com", "m/x"),
    ]:
        found = config.find(host, repository)
        assert isinstance(found, BasicCredential)
        names.append(found.username)
    assert names == ["path", "host", "glob"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'"secret"',
        b'{"auths": []}',
        b'{"auths": {"r": "hunter2"}}',
        b'{"auths": {"r": {"auth": "hunter2!"}}}',
        b'{"auths": {"r": {"auth": "aHVudGVyMg=="}}}',
        b'{"auths": {"r": {"username": 1}}}',
        b'{"auths": {"r\\u0000": {"username": "u", "password": "hunter2"}}}',
        b'{"auths": {"": {"username": "u", "password": "hunter2"}}}',
        b" " * (1 << 20) + b"{}",
    ],
)
def test_unreadable(data: bytes) -> None:
    """One error, which quotes nothing of the secret."""
    with pytest.raises(ConfigurationError) as failure:
        parse(data)
    assert "hunter2" not in str(failure.value)
    assert "aHVudGVyMg" not in str(failure.value)


def test_secrets_do_not_show() -> None:
    """Neither entries nor credentials print what they hold."""
    config = _parse({"auths": {"r.example.com": {"username": "u", "password": "hunter2"}}})
    assert "hunter2" not in repr(config.entries) + repr(config.find("r.example.com", "m"))


def test_credential_helpers_are_not_run() -> None:
    """A config that names programs has no credentials here."""
    assert len(_parse({"credHelpers": {"gcr.io": "gcloud"}, "credsStore": "desktop"})) == 0


@given(st.binary(max_size=200))
def test_total(data: bytes) -> None:
    """Any bytes are a config or one error."""
    with contextlib.suppress(ConfigurationError):
        parse(data)
