"""Microsoft: Entra tokens for Blob Storage, exchanged for registry tokens at ACR (extra `azure`)."""

import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from yarl import URL

from modeladmit.core.credentials import BearerCredential, Credential, CredentialScope, IdentityToken
from modeladmit.errors import UnexpectedContent
from modeladmit.sources.cloud.tokens import CloudTokens, Issued
from modeladmit.sources.exchange import Request
from modeladmit.sources.single_flight import SingleFlight
from modeladmit.sources.transport import Transport

_BLOBS: Final = ".blob.core.windows.net"
_REGISTRIES: Final = (".azurecr.io", ".azurecr.cn", ".azurecr.us")
_STORAGE_SCOPE: Final = "https://storage.azure.com/.default"
_REGISTRY_SCOPE: Final = "https://containerregistry.azure.net/.default"
_EXCHANGE_SECONDS: Final = 3600.0
"""A third of what a refresh token of ACR is good for."""
_MAX_REGISTRIES: Final = 1000


class AzureKeychain:
    """A keychain for `*.azurecr.io` and `*.blob.core.windows.net`."""

    def __init__(self, transport: Transport, clock: Callable[[], float]) -> None:
        self._transport = transport
        self._clock = clock
        self._tokens = CloudTokens("azure", clock)
        self._exchanged: dict[tuple[str, str], tuple[IdentityToken, float]] = {}
        self._exchanges: SingleFlight[IdentityToken] = SingleFlight()

    async def credentials(
        self,
        host: str,
        repository: str,  # noqa: ARG002 - one identity for all
        scope: CredentialScope,
    ) -> Credential | None:
        """Satisfy `keychain.Keychain`."""
        if host.endswith(_BLOBS):
            return await self._tokens.get(f"*{_BLOBS}", lambda: _entra(_STORAGE_SCOPE))
        if not host.endswith(_REGISTRIES):
            return None
        entra = await self._tokens.get("*.azurecr.io", lambda: _entra(_REGISTRY_SCOPE))
        if not isinstance(entra, BearerCredential):
            return None
        # Another token is another account: without this every request would log in anew.
        known, until = self._exchanged.get((host, entra.account), (None, 0.0))
        if known is not None and until > self._clock():
            return known
        return await self._exchanges.run(
            (host, entra.account), lambda: self._exchange(host, entra, scope)
        )

    async def _exchange(
        self, host: str, entra: BearerCredential, scope: CredentialScope
    ) -> IdentityToken:
        """An Entra token for the registry's refresh token (`POST /oauth2/exchange`)."""
        form = {"grant_type": "access_token", "service": host, "access_token": entra.token}
        request = Request(
            URL(f"https://{host}/oauth2/exchange"),
            64 << 10,
            scope.namespace,
            method="POST",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(form).encode(),
            account=entra.account,
            redirects=0,
        )
        what = f"a token for {host}"
        document = (await self._transport.send(request)).expect(what).document(what)
        token = document.get("refresh_token")
        if not isinstance(token, str) or not token:
            raise UnexpectedContent(f"{host} answers without a token")
        while len(self._exchanged) >= _MAX_REGISTRIES:
            del self._exchanged[next(iter(self._exchanged))]
        found = IdentityToken(token)
        self._exchanged[host, entra.account] = found, self._clock() + _EXCHANGE_SECONDS
        return found


def _entra(scope: str) -> Issued | None:
    from azure.core.exceptions import ClientAuthenticationError
    from azure.identity import CredentialUnavailableError, DefaultAzureCredential

    try:
        with DefaultAzureCredential(exclude_interactive_browser_credential=True) as credential:
            issued = credential.get_token(scope)
            # Managed identities hand out tokens that they have had for hours.
            return Issued(BearerCredential(issued.token), issued.expires_on - time.time())
    except (CredentialUnavailableError, ClientAuthenticationError):
        return None
