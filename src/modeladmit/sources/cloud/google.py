"""Google: access tokens of the application default credentials for Artifact Registry and Cloud Storage (extra `gcp`)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from modeladmit.core.credentials import (
    BasicCredential,
    BearerCredential,
    Credential,
    CredentialScope,
)
from modeladmit.sources.cloud.tokens import CloudTokens, Issued

_STORAGE: Final = "storage.googleapis.com"
_REGISTRIES: Final = (".pkg.dev", ".gcr.io")
_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform.read-only"
_SECONDS: Final = 1800.0
"""What a token is taken to be good for when its library does not say."""


class GoogleKeychain:
    """A keychain for `*.pkg.dev`, `gcr.io` and `storage.googleapis.com`."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._tokens = CloudTokens("gcp", clock)

    async def credentials(
        self,
        host: str,
        repository: str,  # noqa: ARG002 - one identity for all
        scope: CredentialScope,  # noqa: ARG002
    ) -> Credential | None:
        """Satisfy `keychain.Keychain`."""
        if host == _STORAGE:
            return await self._tokens.get(host, lambda: _token(registry=False))
        if host == "gcr.io" or host.endswith(_REGISTRIES):
            return await self._tokens.get("*.pkg.dev", lambda: _token(registry=True))
        return None


def _token(*, registry: bool) -> Issued | None:
    import google.auth
    import google.auth.exceptions
    from google.auth.transport.requests import Request

    try:
        identity: Any = google.auth.default(scopes=[_SCOPE])[0]
    except google.auth.exceptions.DefaultCredentialsError:
        return None
    identity.refresh(Request())
    token, expiry = str(identity.token), identity.expiry
    # A metadata server hands out tokens that it has had for an hour; the library's times are UTC without saying so.
    left = (expiry.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds() if expiry else _SECONDS
    return Issued(
        BasicCredential("oauth2accesstoken", token) if registry else BearerCredential(token), left
    )
