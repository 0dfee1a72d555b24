"""What a signature brings along to be verified with: a hint of the key, or certificates. Nothing of it is trusted yet."""

from dataclasses import dataclass

from cryptography import x509

from modeladmit.errors import MalformedEvidence


@dataclass(frozen=True, slots=True)
class KeyHint:
    """An opaque word that may help to choose among keys. Everybody can write anything there."""

    hint: str = ""


@dataclass(frozen=True, slots=True)
class Certificates:
    """A leaf and perhaps its issuers, leaf first."""

    leaf: x509.Certificate
    issuers: tuple[x509.Certificate, ...] = ()


Material = KeyHint | Certificates


def load_certificate(der: bytes, place: str) -> x509.Certificate:
    """Read a DER certificate. Raises MalformedEvidence."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        # Versions, names and extensions are parsed lazily: whatever cannot be read must fail here, not in the middle.
        certificate.version, certificate.subject, certificate.issuer, certificate.extensions  # noqa: B018
    except (ValueError, x509.InvalidVersion):
        raise MalformedEvidence(f"{place} is not an X.509 certificate") from None
    return certificate


def load_certificates(pem: bytes, place: str, limit: int) -> tuple[x509.Certificate, ...]:
    """Read one or more PEM certificates. Raises MalformedEvidence."""
    try:
        certificates = x509.load_pem_x509_certificates(pem)
        for certificate in certificates:
            certificate.version, certificate.subject, certificate.issuer, certificate.extensions  # noqa: B018
    except (ValueError, x509.InvalidVersion):
        raise MalformedEvidence(f"{place} is not one or more PEM certificates") from None
    if len(certificates) > limit:
        raise MalformedEvidence(f"{place} has {len(certificates)} certificates, more than {limit}")
    return tuple(certificates)
