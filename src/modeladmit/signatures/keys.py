"""Public keys: reading them and naming them.

Accepted: ECDSA on P-256, P-384 and P-521, RSA of 2048 bits and more (PKCS #1 v1.5 and PSS), Ed25519. See the
algorithm registry of the Sigstore architecture documents.
"""

from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from modeladmit.core.digest import Digest
from modeladmit.core.trust import KeyAnchor
from modeladmit.errors import MalformedEvidence, UnsupportedEvidence

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey

MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192
MAX_PEM_BYTES: Final = 16 << 10

CURVE_HASHES: Final = {"secp256r1": "sha256", "secp384r1": "sha384", "secp521r1": "sha512"}
"""The hash that the algorithm registry pairs with each curve."""


def parse_key(pem: bytes) -> KeyAnchor:
    """A public key in PEM as an anchor of trust. Raises MalformedEvidence or UnsupportedEvidence."""
    key = load_pem(pem)
    return KeyAnchor(
        key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), fingerprint(key)
    )


@lru_cache(maxsize=256)
def load_pem(pem: bytes) -> PublicKey:
    """Read a SubjectPublicKeyInfo in PEM. Raises MalformedEvidence or UnsupportedEvidence."""
    if len(pem) > MAX_PEM_BYTES:
        raise MalformedEvidence(f"public key is larger than {MAX_PEM_BYTES} bytes")
    try:
        return accepted(load_pem_public_key(pem))
    except (ValueError, UnsupportedAlgorithm):
        raise MalformedEvidence("not a public key in PEM (-----BEGIN PUBLIC KEY-----)") from None


def load_der(der: bytes) -> PublicKey:
    """Read a SubjectPublicKeyInfo in DER. Raises MalformedEvidence or UnsupportedEvidence."""
    try:
        return accepted(load_der_public_key(der))
    except (ValueError, UnsupportedAlgorithm):
        raise MalformedEvidence("not a public key in DER (SubjectPublicKeyInfo)") from None


def certificate_key(certificate: x509.Certificate) -> PublicKey:
    """The key that a certificate certifies. Raises MalformedEvidence or UnsupportedEvidence."""
    try:
        return accepted(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm):
        raise MalformedEvidence("the certificate's public key cannot be read") from None


def accepted(key: object) -> PublicKey:
    """The key, if its kind and size are ones that signatures may be made with."""
    match key:
        case ec.EllipticCurvePublicKey() if key.curve.name in CURVE_HASHES:
            return key
        case ec.EllipticCurvePublicKey():
            raise UnsupportedEvidence(
                f"elliptic curve {key.curve.name} is not accepted; use P-256, P-384 or P-521"
            )
        case rsa.RSAPublicKey() if MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            return key
        case rsa.RSAPublicKey():
            raise UnsupportedEvidence(
                f"RSA key of {key.key_size} bits; {MIN_RSA_BITS} to {MAX_RSA_BITS} are accepted"
            )
        case ed25519.Ed25519PublicKey():
            return key
        case _:
            raise UnsupportedEvidence(
                "key kind is not accepted; use ECDSA (P-256, P-384, P-521), RSA or Ed25519"
            )


def fingerprint(key: PublicKey) -> Digest:
    """SHA-256 of the DER SubjectPublicKeyInfo: the name of a key."""
    return Digest.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
