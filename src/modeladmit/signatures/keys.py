"""Public keys: reading them, naming them, and verifying with them.

Accepted: ECDSA on P-256, P-384 and P-521, RSA of 2048 bits and more (PKCS #1 v1.5 and PSS), Ed25519. Hashes are SHA-256,
SHA-384 and SHA-512. See the algorithm registry of the Sigstore architecture documents.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from modeladmit.core.digest import Digest
from modeladmit.core.trust import KeyAnchor
from modeladmit.errors import BadSignature, MalformedEvidence, UnsupportedEvidence

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey | ed25519.Ed25519PublicKey

MIN_RSA_BITS: Final = 2048
MAX_RSA_BITS: Final = 8192
MAX_PEM_BYTES: Final = 16 << 10

HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_CURVE_HASHES: Final = {"secp256r1": "sha256", "secp384r1": "sha384", "secp521r1": "sha512"}
"""The hash that the algorithm registry pairs with each curve."""


@dataclass(frozen=True, slots=True)
class Message:
    """What was signed: the bytes, or, where the bytes are elsewhere, their digest."""

    content: bytes | None = None
    digest: Digest | None = None

    def hashed(self, algorithm: str) -> bytes | None:
        """The raw digest, or None when it cannot be known without the bytes."""
        if self.content is not None:
            return hashlib.new(algorithm, self.content).digest()
        if self.digest is not None and self.digest.algorithm == algorithm:
            return bytes.fromhex(self.digest.hex)
        return None


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
        case ec.EllipticCurvePublicKey() if key.curve.name in _CURVE_HASHES:
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


def default_hash(key: PublicKey) -> str:
    """The hash that goes with a key in the algorithm registry; RSA and Ed25519 count as SHA-256 and SHA-512."""
    match key:
        case ec.EllipticCurvePublicKey():
            return _CURVE_HASHES[key.curve.name]
        case rsa.RSAPublicKey():
            return "sha256"
        case ed25519.Ed25519PublicKey():
            return "sha512"


def verify(key: PublicKey, signature: bytes, message: Message) -> None:
    """Verify with a key whose holder chose among the accepted schemes. Raises BadSignature or UnsupportedEvidence.

    Which hash an ECDSA or RSA signer used is not written in bundles, so each accepted one is tried: cosign signs with
    SHA-256 whatever the curve is, the algorithm registry pairs the hash with the curve.
    """
    if isinstance(key, ed25519.Ed25519PublicKey):
        if message.content is None:
            raise UnsupportedEvidence(
                "Ed25519 signs the bytes themselves, and only their digest is known here; sign a DSSE envelope instead"
            )
        good = _ed25519(key, signature, message.content)
    else:
        algorithms = dict.fromkeys((default_hash(key), *HASHES))
        hashed = [
            (name, value) for name in algorithms if (value := message.hashed(name)) is not None
        ]
        if not hashed:
            raise UnsupportedEvidence(
                "the signed digest is of another algorithm than the signature"
            )
        good = any(_verifies(key, signature, value, HASHES[name]) for name, value in hashed)
    if not good:
        raise BadSignature("the signature does not verify over the signed bytes")


def _ed25519(key: ed25519.Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def _verifies(
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    signature: bytes,
    hashed: bytes,
    algorithm: hashes.HashAlgorithm,
) -> bool:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _ecdsa(key, signature, hashed, algorithm)
    return _rsa(key, signature, hashed, algorithm)


def _ecdsa(
    key: ec.EllipticCurvePublicKey, signature: bytes, hashed: bytes, algorithm: hashes.HashAlgorithm
) -> bool:
    try:
        key.verify(signature, hashed, ec.ECDSA(Prehashed(algorithm)))
    except InvalidSignature:
        return False
    return True


def _rsa(
    key: rsa.RSAPublicKey, signature: bytes, hashed: bytes, algorithm: hashes.HashAlgorithm
) -> bool:
    schemes: tuple[padding.AsymmetricPadding, ...] = (
        padding.PKCS1v15(),
        padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO),
    )
    for scheme in schemes:
        try:
            key.verify(signature, hashed, scheme, Prehashed(algorithm))
        except InvalidSignature:
            continue
        return True
    return False
