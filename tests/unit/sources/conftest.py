"""A double, a transport that may ask it, and the source of one scheme."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from modeladmit.core.credentials import Credential, CredentialScope
from modeladmit.core.evidence import Artifact, Evidence
from modeladmit.core.references import parse_reference
from modeladmit.sources.registry import build_sources
from modeladmit.sources.settings import HostSettings, Limits, SourceSettings
from modeladmit.sources.transport import Transport
from tests.doubles.faults import FaultyServer


@dataclass
class OneKey:
    """The same credential for every store, or none."""

    credential: Credential | None = None

    async def credentials(
        self,
        host: str,
        repository: str,
        scope: CredentialScope,
    ) -> Credential | None:
        return self.credential


@dataclass
class Asked:
    """Sources on doubles."""

    transport: Transport
    keys: OneKey

    def __post_init__(self) -> None:
        self._sources = build_sources(self.transport, self.keys)

    async def resolve(self, uri: str, revision: str | None = None) -> Artifact:
        reference = parse_reference(uri, revision)
        return await self._sources[reference.scheme].resolve(reference, scope=CredentialScope("a"))

    async def evidence(self, artifact: Artifact) -> tuple[Evidence, ...]:
        source = self._sources[artifact.reference.scheme]
        return (await source.evidence(artifact, scope=CredentialScope("a"))).evidence


Asking = Callable[..., Any]


@pytest.fixture
async def asking() -> AsyncIterator[Asking]:
    """Starts doubles and opens sources: `await asking(double, …, hf_endpoint=…)`; callables are given the double's URL."""
    async with AsyncExitStack() as stack:

        async def ask(
            *servers: FaultyServer,
            credential: Credential | None = None,
            limits: Limits | None = None,
            **settings: Any,
        ) -> Asked:
            for server in servers:
                await stack.enter_async_context(server.running())
            values: dict[str, Any] = {
                name: value.url if isinstance(value, FaultyServer) else value
                for name, value in settings.items()
            }
            hosts = tuple(HostSettings(server.host, plain_http=True) for server in servers)
            chosen = SourceSettings(hosts=hosts, limits=limits or Limits(), **values)
            transport = await stack.enter_async_context(Transport(chosen))
            return Asked(transport, OneKey(credential))

        yield ask
