"""Bodies that logs record, as Rekor canonicalizes them."""

import hashlib
from typing import Any

from tests.doubles.signing.rekor import b64


def hashedrekord_v1(digest: bytes, signature: bytes, verifier_pem: bytes) -> dict[str, Any]:
    return {
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
            "signature": {"content": b64(signature), "publicKey": {"content": b64(verifier_pem)}},
        },
    }


def hashedrekord_v2(
    digest: bytes, signature: bytes, verifier: dict[str, Any], algorithm: str = "SHA2_256"
) -> dict[str, Any]:
    return {
        "apiVersion": "0.0.2",
        "kind": "hashedrekord",
        "spec": {
            "hashedRekordV002": {
                "data": {"algorithm": algorithm, "digest": b64(digest)},
                "signature": {"content": b64(signature), "verifier": verifier},
            }
        },
    }


def dsse_v1(payload: bytes, signature: bytes, verifier_pem: bytes) -> dict[str, Any]:
    return {
        "apiVersion": "0.0.1",
        "kind": "dsse",
        "spec": {
            "envelopeHash": {"algorithm": "sha256", "value": "0" * 64},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [{"signature": b64(signature), "verifier": b64(verifier_pem)}],
        },
    }


def intoto_v2(
    payload: bytes, payload_type: str, signature: bytes, verifier_pem: bytes
) -> dict[str, Any]:
    return {
        "apiVersion": "0.0.2",
        "kind": "intoto",
        "spec": {
            "content": {
                "envelope": {
                    "payloadType": payload_type,
                    "signatures": [
                        {"publicKey": b64(verifier_pem), "sig": b64(b64(signature).encode())}
                    ],
                },
                "hash": {"algorithm": "sha256", "value": "0" * 64},
                "payloadHash": {
                    "algorithm": "sha256",
                    "value": hashlib.sha256(payload).hexdigest(),
                },
            }
        },
    }


def intoto_v1(envelope: bytes, payload: bytes, verifier_pem: bytes) -> dict[str, Any]:
    return {
        "apiVersion": "0.0.1",
        "kind": "intoto",
        "spec": {
            "content": {
                "hash": {"algorithm": "sha256", "value": hashlib.sha256(envelope).hexdigest()},
                "payloadHash": {
                    "algorithm": "sha256",
                    "value": hashlib.sha256(payload).hexdigest(),
                },
            },
            "publicKey": b64(verifier_pem),
        },
    }
