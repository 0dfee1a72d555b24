"""A registry on loopback and a source that may ask it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from modeladmit.core.credentials import Credential, CredentialScope
from modeladmit.core.evidence import Artifact, Evidence, EvidenceSet
from modeladmit.core.references import parse_reference
from modeladmit.sources.oci.source import OciSource
from modeladmit.sources.settings import HostSettings, Limits, SourceSettings
from modeladmit.sources.transport import Transport
from tests.doubles.oci_registry import OciRegistry


@dataclass
class Keys:
    """Credentials by (namespace, host), and who asked for them."""

    known: dict[tuple[str, str], Credential]
    asked: list[tuple[str, str, str]]

    async def credentials(
        self, host: str, repository: str, scope: CredentialScope
    ) -> Credential | None:
        self.asked.append((scope.namespace, host, repository))
        return self.known.get((scope.namespace, host))


@dataclass
class Client:
    """The source, with short words for what tests ask."""

    source: OciSource
    transport: Transport
    keys: Keys
    host: str

    async def resolve(self, rest: str, namespace: str = "a") -> Artifact:
        reference = parse_reference(f"oci://{self.host}/{rest}")
        return await self.source.resolve(reference, scope=CredentialScope(namespace))

    async def evidence(self, artifact: Artifact, namespace: str = "a") -> tuple[Evidence, ...]:
        return (await self.found(artifact, namespace)).evidence

    async def found(self, artifact: Artifact, namespace: str = "a") -> EvidenceSet:
        return await self.source.evidence(artifact, scope=CredentialScope(namespace))


Opener = Callable[..., Any]


@pytest.fixture
async def registry() -> AsyncIterator[OciRegistry]:
    server = OciRegistry()
    async with server.running():
        yield server


@pytest.fixture
async def opened() -> AsyncIterator[Opener]:
    """Opens clients of running registries: `await opened(registry, limits=…, rule=…, more_hosts=…)`."""
    async with AsyncExitStack() as stack:

        async def open_client(
            server: OciRegistry,
            *,
            limits: Limits | None = None,
            rule: dict[str, Any] | None = None,
            more_hosts: tuple[HostSettings, ...] = (),
            **settings: Any,
        ) -> Client:
            own = replace(HostSettings(server.host, plain_http=True), **(rule or {}))
            chosen = SourceSettings(
                hosts=(own, *more_hosts), public_hubs=False, limits=limits or Limits(), **settings
            )
            transport = await stack.enter_async_context(Transport(chosen))
            keys = Keys({}, [])
            return Client(OciSource(transport, keys), transport, keys, server.host)

        yield open_client
