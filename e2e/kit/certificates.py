"""Certificates made on the spot, valid from an hour ago for ten days."""

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
SERVER = ExtendedKeyUsageOID.SERVER_AUTH
CODE_SIGNING = ExtendedKeyUsageOID.CODE_SIGNING
TIME_STAMPING = ExtendedKeyUsageOID.TIME_STAMPING


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the key as SEC 1 PEM, which every Go server of the kit reads."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())


@dataclass(frozen=True, slots=True)
class Credential:
    """A private key with its certificate chain, leaf first, root last."""

    key: ec.EllipticCurvePrivateKey
    chain: tuple[x509.Certificate, ...]

    @property
    def chain_pem(self) -> bytes:
        return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in self.chain)

    @property
    def key_pem(self) -> bytes:
        return key_pem(self.key)

    def write(self, folder: Path, name: str) -> tuple[Path, Path]:
        """Write `name.crt` (the chain) and `name.key`; return both paths."""
        certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
        certificate.write_bytes(self.chain_pem)
        key.touch(mode=0o600)
        key.write_bytes(self.key_pem)
        return certificate, key


class Authority(Credential):
    """A certificate authority: a root, or an intermediate below one."""

    __slots__ = ()

    @classmethod
    def root(cls, name: str) -> Self:
        """Make a self-signed root."""
        key = new_key()
        return cls(key, (_certificate(name, key, None, authority=True, organizations=("e2e",)),))

    def intermediate(self, name: str, *usages: x509.ObjectIdentifier) -> "Authority":
        """Make an authority that may issue leaves for these usages."""
        key = new_key()
        certificate = _certificate(
            name, key, self, authority=True, usages=usages, organizations=("e2e",)
        )
        return Authority(key, (certificate, *self.chain))

    def issue(
        self,
        name: str,
        *usages: x509.ObjectIdentifier,
        organizations: Sequence[str] = (),
        hosts: Sequence[str] = (),
        critical_usage: bool = False,
    ) -> Credential:
        """Make a leaf; `hosts` are DNS names and IP addresses."""
        key = new_key()
        certificate = _certificate(
            name,
            key,
            self,
            usages=usages,
            organizations=organizations,
            hosts=hosts,
            critical_usage=critical_usage,
        )
        return Credential(key, (certificate, *self.chain))


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: Authority | None,
    *,
    authority: bool = False,
    usages: Sequence[x509.ObjectIdentifier] = (),
    organizations: Sequence[str] = (),
    hosts: Sequence[str] = (),
    critical_usage: bool = False,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, text) for text in organizations]
    subject = x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer.key if issuer else key
    depth = None if issuer is None else 0
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.chain[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=10))
        .add_extension(
            x509.BasicConstraints(ca=authority, path_length=depth if authority else None),
            critical=True,
        )
        .add_extension(_key_usage(authority=authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=critical_usage)
    if hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False
        )
    return builder.sign(signer, hashes.SHA256())


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
