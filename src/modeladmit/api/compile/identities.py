"""Identities in policies as matchers of certificates, shorthands included."""

import re
from typing import Final

from modeladmit.api.authority import (
    CertificateIdentity,
    GitHubIdentity,
    GitLabIdentity,
    KeylessIdentity,
)
from modeladmit.api.regexes import OneOf, RegExpText, matcher
from modeladmit.core.authority import ExactText, Identity, TextMatcher

GITHUB_ISSUER: Final = "https://token.actions.githubusercontent.com"
GITLAB_ISSUER: Final = "https://gitlab.com"
REPOSITORY: Final = "sourceRepositoryURI"
"""Fulcio claim 1.3.6.1.4.1.57264.1.12: the repository that the build ran for (fulcio, docs/oid-info.md)."""


def keyless_identity(spec: KeylessIdentity) -> Identity | None:
    """Issuer, subject and claims; None when a rule of the model is broken (and has been told)."""
    claims: dict[str, TextMatcher] = {
        name: ExactText(value) for name, value in (spec.claims or {}).items()
    }
    if spec.github is not None:
        claims[REPOSITORY] = ExactText(f"https://github.com/{spec.github.repository}")
        return Identity(_workflow(spec.github), ExactText(spec.issuer or GITHUB_ISSUER), claims)
    if spec.gitlab is not None:
        issuer = (spec.issuer or GITLAB_ISSUER).rstrip("/")
        claims[REPOSITORY] = ExactText(f"{issuer}/{spec.gitlab.project}")
        return Identity(
            _pipeline(spec.gitlab, issuer), ExactText(spec.issuer or GITLAB_ISSUER), claims
        )
    subject = matcher(spec.subject, spec.subject_reg_exp)
    if subject is None or spec.issuer is None:
        return None
    return Identity(subject, ExactText(spec.issuer), claims)


def certificate_identity(spec: CertificateIdentity) -> Identity | None:
    """Any of the names, from an authority that issues no OIDC identities."""
    if spec.sans is not None:
        return Identity(OneOf(tuple(ExactText(name) for name in spec.sans)), None)
    subject = matcher(None, spec.san_reg_exp)
    return Identity(subject, None) if subject is not None else None


def _workflow(spec: GitHubIdentity) -> TextMatcher:
    """`https://github.com/OWNER/NAME/.github/workflows/FILE@REF` (fulcio, docs/oidc.md, GitHub)."""
    prefix = f"https://github.com/{spec.repository}/.github/workflows/"
    workflow = re.escape(spec.workflow) if spec.workflow else "[^/@]+"
    return RegExpText.parse(f"{re.escape(prefix)}{workflow}@{_ref(spec.ref)}")


def _pipeline(spec: GitLabIdentity, host: str) -> TextMatcher:
    """`https://gitlab.com/GROUP/PROJECT//PATH@REF` (fulcio, docs/oidc.md, GitLab)."""
    return RegExpText.parse(f"{re.escape(f'{host}/{spec.project}//')}[^@]+@{_ref(spec.ref)}")


def _ref(ref: str | None) -> str:
    if ref is None:
        return "refs/.+"
    return "[^/]*".join(re.escape(part) for part in ref.split("*"))
