"""How stores other than registries are asked: plain GETs with at most one `Authorization` header, bound to one host."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field

from yarl import URL

from modeladmit.core.credentials import (
    BasicCredential,
    BearerCredential,
    Credential,
    CredentialScope,
)
from modeladmit.sources.exchange import Request, Response
from modeladmit.sources.hosts import authority
from modeladmit.sources.keychain import Keychain
from modeladmit.sources.transport import Transport


@dataclass(frozen=True, slots=True)
class Access:
    """As whom one host is asked."""

    tenant: str = ""
    header: str | None = field(default=None, repr=False)
    account: str = ""
    certificate: bool = False
    """A client certificate of the settings says who we are."""

    @property
    def anonymous(self) -> bool:
        """Nothing says who we are, so that what is read may be shared between tenants."""
        return self.header is None and not self.certificate


class StoreClient:
    """Finds the credential for a store and asks."""

    def __init__(self, transport: Transport, keychain: Keychain) -> None:
        self.transport = transport
        self.limits = transport.settings.limits
        self._keychain = keychain

    async def access(
        self,
        url: URL,
        name: str,
        scope: CredentialScope,
        *,
        anonymous: bool = False,
        token: bool = False,
    ) -> Access:
        """As whom `url`'s host is asked for `name`. With `token`, a password is sent as the Bearer token that it is on hubs."""
        host = authority(url)
        rule = self.transport.hosts.rule(host)
        certificate = rule is not None and rule.client_certificate is not None
        credential = None if anonymous else await self._keychain.credentials(host, name, scope)
        header = _header(credential, token=token)
        account = credential.account if credential and header else ""
        return Access(scope.namespace, header, account, certificate)

    async def get(
        self,
        url: URL,
        access: Access,
        *,
        limit: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """GET, bounded; statuses are the caller's to judge. Raises EvidenceError leaves."""
        return await self.transport.send(self.request(url, access, limit=limit, headers=headers))

    def request(
        self,
        url: URL,
        access: Access,
        *,
        method: str = "GET",
        limit: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Request:
        """The request that `get` sends, for those who need another form of it."""
        return Request(
            url,
            self.limits.document_bytes if limit is None else limit,
            access.tenant,
            method,
            headers or {},
            access.header,
            access.account,
            body,
            redirects=self.limits.redirects,
        )


def _header(credential: Credential | None, *, token: bool) -> str | None:
    match credential:
        case BearerCredential():
            return f"Bearer {credential.token}"
        case BasicCredential() if token:
            return f"Bearer {credential.password}"
        case BasicCredential():
            return (
                "Basic "
                + b64encode(f"{credential.username}:{credential.password}".encode()).decode()
            )
    return None
