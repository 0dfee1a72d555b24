"""TrustRoot: a private Sigstore, or certificate authorities of an organisation."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from modeladmit.api.authority import ConfigMapKeyRef
from modeladmit.api.conditions import Conditions
from modeladmit.api.texts import Duration, PemBundle
from modeladmit.api.wire import Resource, WireModel, exactly_one

TrustedRootJson = Annotated[str, Field(min_length=2, max_length=262144)]
RootJson = Annotated[str, Field(min_length=2, max_length=65536)]


class TufSpec(WireModel):
    """A TUF repository that hands out the trusted root."""

    mirror: Annotated[str, Field(min_length=8, max_length=2048, pattern=r"^https?://[^\s@]+$")]
    """Where the repository is. TUF proves what it serves; plain http only where the settings allow the host so."""
    root: RootJson
    """The root.json to begin with; everything after it is verified from there."""
    target: Annotated[str, Field(min_length=1, max_length=256)] = "trusted_root.json"
    """Name of the target."""
    interval: Duration = "24h"
    """How often the repository is asked again."""


class SigstoreSpec(WireModel):
    """A Sigstore: Fulcio, transparency logs, CT logs, timestamp authorities."""

    invariants: ClassVar = (exactly_one("trustedRoot", "configMapRef", "tuf"),)

    trusted_root: TrustedRootJson | None = None
    """trusted_root.json itself (application/vnd.dev.sigstore.trustedroot+json, version 0.1 or 0.2)."""
    config_map_ref: ConfigMapKeyRef | None = None
    """trusted_root.json stands in a ConfigMap of the release namespace."""
    tuf: TufSpec | None = None
    """trusted_root.json comes from a TUF repository."""


class CertificateAuthoritiesSpec(WireModel):
    """Certificate authorities of an organisation."""

    invariants: ClassVar = (exactly_one("roots", "configMapRef"),)

    roots: PemBundle | None = None
    """PEM certificates that are believed as they are."""
    config_map_ref: ConfigMapKeyRef | None = None
    """The roots stand in a ConfigMap of the release namespace."""
    timestamp_authorities: PemBundle | None = None
    """PEM chains of RFC 3161 authorities; absent: a certificate must be valid when the model is admitted."""


class TrustRootSpec(WireModel):
    """What to believe. Exactly one kind."""

    invariants: ClassVar = (exactly_one("sigstore", "certificates"),)

    sigstore: SigstoreSpec | None = None
    """A Sigstore, for keyless authorities."""
    certificates: CertificateAuthoritiesSpec | None = None
    """Certificate authorities, for certificate authorities of policies."""


class TrustRootStatus(WireModel):
    """What the operator last saw."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """The generation that this status speaks of."""
    conditions: Conditions = ()
    """Ready."""
    digest: str | None = None
    """Digest of the trust material in use."""


class TrustRoot(Resource):
    """A private Sigstore, or certificate authorities of an organisation."""

    kind: Literal["TrustRoot"]
    spec: TrustRootSpec
    status: TrustRootStatus | None = None
