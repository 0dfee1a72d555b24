"""Public keys and certificates in policies: read with care, and the weak ones refused."""

from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from modeladmit.core.digest import Digest
from modeladmit.core.trust import KeyAnchor

MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192
MAX_CERTIFICATES: Final = 64
_CURVES: Final = frozenset({"secp256r1", "secp384r1", "secp521r1"})


def public_key(pem: bytes) -> KeyAnchor:
    """One public key in PEM (RFC 7468). Raises ValueError with a reason that quotes nothing of the input."""
    if b"PRIVATE KEY-----" in pem:
        raise ValueError(
            "this is a private key; give the public one, and treat the private one as leaked"
        )
    blocks = pem.count(b"-----BEGIN ")
    if blocks > 1:
        raise ValueError(
            f"holds {blocks} PEM blocks; give one key here, and another authority for another key"
        )
    if b"-----BEGIN CERTIFICATE-----" in pem:
        raise ValueError("this is a certificate; write it under certificate.roots")
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("not a public key in PEM (-----BEGIN PUBLIC KEY-----)") from None
    _check_strength(key)
    return KeyAnchor(
        key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        Digest.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
    )


def certificates(pem: bytes) -> bytes:
    """One or more certificates in PEM, as they are. Raises ValueError."""
    if b"PRIVATE KEY-----" in pem:
        raise ValueError("holds a private key; give certificates only, and treat the key as leaked")
    try:
        found = x509.load_pem_x509_certificates(pem)
        for certificate in found:
            _check_strength(certificate.public_key())
    except UnsupportedAlgorithm:
        raise ValueError("a certificate has a key of a kind that is not accepted") from None
    except ValueError as error:
        if isinstance(error, _WeakKeyError):
            raise
        raise ValueError(
            "not one or more certificates in PEM (-----BEGIN CERTIFICATE-----)"
        ) from None
    if len(found) > MAX_CERTIFICATES:
        raise ValueError(f"holds {len(found)} certificates, more than {MAX_CERTIFICATES}")
    return pem


class _WeakKeyError(ValueError):
    """A reason of our own, told apart from those of the library."""


def _check_strength(key: object) -> None:
    match key:
        case ec.EllipticCurvePublicKey() if key.curve.name in _CURVES:
            return
        case ec.EllipticCurvePublicKey():
            raise _WeakKeyError(
                f"elliptic curve {key.curve.name} is not accepted; use P-256, P-384 or P-521"
            )
        case rsa.RSAPublicKey() if MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            return
        case rsa.RSAPublicKey():
            raise _WeakKeyError(
                f"RSA key of {key.key_size} bits; {MIN_RSA_BITS} to {MAX_RSA_BITS} are accepted"
            )
        case ed25519.Ed25519PublicKey():
            return
        case _:
            raise _WeakKeyError(
                "kind of key is not accepted; use ECDSA (P-256, P-384, P-521), RSA or Ed25519"
            )
