"""Where credentials come from: one question, several answers in order, the first that knows wins."""

from collections.abc import Sequence
from typing import Protocol

from modeladmit.core.credentials import Credential, CredentialScope


class Keychain(Protocol):
    """Credentials for a host, as seen by a scope. Implementations never return one scope's secrets to another."""

    async def credentials(
        self, host: str, repository: str, scope: CredentialScope
    ) -> Credential | None:
        """What to show `host` (canonical, `name[:port]`) for `repository`, or None to ask anonymously.

        Raises ConfigurationError or an EvidenceError leaf when a credential is there but cannot be had.
        """
        ...


class NoCredentials:
    """Everything is asked anonymously."""

    async def credentials(
        self,
        host: str,  # noqa: ARG002 - the answer is the same for all
        repository: str,  # noqa: ARG002
        scope: CredentialScope,  # noqa: ARG002
    ) -> Credential | None:
        """Return None."""
        return None


class Keychains:
    """Several keychains, the most specific first."""

    def __init__(self, keychains: Sequence[Keychain]) -> None:
        self._keychains = tuple(keychains)

    async def credentials(
        self, host: str, repository: str, scope: CredentialScope
    ) -> Credential | None:
        """Return the first credential that any of them has."""
        for keychain in self._keychains:
            credential = await keychain.credentials(host, repository, scope)
            if credential is not None:
                return credential
        return None
