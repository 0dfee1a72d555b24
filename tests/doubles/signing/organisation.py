"""An organisation with its own certificate authorities: signs bundles, model signatures and Notation envelopes."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import ExtendedKeyUsageOID

from modeladmit.core.digest import Digest
from modeladmit.core.trust import CertificateAnchor
from tests.doubles.signing import bundles
from tests.doubles.signing.certificates import Issued, PrivateKey, der, ec_key, pem
from tests.doubles.signing.rekor import b64
from tests.doubles.signing.statements import pae
from tests.doubles.signing.timestamping import TimestampAuthority

FOUNDED = datetime(2026, 1, 1, tzinfo=UTC)
SIGNED = datetime(2026, 11, 25, 12, tzinfo=UTC)
NAME = "models@corp.example"


@dataclass(frozen=True)
class CertificateLies:
    """What may be wrong with a certificate chain."""

    stranger_root: bool = False
    no_intermediate: bool = False
    intermediate_is_no_authority: bool = False
    intermediate_for_servers: bool = False
    intermediate_too_short: bool = False
    for_servers: bool = False
    cannot_sign: bool = False
    no_usage_at_all: bool = False
    unknown_critical_extension: bool = False
    name_constraints: bool = False
    other_key: bool = False
    expired_when_stamped: bool = False


TRUE_CHAIN = CertificateLies()


class Organisation:
    """Root, intermediate, timestamp authority."""

    def __init__(self, founded: datetime = FOUNDED) -> None:
        self.founded = founded
        self.root = Issued.root("corp-root", founded)
        self.timestamps = TimestampAuthority(founded)

    def anchor(
        self, *, timestamps: bool = False, roots: Sequence[x509.Certificate] = ()
    ) -> CertificateAnchor:
        stamping = pem(*self.timestamps.signer.chain) if timestamps else b""
        return CertificateAnchor(pem(*(roots or (self.root.certificate,))), stamping)

    def certify(
        self,
        lies: CertificateLies = TRUE_CHAIN,
        *,
        key: PrivateKey | None = None,
        days: int = 365,
    ) -> Issued:
        """A signer under an intermediate."""
        root = Issued.root("corp-root", self.founded) if lies.stranger_root else self.root
        if lies.intermediate_is_no_authority:
            intermediate = root.leaf(
                ec_key(),
                self.founded,
                self.founded + timedelta(days=3650),
                name="corp-intermediate",
            )
        else:
            intermediate = root.authority(
                "corp-intermediate",
                self.founded,
                path_length=0,
                code_signing=not lies.intermediate_for_servers,
            )
        if lies.intermediate_for_servers:
            intermediate = Issued(
                root.leaf(
                    intermediate.key,
                    self.founded,
                    self.founded + timedelta(days=3650),
                    name="corp-intermediate",
                    purposes=[ExtendedKeyUsageOID.SERVER_AUTH],
                    digital_signature=False,
                    authority=True,
                ).certificate,
                intermediate.key,
                root,
            )
        if lies.intermediate_too_short:
            intermediate = intermediate.authority("corp-below", self.founded, path_length=None)
        if lies.name_constraints:
            constraints = x509.NameConstraints([x509.RFC822Name("elsewhere.example.com")], None)
            intermediate = Issued(
                root.leaf(
                    intermediate.key,
                    self.founded,
                    self.founded + timedelta(days=3650),
                    name="corp-intermediate",
                    digital_signature=False,
                    authority=True,
                    extensions=[
                        x509.Extension(x509.NameConstraints.oid, critical=False, value=constraints)
                    ],
                ).certificate,
                intermediate.key,
                root,
            )
        given: dict[str, Any] = {}
        if lies.for_servers:
            given["purposes"] = [ExtendedKeyUsageOID.SERVER_AUTH]
        if lies.cannot_sign:
            given["digital_signature"] = False
        if lies.no_usage_at_all:
            given |= {"digital_signature": None, "purposes": None}
        if lies.unknown_critical_extension:
            oid = x509.ObjectIdentifier("1.2.3.4.5")
            given["extensions"] = [
                x509.Extension(
                    oid, critical=True, value=x509.UnrecognizedExtension(oid, b"\x05\x00")
                )
            ]
        return intermediate.leaf(
            key or ec_key(),
            self.founded,
            self.founded + timedelta(days=30 if lies.expired_when_stamped else days),
            name="signer",
            names=[x509.RFC822Name(NAME)],
            **given,
        )

    def sign_statement(
        self,
        payload: bytes,
        lies: CertificateLies = TRUE_CHAIN,
        *,
        stamped: bool = False,
        **certificate: Any,
    ) -> bytes:
        """A bundle with a chain, as model-signing's `certificate` method writes it."""
        signer = self.certify(lies, **certificate)
        signature = bundles.sign(ec_key() if lies.other_key else signer.key, pae(payload))
        chain = [signer.certificate] if lies.no_intermediate else list(signer.chain[:-1])
        stamps = (
            [self.timestamps.stamp(signature, SIGNED)]
            if stamped or lies.expired_when_stamped
            else []
        )
        material = bundles.certificate_material(*chain, as_chain=True)
        return bundles.bundle(material, bundles.envelope(payload, [signature]), timestamps=stamps)

    def sign_notation(
        self,
        subject: Digest,
        algorithm: str = "ES256",
        lies: CertificateLies = TRUE_CHAIN,
        *,
        stamped: bool = False,
        key: PrivateKey | None = None,
        protected: dict[str, Any] | None = None,
        payload: bytes | None = None,
    ) -> bytes:
        """A JWS envelope. `protected` changes the protected header; None removes a member."""
        signer = self.certify(lies, key=key or jws_key(algorithm))
        target = {
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": str(subject),
            "size": 3,
        }
        body = payload or json.dumps({"targetArtifact": target}).encode()
        header = {
            "alg": algorithm,
            "crit": ["io.cncf.notary.signingScheme"],
            "cty": "application/vnd.cncf.notary.payload.v1+json",
            "io.cncf.notary.signingScheme": "notary.x509",
            "io.cncf.notary.signingTime": "2026-11-25T12:00:00Z",
        } | (protected or {})
        header = {name: value for name, value in header.items() if value is not None}
        encoded = {"protected": _url(json.dumps(header).encode()), "payload": _url(body)}
        signature = _jws(
            ec_key() if lies.other_key else signer.key,
            algorithm,
            f"{encoded['protected']}.{encoded['payload']}".encode(),
        )
        chain = [
            b64(der(item)) for item in (signer.chain[:1] if lies.no_intermediate else signer.chain)
        ]
        unprotected: dict[str, Any] = {"x5c": chain, "io.cncf.notary.signingAgent": "simulator"}
        if stamped or lies.expired_when_stamped:
            unprotected["io.cncf.notary.timestampSignature"] = b64(
                self.timestamps.token(signature, SIGNED)
            )
        return json.dumps(encoded | {"header": unprotected, "signature": _url(signature)}).encode()


def jws_key(algorithm: str) -> PrivateKey:
    """A key that goes with an algorithm."""
    match algorithm:
        case "ES256":
            return ec_key()
        case "ES384":
            return ec_key(ec.SECP384R1())
        case "ES512":
            return ec_key(ec.SECP521R1())
        case _:
            return rsa.generate_private_key(
                65537, {"PS256": 2048, "PS384": 3072, "PS512": 4096}[algorithm]
            )


def _jws(key: PrivateKey, algorithm: str, data: bytes) -> bytes:
    chosen = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[algorithm[2:]]
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PSS(padding.MGF1(chosen), padding.PSS.DIGEST_LENGTH), chosen)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    size = (key.curve.key_size + 7) // 8
    return b"".join(
        number.to_bytes(size, "big")
        for number in decode_dss_signature(key.sign(data, ec.ECDSA(chosen)))
    )


def _url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
