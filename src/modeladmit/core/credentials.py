"""On whose behalf a store is asked, and with what. Values only: loading them is the business of `sources` and `cluster`."""

from dataclasses import dataclass, field

from modeladmit.core.digest import Digest


@dataclass(frozen=True, slots=True)
class CredentialScope:
    """Whose credentials may be used: the tenant and the pull secrets that its workload names.

    Two equal scopes see the same things in every store, so facts may be cached by it.
    """

    namespace: str = ""
    """Namespace of the object under review; empty on a command line."""
    pull_secrets: tuple[str, ...] = ()
    """Names of image pull secrets in that namespace, in the order the object lists them."""
    service_account: str | None = None

    @property
    def key(self) -> str:
        """Identity for caches."""
        return "\x1f".join((self.namespace, self.service_account or "", *self.pull_secrets))


ANONYMOUS = CredentialScope()
"""Nobody's: no namespace, no secrets."""


@dataclass(frozen=True, slots=True)
class BasicCredential:
    """A user name and password (RFC 7617), or what stands in for them at a token server."""

    username: str
    password: str = field(repr=False)

    @property
    def account(self) -> str:
        """Who it is, without the secret: a digest that tells accounts apart."""
        return Digest.sha256(f"basic\0{self.username}\0{self.password}".encode()).hex


@dataclass(frozen=True, slots=True)
class BearerCredential:
    """A token that is sent as it is (RFC 6750): `registrytoken`, a hub token, a cloud access token."""

    token: str = field(repr=False)

    @property
    def account(self) -> str:
        """Who it is, without the secret."""
        return Digest.sha256(f"bearer\0{self.token}".encode()).hex


@dataclass(frozen=True, slots=True)
class IdentityToken:
    """A refresh token that a registry's token server exchanges (`identitytoken`; distribution, token/oauth)."""

    token: str = field(repr=False)

    @property
    def account(self) -> str:
        """Who it is, without the secret."""
        return Digest.sha256(f"identity\0{self.token}".encode()).hex


@dataclass(frozen=True, slots=True)
class AccessKey:
    """A key pair that signs requests (AWS Signature Version 4)."""

    key_id: str
    secret: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)

    @property
    def account(self) -> str:
        """Who it is, without the secret."""
        return Digest.sha256(f"key\0{self.key_id}\0{self.secret}".encode()).hex


Credential = BasicCredential | BearerCredential | IdentityToken | AccessKey
