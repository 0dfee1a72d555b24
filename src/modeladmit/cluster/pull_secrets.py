"""Registry credentials from Secrets, as far as `credentials.mode` goes (design section 6).

`Release` reads pull secrets of the release namespace for everybody. `Namespaces` and `All` add those that a workload
names, in its own namespace, and those of its service account. Nothing of one tenant is ever used for another.
"""

import asyncio
import logging
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from modeladmit.cluster.client import ObjectReader
from modeladmit.cluster.errors import ClusterError, Forbidden, ObjectNotFound
from modeladmit.cluster.resources import SECRETS, SERVICE_ACCOUNTS
from modeladmit.core.credentials import Credential, CredentialScope
from modeladmit.errors import ConfigurationError, SourceUnavailable

_log: Final = logging.getLogger(__name__)
FRESH: Final = 60.0
"""Seconds that a Secret is remembered."""
_MAX_SECRETS: Final = 16
_MAX_REMEMBERED: Final = 4096
_KEYS: Final = {
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
    "kubernetes.io/dockercfg": ".dockercfg",
}


class Logins(Protocol):
    """Parsed pull secrets."""

    def find(self, host: str, repository: str) -> Credential | None:
        """The most specific credential for a repository."""


Parse = Callable[[bytes], Logins]
"""Reads a Docker configuration. Raises ConfigurationError."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was read, and until when it counts."""

    value: Any
    until: float


class PullSecrets:
    """Satisfies `sources.keychain.Keychain`."""

    def __init__(
        self,
        client: ObjectReader,
        parse: Parse,
        *,
        release_namespace: str,
        tenants: Callable[[str], bool],
        monotonic: Callable[[], float],
    ) -> None:
        self._client: Final = client
        self._parse: Final = parse
        self._release: Final = release_namespace
        self._tenants: Final = tenants
        self._monotonic: Final = monotonic
        self._memory: dict[tuple[str, str, str], Remembered] = {}

    async def credentials(
        self, host: str, repository: str, scope: CredentialScope
    ) -> Credential | None:
        """The tenant's own first, then the release namespace's.

        Raises SourceUnavailable when a Secret cannot be read now: to ask anonymously instead would look like a refusal.
        """
        if scope.namespace and scope.namespace != self._release and self._tenants(scope.namespace):
            for name in await self._names(scope):
                logins = await self._logins(scope.namespace, name)
                credential = logins.find(host, repository) if logins is not None else None
                if credential is not None:
                    return credential
        for logins in await self._release_logins():
            credential = logins.find(host, repository)
            if credential is not None:
                return credential
        return None

    async def _names(self, scope: CredentialScope) -> tuple[str, ...]:
        """As the kubelet takes them: the Pod's, or else those of its service account."""
        if scope.pull_secrets:
            return scope.pull_secrets[:_MAX_SECRETS]
        account = scope.service_account or "default"

        async def ask() -> tuple[str, ...]:
            obj = await self._client.get(SERVICE_ACCOUNTS, account, namespace=scope.namespace)
            listed = obj.get("imagePullSecrets") or []
            return tuple(str(entry["name"]) for entry in listed if entry.get("name"))

        names = await self._remembered(("account", scope.namespace, account), ask)
        return (names or ())[:_MAX_SECRETS]

    async def _logins(self, namespace: str, name: str) -> Logins | None:
        async def ask() -> Logins | None:
            return self._read(await self._client.get(SECRETS, name, namespace=namespace))

        found: Logins | None = await self._remembered(("secret", namespace, name), ask)
        return found

    async def _release_logins(self) -> tuple[Logins, ...]:
        async def ask() -> tuple[Logins, ...]:
            found = []
            for kind in _KEYS:
                listing = await self._client.list(
                    SECRETS, namespace=self._release, field_selector=f"type={kind}"
                )
                found += [self._read(item) for item in listing.items]
            return tuple(logins for logins in found if logins is not None)

        return await self._remembered(("release", self._release, ""), ask) or ()

    def _read(self, secret: Mapping[str, Any]) -> Logins | None:
        key = _KEYS.get(str(secret.get("type")))
        encoded = (secret.get("data") or {}).get(key) if key else None
        if not isinstance(encoded, str):
            return None
        try:
            return self._parse(b64decode(encoded, validate=True))
        except (ValueError, ConfigurationError) as error:
            why = str(error) if isinstance(error, ConfigurationError) else "not base64"
            name = (secret.get("metadata") or {}).get("name")
            _log.warning("a pull secret is unreadable", extra={"facts": {"name": name, "why": why}})
            return None

    async def _remembered(self, key: tuple[str, str, str], ask: Callable[[], Any]) -> Any:
        known = self._memory.get(key)
        if known is not None and known.until > self._monotonic():
            return known.value
        try:
            async with asyncio.timeout(5.0):
                value = await ask()
        except (ObjectNotFound, Forbidden):
            value = None
        except (ClusterError, TimeoutError) as error:
            if known is not None:
                return known.value
            raise SourceUnavailable("the pull secrets cannot be read at the moment") from error
        if len(self._memory) >= _MAX_REMEMBERED:
            self._memory.pop(next(iter(self._memory)))
        self._memory[key] = Remembered(value, self._monotonic() + FRESH)
        return value
