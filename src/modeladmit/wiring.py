"""The composition root: settings to a working pipeline. The only file that knows every adapter."""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from time import monotonic

from modeladmit.core.digest import Digest
from modeladmit.core.trust import SigstoreAnchor
from modeladmit.engine.admitter import Admitter
from modeladmit.engine.circumstances import Circumstances
from modeladmit.engine.disk_cache import DiskCache
from modeladmit.engine.investigation import Freshness, Investigation
from modeladmit.engine.memory import Memory
from modeladmit.engine.patience import seconds_left
from modeladmit.engine.ports import Clock, Observer
from modeladmit.errors import ConfigurationError, InvalidDigest
from modeladmit.settings import CloudIdentity, Registry, Settings
from modeladmit.signatures.public_good import public_good_anchor
from modeladmit.signatures.verifier import verify
from modeladmit.sources.cloud.aws import AwsKeychain
from modeladmit.sources.cloud.azure import AzureKeychain
from modeladmit.sources.cloud.google import GoogleKeychain
from modeladmit.sources.keychain import Keychain, Keychains, NoCredentials
from modeladmit.sources.progress import SILENT, Progress
from modeladmit.sources.registry import build_sources
from modeladmit.sources.settings import (
    ClientCertificate,
    HostSettings,
    Limits,
    Network,
    SourceSettings,
    Traffic,
)
from modeladmit.sources.source import Source
from modeladmit.sources.transport import Transport
from modeladmit.sources.tuf import TufTargets
from modeladmit.telemetry import Silence
from modeladmit.workloads.builtin import BUILTIN
from modeladmit.workloads.entries import extended
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
    tuf: TufTargets
    """Trusted roots of TUF repositories."""


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
    async with Transport(source_settings(settings), patience=seconds_left) as transport:
        keychains = Keychains((keychain or NoCredentials(), *_cloud(settings, transport)))
        sources = build_sources(transport, keychains, progress or SILENT)
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
        folder = settings.cache.directory
        tuf = TufTargets(transport, Path(folder) / "tuf" if folder else None)
        tables = extended(BUILTIN, kinds=settings.kinds, engines=settings.engines)
        admitter = Admitter(partial(inspect_object, tables=tables), investigation, clock, observer)
        try:
            yield Engine(
                admitter,
                investigation,
                {str(scheme): source for scheme, source in sources.items()},
                settings,
                clock,
                transport.hosts.set_policy_hosts,
                tuf,
            )
        finally:
            try:
                tuf.close()
            finally:
                await investigation.aclose()


def source_settings(settings: Settings) -> SourceSettings:
    """What the settings say about stores."""
    stores = settings.stores
    return SourceSettings(
        hosts=tuple(_host(registry) for registry in settings.registries),
        allowed_hosts=settings.allowed_hosts,
        public_hubs=settings.public_hubs,
        hf_endpoint=settings.hf_endpoint,
        mlflow_tracking_uri=settings.mlflow_tracking_uri,
        proxy=settings.proxy,
        modelscope_endpoint=stores.modelscope_endpoint,
        s3_endpoint=stores.s3_endpoint,
        s3_region=stores.s3_region,
        gcs_endpoint=stores.gcs_endpoint,
        azure_endpoint=stores.azure_endpoint,
        ngc_endpoint=stores.ngc_endpoint,
        signature_repository=stores.signature_repositories,
        limits=Limits(evidence_count=stores.evidence_count),
        traffic=Traffic(
            per_host=stores.requests_per_host, per_tenant=stores.requests_per_namespace
        ),
    )


def public_good(settings: Settings) -> SigstoreAnchor:
    """What keyless authorities believe that name no TrustRoot. Raises ConfigurationError."""
    if settings.trusted_root is None:
        return public_good_anchor()
    try:
        return SigstoreAnchor(Path(settings.trusted_root).read_bytes())
    except OSError as error:
        raise ConfigurationError(f"trustedRoot: {settings.trusted_root} cannot be read") from error


def circumstances_of(settings: Settings) -> Circumstances:
    """What the settings say about every judgement."""
    return Circumstances(
        release_namespace=settings.namespace,
        closed_by_default=settings.closed_by_default,
        excluded_namespaces=frozenset(settings.excluded_namespaces),
        trusted_endpoints=frozenset(settings.endpoints),
        guard_images=_guard_images(settings),
        writes_pins=settings.webhook.write_pins,
        docs_url=settings.docs_url,
    )


def _guard_images(settings: Settings) -> frozenset[Digest]:
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
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(
                f"registries: caBundle of {registry.host} cannot be read"
            ) from error
    return HostSettings(
        registry.host,
        mirrors=registry.mirrors,
        ca_bundle=bundle,
        plain_http=registry.plain_http,
        client_certificate=ClientCertificate(certificate, certificate) if certificate else None,
        networks=_networks(registry),
        token_hosts=registry.token_hosts,
    )


def _networks(registry: Registry) -> tuple[Network, ...] | None:
    if registry.networks is None:
        return None
    try:
        return tuple(ip_network(text) for text in registry.networks)
    except ValueError as error:
        raise ConfigurationError(
            f"registries: networks of {registry.host} must look like 10.20.0.0/16"
        ) from error


def _cloud(settings: Settings, transport: Transport) -> Iterator[Keychain]:
    """The process's own identity, after every pull secret: it is nobody's but the release's."""
    for identity in settings.credentials.cloud:
        match identity:
            case CloudIdentity.AWS:
                yield AwsKeychain(monotonic)
            case CloudIdentity.AZURE:
                yield AzureKeychain(transport, monotonic)
            case CloudIdentity.GOOGLE:
                yield GoogleKeychain(monotonic)
