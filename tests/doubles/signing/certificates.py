"""Certificates of every kind that the simulator needs, made at run time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def ec_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP256R1())


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(item.public_bytes(serialization.Encoding.PEM) for item in certificates)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def public_pem(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def public_der(key: PrivateKey) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


@dataclass
class Issued:
    """A certificate with its key, able to issue others."""

    certificate: x509.Certificate
    key: PrivateKey
    issuer: "Issued | None" = field(default=None, repr=False)

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """From this one up to the root."""
        return (self.certificate, *(self.issuer.chain if self.issuer else ()))

    @classmethod
    def root(
        cls, name: str, start: datetime, *, days: int = 3650, key: PrivateKey | None = None
    ) -> Self:
        key = key or ec_key(ec.SECP384R1())
        builder = _builder(name, name, key.public_key(), start, start + timedelta(days=days))
        return cls(_signed(_authority(builder, key, key, None), key), key)

    def authority(
        self,
        name: str,
        start: datetime,
        *,
        days: int = 3650,
        path_length: int | None = 0,
        code_signing: bool = True,
    ) -> "Issued":
        key = ec_key(ec.SECP384R1())
        builder = _builder(name, self.name, key.public_key(), start, start + timedelta(days=days))
        builder = _authority(builder, key, self.key, path_length)
        if code_signing:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False
            )
        return Issued(_signed(builder, self.key), key, self)

    def leaf(
        self,
        key: PrivateKey,
        start: datetime,
        end: datetime,
        *,
        name: str = "",
        names: Sequence[x509.GeneralName] = (),
        purposes: Sequence[x509.ObjectIdentifier] | None = (ExtendedKeyUsageOID.CODE_SIGNING,),
        critical_purposes: bool = False,
        digital_signature: bool | None = True,
        authority: bool = False,
        extensions: Sequence[x509.Extension[x509.ExtensionType]] = (),
        serial: int | None = None,
    ) -> "Issued":
        builder = _builder(name, self.name, key.public_key(), start, end, serial)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=authority, path_length=None), critical=True
        )
        if digital_signature is not None:
            usage = _usage(digital_signature=digital_signature, key_cert_sign=not digital_signature)
            builder = builder.add_extension(usage, critical=True)
        if purposes is not None:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage(list(purposes)), critical=critical_purposes
            )
        builder = builder.add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
        )
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
            critical=False,
        )
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(list(names)), critical=not name
            )
        for extension in extensions:
            builder = builder.add_extension(extension.value, critical=extension.critical)
        return Issued(_signed(builder, self.key), key, self)

    @property
    def name(self) -> str:
        attributes = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(attributes[0].value) if attributes else ""


def _builder(
    name: str, issuer: str, key: object, start: datetime, end: datetime, serial: int | None = None
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key)  # type: ignore[arg-type]
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])


def _authority(
    builder: x509.CertificateBuilder, key: PrivateKey, issuer: PrivateKey, path_length: int | None
) -> x509.CertificateBuilder:
    return (
        builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=path_length), critical=True
        )
        .add_extension(_usage(digital_signature=False, key_cert_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False
        )
    )


def _usage(*, digital_signature: bool, key_cert_sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _signed(builder: x509.CertificateBuilder, key: PrivateKey) -> x509.Certificate:
    return builder.sign(
        key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    )
