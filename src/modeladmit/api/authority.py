"""Authorities: who may vouch for a model. A key, identities of a Sigstore, or identities of an organisation's own certificates."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from modeladmit.api.texts import (
    SET,
    DataKey,
    Label,
    ObjectName,
    Pattern,
    Pem,
    PemBundle,
    RegExp,
    several,
)
from modeladmit.api.wire import Rule, WireModel, exactly_one

Claim = Annotated[str, Field(min_length=1, max_length=512)]
Subject = Annotated[str, Field(min_length=1, max_length=512)]
Issuer = Annotated[str, Field(min_length=1, max_length=512, pattern=r"^https?://\S+$")]
GitRef = Annotated[str, Field(min_length=6, max_length=256, pattern=r"^refs/[^\s\\]+$")]


class SecretKeyRef(WireModel):
    """A value in a Secret of the release namespace."""

    name: ObjectName
    """Name of the Secret."""
    key: DataKey = "cosign.pub"
    """Key in its data."""


class ConfigMapKeyRef(WireModel):
    """A value in a ConfigMap of the release namespace."""

    name: ObjectName
    """Name of the ConfigMap."""
    key: DataKey
    """Key in its data."""


class TrustRootRef(WireModel):
    """A TrustRoot by its name."""

    name: ObjectName
    """Name of the TrustRoot."""


class KeySpec(WireModel):
    """A public key: ECDSA on P-256, P-384 or P-521, RSA of 2048 bits or more, or Ed25519."""

    invariants: ClassVar = (exactly_one("pem", "secretRef", "configMapRef"),)

    pem: Pem | None = None
    """The key itself: one PEM block BEGIN PUBLIC KEY."""
    secret_ref: SecretKeyRef | None = None
    """The key stands in a Secret of the release namespace (as cosign generate-key-pair k8s:// writes it)."""
    config_map_ref: ConfigMapKeyRef | None = None
    """The key stands in a ConfigMap of the release namespace."""
    trust_root_ref: TrustRootRef | None = None
    """A TrustRoot with a Sigstore whose log and timestamp authorities vouch for the time of signatures by this key.
    Needed where `maxAge` is asked: without trusted time nothing is fresh."""


class GitHubIdentity(WireModel):
    """A GitHub Actions workflow."""

    repository: Annotated[
        str, Field(min_length=3, max_length=140, pattern=r"^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$")
    ]
    """owner/name."""
    workflow: (
        Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._-]+\.ya?ml$")]
        | None
    ) = None
    """File name below .github/workflows; absent: any workflow of the repository."""
    ref: GitRef | None = None
    """The Git reference that it ran for, such as refs/heads/main or refs/tags/v*; absent: any. `*` stays inside a segment."""


class GitLabIdentity(WireModel):
    """A GitLab CI pipeline."""

    project: Annotated[
        str,
        Field(min_length=3, max_length=255, pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$"),
    ]
    """group/project, with subgroups."""
    ref: GitRef | None = None
    """The Git reference that it ran for; absent: any. `*` stays inside a segment."""


class KeylessIdentity(WireModel):
    """Who must stand in a Fulcio certificate: an issuer and a subject, both."""

    invariants: ClassVar = (
        exactly_one("subject", "subjectRegExp", "github", "gitlab"),
        Rule(
            "has(self.issuer) || has(self.github) || has(self.gitlab)",
            "issuer is required: the same subject at another issuer is somebody else",
        ),
    )

    issuer: Issuer | None = None
    """The OIDC issuer that vouched for the subject; github and gitlab have theirs as default."""
    subject: Subject | None = None
    """The subject, exactly: an e-mail address or a URI."""
    subject_reg_exp: RegExp | None = None
    """The subject as an RE2 expression over the whole text."""
    github: GitHubIdentity | None = None
    """A GitHub Actions workflow, instead of a subject."""
    gitlab: GitLabIdentity | None = None
    """A GitLab CI pipeline, instead of a subject."""
    claims: Annotated[Mapping[str, Claim], Field(max_length=16)] | None = None
    """Further Fulcio claims that must have exactly these values, such as sourceRepositoryVisibilityAtSigning."""


class KeylessSpec(WireModel):
    """Identities of a Sigstore: certificates that live for minutes, and a transparency log."""

    identities: Annotated[tuple[KeylessIdentity, ...], several(16)]
    """Any of them is this authority."""
    trust_root_ref: TrustRootRef | None = None
    """The Sigstore to believe; absent: the public-good one of sigstore.dev."""


class CertificateIdentity(WireModel):
    """Who must stand in an organisation's certificate."""

    invariants: ClassVar = (exactly_one("sans", "sanRegExp"),)

    sans: Annotated[tuple[Subject, ...], several(16), *SET] | None = None
    """Subject alternative names (DNS names, e-mail addresses, URIs); the certificate must have one of them."""
    san_reg_exp: RegExp | None = None
    """A subject alternative name as an RE2 expression over the whole text."""


class CertificateSpec(WireModel):
    """Identities in certificates of an organisation's own authority."""

    invariants: ClassVar = (exactly_one("roots", "trustRootRef"),)

    roots: PemBundle | None = None
    """PEM certificates that are believed as they are."""
    trust_root_ref: TrustRootRef | None = None
    """A TrustRoot with certificates; may bring timestamp authorities, too."""
    identities: Annotated[tuple[CertificateIdentity, ...], several(16)]
    """Any of them is this authority."""


class AuthoritySpec(WireModel):
    """Somebody who may vouch for models. Exactly one kind."""

    invariants: ClassVar = (exactly_one("key", "keyless", "certificate"),)

    name: Label
    """What `of` calls it."""
    key: KeySpec | None = None
    """A public key."""
    keyless: KeylessSpec | None = None
    """Identities of a Sigstore."""
    certificate: CertificateSpec | None = None
    """Identities of an organisation's own certificates."""
    models: Annotated[tuple[Pattern, ...], several(64), *SET] | None = None
    """What it may vouch for; absent: every model. A signature for one name does not vouch for another."""
