"""Bundles and cosign's annotations, put together from what the services said."""

import json
from collections.abc import Sequence
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from tests.doubles.signing.certificates import PrivateKey, der
from tests.doubles.signing.rekor import b64
from tests.doubles.signing.statements import IN_TOTO

V01 = "application/vnd.dev.sigstore.bundle+json;version=0.1"
V02 = "application/vnd.dev.sigstore.bundle+json;version=0.2"
V03 = "application/vnd.dev.sigstore.bundle.v0.3+json"


def sign(
    key: PrivateKey,
    data: bytes,
    *,
    algorithm: hashes.HashAlgorithm | None = None,
    pss: bool = False,
) -> bytes:
    """As clients sign with a key of each kind."""
    algorithm = algorithm or hashes.SHA256()
    match key:
        case ed25519.Ed25519PrivateKey():
            return key.sign(data)
        case ec.EllipticCurvePrivateKey():
            return key.sign(data, ec.ECDSA(algorithm))
        case rsa.RSAPrivateKey():
            scheme = (
                padding.PSS(padding.MGF1(algorithm), padding.PSS.DIGEST_LENGTH)
                if pss
                else padding.PKCS1v15()
            )
            return key.sign(data, scheme, algorithm)


def envelope(
    payload: bytes, signatures: Sequence[bytes], payload_type: str = IN_TOTO
) -> dict[str, Any]:
    return {
        "payload": b64(payload),
        "payloadType": payload_type,
        "signatures": [{"sig": b64(item), "keyid": ""} for item in signatures],
    }


def message_signature(digest: bytes | None, signature: bytes) -> dict[str, Any]:
    content: dict[str, Any] = {"signature": b64(signature)}
    if digest is not None:
        content["messageDigest"] = {"algorithm": "SHA2_256", "digest": b64(digest)}
    return content


def key_material(hint: str = "") -> dict[str, Any]:
    return {"publicKey": {"hint": hint}}


def certificate_material(
    *chain: x509.Certificate, media_type: str = V03, as_chain: bool = False
) -> dict[str, Any]:
    listed = [{"rawBytes": b64(der(item))} for item in chain]
    if media_type == V03 and not as_chain:
        return {"certificate": listed[0]}
    return {"x509CertificateChain": {"certificates": listed}}


def bundle(
    material: dict[str, Any],
    content: dict[str, Any],
    *,
    entries: Sequence[dict[str, Any]] = (),
    timestamps: Sequence[bytes] = (),
    media_type: str = V03,
) -> bytes:
    """`content` is an envelope or a message signature."""
    verification = material | {"tlogEntries": list(entries)}
    if timestamps:
        verification["timestampVerificationData"] = {
            "rfc3161Timestamps": [{"signedTimestamp": b64(item)} for item in timestamps]
        }
    kind = "dsseEnvelope" if "payloadType" in content else "messageSignature"
    return json.dumps(
        {"mediaType": media_type, "verificationMaterial": verification, kind: content}
    ).encode()
