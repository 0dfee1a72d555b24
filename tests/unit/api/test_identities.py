"""Shorthands for CI identities accept the workflow that they name and nobody else."""

import pytest

from modeladmit.api.authority import CertificateIdentity, KeylessIdentity
from modeladmit.api.compile.identities import certificate_identity, keyless_identity
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import CertificateSigner

GITHUB = "https://token.actions.githubusercontent.com"
REPOSITORY = "https://github.com/example/models"
RELEASE = f"{REPOSITORY}/.github/workflows/release.yaml"


def signer(name, issuer=GITHUB, repository=REPOSITORY, **claims):
    found = {"sourceRepositoryURI": repository, **claims} if repository else claims
    return CertificateSigner((name,), issuer, Digest.sha256(b"root"), claims=found)


def github(**fields):
    spec = {"github": {"repository": "example/models", **fields}}
    return keyless_identity(KeylessIdentity.model_validate(spec))


@pytest.mark.parametrize(
    ("fields", "name", "expected"),
    [
        ({}, f"{RELEASE}@refs/heads/main", True),
        ({}, f"{REPOSITORY}/.github/workflows/other.yml@refs/pull/1/merge", True),
        ({}, f"{REPOSITORY}-evil/.github/workflows/release.yaml@refs/heads/main", False),
        ({}, "https://github.com/examplexmodels/.github/workflows/a.yaml@refs/heads/main", False),
        ({"workflow": "release.yaml"}, f"{RELEASE}@refs/heads/main", True),
        (
            {"workflow": "release.yaml"},
            f"{REPOSITORY}/.github/workflows/releaseXyaml@refs/heads/main",
            False,
        ),
        ({"ref": "refs/heads/main"}, f"{RELEASE}@refs/heads/main", True),
        ({"ref": "refs/heads/main"}, f"{RELEASE}@refs/heads/main2", False),
        ({"ref": "refs/tags/v*"}, f"{RELEASE}@refs/tags/v1.2.3", True),
        ({"ref": "refs/tags/v*"}, f"{RELEASE}@refs/tags/v1/evil", False),
        ({"ref": "refs/tags/v*"}, f"{RELEASE}@refs/heads/v1", False),
    ],
)
def test_github_workflows(fields, name, expected):
    """The repository exactly, the file exactly, the reference with `*` inside a segment."""
    assert github(**fields).accepts(signer(name)) is expected


def test_the_repository_is_also_a_claim():
    """A reusable workflow runs for another repository: then it is that repository's build."""
    identity = github()
    name = f"{RELEASE}@refs/heads/main"
    assert not identity.accepts(signer(name, repository="https://github.com/other/repo"))
    assert not identity.accepts(signer(name, repository=None))


def test_another_issuer_is_somebody_else():
    """The issuer is compared even where the shorthand supplies it."""
    name = f"{RELEASE}@refs/heads/main"
    assert not github().accepts(signer(name, issuer="https://evil.example.com"))
    assert not github().accepts(signer(name, issuer=None))


def test_gitlab_pipelines():
    """On gitlab.com or on an own instance."""
    spec = {
        "issuer": "https://git.example.com",
        "gitlab": {"project": "a/b", "ref": "refs/heads/main"},
    }
    identity = keyless_identity(KeylessIdentity.model_validate(spec))
    own = "https://git.example.com"
    good = signer(f"{own}/a/b//.gitlab-ci.yml@refs/heads/main", own, f"{own}/a/b")
    assert identity.accepts(good)
    other = signer(f"{own}/a/bc//.gitlab-ci.yml@refs/heads/main", own, f"{own}/a/b")
    assert not identity.accepts(other)


def test_claims_must_be_there_and_equal():
    """Further claims are asked exactly."""
    spec = {
        "issuer": "https://accounts.example.com",
        "subject": "me@example.com",
        "claims": {"sourceRepositoryVisibility": "private"},
    }
    identity = keyless_identity(KeylessIdentity.model_validate(spec))
    issuer = spec["issuer"]
    found = [
        identity.accepts(signer("me@example.com", issuer, None, **claims))
        for claims in (
            {"sourceRepositoryVisibility": "private"},
            {"sourceRepositoryVisibility": "public"},
            {},
        )
    ]
    assert found == [True, False, False]


def test_certificates_of_an_organisation():
    """One of the names is enough; there is no OIDC issuer to compare."""
    identity = certificate_identity(
        CertificateIdentity.model_validate({"sans": ["a.example.com", "b.example.com"]})
    )
    names = ["b.example.com", "c.example.com", "b.example.com.evil.org"]
    assert [identity.accepts(signer(name, None, None)) for name in names] == [True, False, False]
