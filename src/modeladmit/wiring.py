"""The composition root: settings to a working pipeline. The only file that knows every adapter."""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from modeladmit.core.digest import Digest
from modeladmit.core.trust import SigstoreAnchor
from modeladmit.engine.admitter import Admitter
from modeladmit.engine.disk_cache import DiskCache
from modeladmit.engine.investigation import Freshness, Investigation
from modeladmit.engine.memory import Memory
from modeladmit.engine.ports import Clock, Observer
from modeladmit.errors import ConfigurationError, InvalidDigest
from modeladmit.settings import Registry, Settings
from modeladmit.signatures.public_good import public_good_anchor
from modeladmit.signatures.verifier import verify
from modeladmit.sources.keychain import Keychain, NoCredentials
from modeladmit.sources.progress import SILENT, Progress
from modeladmit.sources.registry import build_sources
from modeladmit.sources.settings import ClientCertificate, HostSettings, SourceSettings
from modeladmit.sources.source import Source
from modeladmit.sources.transport import Transport
from modeladmit.telemetry import Silence
from modeladmit.workloads.builtin import BUILTIN
from modeladmit.workloads.inspect import inspect_object


class SystemClock:
    """The time of the machine."""

    def now(self) -> datetime:
        """The current time, in UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Engine:
    """The pipeline and the parts of it that mouths use on their own."""

    admitter: Admitter
    investigation: Investigation
    sources: dict[str, Source]
    settings: Settings
    clock: Clock
    allow_hosts: Callable[[Iterable[str]], None]
    """Replaces the hosts that policies name in `sources`."""


@asynccontextmanager
async def open_engine(
    settings: Settings,
    *,
    keychain: Keychain | None = None,
    observer: Observer | None = None,
    clock: Clock | None = None,
    progress: Progress | None = None,
) -> AsyncIterator[Engine]:
    """Build the pipeline on the running loop and take it down again. Raises ConfigurationError."""
    clock = clock or SystemClock()
    observer = observer or Silence()
    async with Transport(source_settings(settings)) as transport:
        sources = build_sources(transport, keychain or NoCredentials(), progress or SILENT)
        investigation = Investigation(
            sources=sources,
            verify=verify,
            memory=Memory(settings.cache.max_bytes),
            clock=clock,
            observer=observer,
            freshness=Freshness(
                tag=timedelta(seconds=settings.cache.tag_seconds),
                evidence=timedelta(seconds=settings.cache.evidence_seconds),
                absence=timedelta(seconds=settings.cache.absence_seconds),
            ),
            disk=DiskCache(Path(settings.cache.directory), settings.cache.max_bytes)
            if settings.cache.directory
            else None,
        )
        tables = BUILTIN.extended(kinds=settings.kinds, engines=settings.engines)
        admitter = Admitter(partial(inspect_object, tables=tables), investigation, clock, observer)
        try:
            yield Engine(
                admitter,
                investigation,
                {str(scheme): source for scheme, source in sources.items()},
                settings,
                clock,
                transport.hosts.set_policy_hosts,
            )
        finally:
            await investigation.aclose()


def source_settings(settings: Settings) -> SourceSettings:
    """What the settings say about stores."""
    return SourceSettings(
        hosts=tuple(_host(registry) for registry in settings.registries),
        allowed_hosts=settings.allowed_hosts,
        public_hubs=settings.public_hubs,
        hf_endpoint=settings.hf_endpoint,
        mlflow_tracking_uri=settings.mlflow_tracking_uri,
        proxy=settings.proxy,
    )


def public_good(settings: Settings) -> SigstoreAnchor:
    """What keyless authorities believe that name no TrustRoot. Raises ConfigurationError."""
    if settings.trusted_root is None:
        return public_good_anchor()
    try:
        return SigstoreAnchor(Path(settings.trusted_root).read_bytes())
    except OSError as error:
        raise ConfigurationError(f"trustedRoot: {settings.trusted_root} cannot be read") from error


def guard_images(settings: Settings) -> frozenset[Digest]:
    """Digests of the guard's own image. Raises ConfigurationError."""
    try:
        return frozenset(Digest.parse(text) for text in settings.guard_images)
    except InvalidDigest as error:
        raise ConfigurationError(f"guardImages: {error}") from error


def _host(registry: Registry) -> HostSettings:
    certificate = registry.client_certificate
    bundle = registry.ca_bundle
    if bundle is not None:
        try:
            bundle = Path(bundle).read_text()
        except OSError as error:
            raise ConfigurationError(
                f"registries: caBundle of {registry.host} cannot be read"
            ) from error
    return HostSettings(
        registry.host,
        mirrors=registry.mirrors,
        ca_bundle=bundle,
        plain_http=registry.plain_http,
        client_certificate=ClientCertificate(certificate, certificate) if certificate else None,
    )
