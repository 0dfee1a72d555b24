"""What the operator of modeladmit decides about stores: hosts, certificates, endpoints, limits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

Network = IPv4Network | IPv6Network

PRIVATE: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""RFC 1918, RFC 6598 and RFC 4193: where the registries of organisations live."""
LOOPBACK: Final[tuple[Network, ...]] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """Paths of a PEM certificate chain and its key, for mutual TLS."""

    certificate: str
    key: str


@dataclass(frozen=True, slots=True)
class HostSettings:
    """One host that the settings allow by name (design section 6, `registries`)."""

    host: str
    """`name[:port]`, or a literal address; compared in canonical form."""
    mirrors: tuple[str, ...] = ()
    """Hosts, with an optional path prefix, that are asked first for what this registry holds."""
    ca_bundle: str | None = None
    """PEM certificates; None means the system's."""
    plain_http: bool = False
    client_certificate: ClientCertificate | None = None
    networks: tuple[Network, ...] | None = None
    """Non-global networks that the name may resolve to. None means: a literal address only itself, `localhost` only
    loopback, every other name the private ranges. Link-local and metadata addresses are never in the default."""
    token_hosts: tuple[str, ...] = ()
    """Hosts that this registry's Bearer realm may name beside itself; they are given its credentials."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a store may make us do. Bytes, counts, seconds."""

    document_bytes: int = 4 << 20
    """A manifest, index, listing page or API answer (distribution-spec asks registries for at least 4 MiB)."""
    evidence_bytes: int = 8 << 20
    """One signature or attestation."""
    evidence_total_bytes: int = 32 << 20
    """All evidence of one artifact."""
    evidence_count: int = 256
    """Signatures and attestations looked at for one artifact."""
    listing_bytes: int = 16 << 20
    """A listing of every file of an artifact in one answer."""
    pages: int = 16
    """Pages of one listing."""
    files: int = 10_000
    """Files of one artifact."""
    small_file_bytes: int = 8 << 20
    """A file that is fetched and hashed because its store has no SHA-256 for it."""
    small_files_total_bytes: int = 32 << 20
    small_files: int = 256
    objects: int = 1000
    """Objects below one prefix of an object store."""
    hashed_file_bytes: int = 64 << 20
    """A file at a plain URL, which only its bytes identify."""
    platforms: int = 16
    """Manifests of an index that are looked into for their files."""
    redirects: int = 5
    connect_seconds: float = 5.0
    idle_seconds: float = 15.0
    """Silence on a connection after which a store counts as hanging."""
    request_seconds: float = 300.0
    """One request from its connection to its last byte. Attack: a byte every ten seconds is no silence."""
    wait_seconds: float = 3.0
    """The longest time that a `Retry-After` or our own rate limit is waited for, once, when nobody in particular waits."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """How hard one host may be asked."""

    per_host: int = 64
    """Requests in flight to one host; one namespace may hold three quarters of them."""
    per_tenant: int = 96
    """Requests in flight for one namespace, all hosts together."""
    queued_per_tenant: int = 512
    """Requests of one namespace that may wait for one host."""
    rate: float = 500.0
    """Requests a second to one host, for one account."""
    burst: int = 1000


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """All of it, as `wiring` hands it over."""

    hosts: tuple[HostSettings, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    """More hosts that references may name, at global addresses only; `*.example.com` is every name below."""
    public_hubs: bool = True
    """Whether the built-in public hubs are allowed; air-gapped clusters turn them off."""
    hf_endpoint: str = "https://huggingface.co"
    modelscope_endpoint: str = "https://modelscope.cn"
    mlflow_tracking_uri: str | None = None
    s3_endpoint: str | None = None
    """An S3-compatible store; None means AWS."""
    s3_region: str = "us-east-1"
    gcs_endpoint: str = "https://storage.googleapis.com"
    azure_endpoint: str | None = None
    """Template with `{account}`; None means `https://{account}.blob.core.windows.net`."""
    ngc_endpoint: str = "https://nvcr.io"
    proxy: str | None = None
    """An HTTP proxy for every host; behind it only names protect, because the proxy resolves them."""
    signature_repository: Mapping[str, str] = field(default_factory=dict)
    """Registry repository prefix to the repository that holds its signatures (cosign's COSIGN_REPOSITORY)."""
    limits: Limits = field(default_factory=Limits)
    traffic: Traffic = field(default_factory=Traffic)

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Every endpoint that is one host."""
        chosen = (
            self.hf_endpoint,
            self.modelscope_endpoint,
            self.mlflow_tracking_uri,
            self.s3_endpoint,
            self.gcs_endpoint,
            self.ngc_endpoint,
        )
        return tuple(endpoint for endpoint in chosen if endpoint)
