"""Renews the webhook's serving certificate where the chart made it itself (`certificates.mode: selfSigned`).

The chart keeps an authority of ten years in one Secret and the certificate in another, which it marks with the annotation
`modeladmit.io/not-after`. In the last third of the certificate's life the authority signs a new one for the same names. The
kubelet brings it to the webhooks, and they load it without a restart; the authority, and with it every `caBundle`, stays.
"""

import asyncio
import logging
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from modeladmit.cluster.client import Listing
from modeladmit.cluster.errors import ClusterError
from modeladmit.cluster.resources import SECRETS, Resource
from modeladmit.engine.ports import Clock

_log: Final = logging.getLogger(__name__)
NOT_AFTER: Final = "modeladmit.io/not-after"
EVERY: Final = 3600.0
"""Seconds between looks."""
_EARLY: Final = timedelta(minutes=5)
"""A new certificate is valid from a little earlier: clocks differ."""
_SUFFIX: Final = "-tls"
Renewed = tuple[bytes, bytes, datetime]
"""Certificate and key in PEM, and the end of its validity."""


class Secrets(Protocol):
    """What renewing takes of `cluster.client.KubernetesClient`."""

    async def list(
        self, resource: Resource, *, namespace: str | None, field_selector: str | None
    ) -> Listing:
        """Every Secret of a type."""

    async def patch(
        self, resource: Resource, name: str, body: Mapping[str, Any], *, namespace: str | None
    ) -> Any:
        """Merge into one."""


class ServingCertificates:
    """Looks at the Secrets of the release namespace from time to time."""

    def __init__(self, client: Secrets, *, namespace: str, clock: Clock) -> None:
        self._client: Final = client
        self._namespace: Final = namespace
        self._clock: Final = clock

    async def run(self) -> None:
        """Renew for ever."""
        while True:
            try:
                await self.renew()
            except ClusterError as error:
                _log.warning(
                    "the serving certificate cannot be looked at",
                    extra={"facts": {"why": str(error)}},
                )
            await asyncio.sleep(EVERY)

    async def renew(self) -> None:
        """Renew what is near its end. Raises ClusterError."""
        listing = await self._client.list(
            SECRETS, namespace=self._namespace, field_selector="type=kubernetes.io/tls"
        )
        by_name = {str(item["metadata"]["name"]): item for item in listing.items}
        for name, secret in by_name.items():
            annotations = secret["metadata"].get("annotations") or {}
            authority = by_name.get(f"{name.removesuffix(_SUFFIX)}-ca")
            if NOT_AFTER not in annotations or authority is None:
                continue
            try:
                renewed = renewal(secret, authority, self._clock.now())
            except ValueError as error:
                facts = {"secret": name, "why": type(error).__name__}
                _log.error("the serving certificate cannot be renewed", extra={"facts": facts})
                continue
            if renewed is not None:
                await self._write(name, renewed)

    async def _write(self, name: str, renewed: Renewed) -> None:
        certificate, key, ends = renewed
        patch = {
            "metadata": {"annotations": {NOT_AFTER: str(int(ends.timestamp()))}},
            "data": {
                "tls.crt": b64encode(certificate).decode(),
                "tls.key": b64encode(key).decode(),
            },
        }
        await self._client.patch(SECRETS, name, patch, namespace=self._namespace)
        facts = {"secret": name, "expires": ends.isoformat()}
        _log.info("the serving certificate is renewed", extra={"facts": facts})


def renewal(
    secret: Mapping[str, Any], authority: Mapping[str, Any], now: datetime
) -> Renewed | None:
    """A new certificate for the names of the old one, or None while it is in the first two thirds of its life.

    Raises ValueError when either Secret holds something else than certificate and key.
    """
    old = x509.load_pem_x509_certificate(_value(secret, "tls.crt"))
    life = old.not_valid_after_utc - old.not_valid_before_utc
    if now < old.not_valid_after_utc - life / 3:
        return None
    issuer = x509.load_pem_x509_certificate(_value(authority, "tls.crt"))
    issuer_key = load_pem_private_key(_value(authority, "tls.key"), password=None)
    if not isinstance(issuer_key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError("the authority's key is neither RSA nor ECDSA")  # noqa: TRY004 - as below
    key = ec.generate_private_key(ec.SECP256R1())
    ends = min(now + life, issuer.not_valid_after_utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(old.subject)
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(ends)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    try:
        names = old.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound as error:
        raise ValueError("the certificate names no host") from error
    builder = builder.add_extension(names.value, critical=names.critical)
    renewed = builder.sign(issuer_key, hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return renewed.public_bytes(Encoding.PEM), pem, ends


def _value(secret: Mapping[str, Any], key: str) -> bytes:
    encoded = (secret.get("data") or {}).get(key)
    if not isinstance(encoded, str):
        raise ValueError(f"the Secret has no {key}")  # noqa: TRY004 - one kind of error for one kind of trouble
    return b64decode(encoded, validate=True)
