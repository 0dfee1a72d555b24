"""Signature algorithms: verifying bytes, or their digest, with a public key.

See the algorithm registry of the Sigstore architecture documents, and RFC 7518 section 3 for JWS.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from modeladmit.core.digest import Digest
from modeladmit.errors import BadSignature, UnsupportedEvidence
from modeladmit.signatures.keys import CURVE_HASHES, PublicKey

HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class JwsAlgorithm:
    """One algorithm of RFC 7518."""

    hash: str
    curve: str | None = None
    """ECDSA on this curve; None: RSASSA-PSS with a salt as long as the hash."""
    number_bytes: int | None = None


JWS_ALGORITHMS: Final = {
    "PS256": JwsAlgorithm("sha256"),
    "PS384": JwsAlgorithm("sha384"),
    "PS512": JwsAlgorithm("sha512"),
    "ES256": JwsAlgorithm("sha256", "secp256r1", 32),
    "ES384": JwsAlgorithm("sha384", "secp384r1", 48),
    "ES512": JwsAlgorithm("sha512", "secp521r1", 66),
}


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


def default_hash(key: PublicKey) -> str:
    """The hash that goes with a key in the algorithm registry; RSA and Ed25519 count as SHA-256 and SHA-512."""
    match key:
        case ec.EllipticCurvePublicKey():
            return CURVE_HASHES[key.curve.name]
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


def verify_with(key: PublicKey, algorithm: str, signature: bytes, message: Message) -> None:
    """Verify with a key whose hash is known; RSA is PKCS #1 v1.5. Raises BadSignature.

    For logs and certificates, whose keys come with their algorithm.
    """
    hashed = message.hashed(algorithm)
    if hashed is None:
        raise BadSignature("the signed digest is of another algorithm than the signature")
    good = False
    match key:
        case ed25519.Ed25519PublicKey():
            good = message.content is not None and _ed25519(key, signature, message.content)
        case ec.EllipticCurvePublicKey():
            good = _ecdsa(key, signature, hashed, HASHES[algorithm])
        case rsa.RSAPublicKey():
            good = _rsa(key, signature, hashed, HASHES[algorithm], (padding.PKCS1v15(),))
    if not good:
        raise BadSignature("the signature does not verify over the signed bytes")


def verify_as(key: PublicKey, name: str, signature: bytes, message: Message) -> None:
    """Verify by exactly one algorithm of `JWS_ALGORITHMS`; ECDSA signatures are DER. Raises BadSignature."""
    algorithm = JWS_ALGORITHMS[name]
    chosen, hashed = HASHES[algorithm.hash], message.hashed(algorithm.hash)
    good = False
    if hashed is not None and isinstance(key, rsa.RSAPublicKey) and algorithm.curve is None:
        pss = padding.PSS(padding.MGF1(chosen), padding.PSS.DIGEST_LENGTH)
        good = _rsa(key, signature, hashed, chosen, (pss,))
    elif (
        hashed is not None
        and isinstance(key, ec.EllipticCurvePublicKey)
        and algorithm.curve == key.curve.name
    ):
        good = _ecdsa(key, signature, hashed, chosen)
    if not good:
        raise BadSignature(f"the signature does not verify as {name} over the signed bytes")


def _verifies(
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    signature: bytes,
    hashed: bytes,
    algorithm: hashes.HashAlgorithm,
) -> bool:
    if isinstance(key, ec.EllipticCurvePublicKey):
        return _ecdsa(key, signature, hashed, algorithm)
    pss = padding.PSS(padding.MGF1(algorithm), padding.PSS.AUTO)
    return _rsa(key, signature, hashed, algorithm, (padding.PKCS1v15(), pss))


def _ecdsa(
    key: ec.EllipticCurvePublicKey, signature: bytes, hashed: bytes, algorithm: hashes.HashAlgorithm
) -> bool:
    try:
        key.verify(signature, hashed, ec.ECDSA(Prehashed(algorithm)))
    except InvalidSignature:
        return False
    return True


def _rsa(
    key: rsa.RSAPublicKey,
    signature: bytes,
    hashed: bytes,
    algorithm: hashes.HashAlgorithm,
    schemes: tuple[padding.AsymmetricPadding, ...],
) -> bool:
    for scheme in schemes:
        try:
            key.verify(signature, hashed, scheme, Prehashed(algorithm))
        except InvalidSignature:
            continue
        return True
    return False
