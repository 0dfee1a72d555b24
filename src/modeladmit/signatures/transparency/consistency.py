"""Whether what a log recorded is this signature, and not another one (CVE-2022-36056).

Each entry kind records other parts. What a kind does not record, or records in a form that cannot be recomputed, is not
compared; what binds key, signature and content always is.
"""

import base64
import binascii
from collections.abc import Callable
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from modeladmit.core.digest import Digest
from modeladmit.errors import UntrustedLog
from modeladmit.signatures.document import Node
from modeladmit.signatures.envelope import Envelope
from modeladmit.signatures.signed import Signed
from modeladmit.signatures.transparency.entry import LogEntry

_HASH_NAMES: Final = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}
_MAX_LISTED: Final = 16


def compare(entry: LogEntry, signed: Signed, verifier: bytes) -> None:
    """Compare a recorded body with a signature. `verifier` is the DER of the certificate or key. Raises UntrustedLog."""
    body = Node.read(entry.body, "log entry")
    if body["kind"].text() != entry.kind or body["apiVersion"].text() != entry.version:
        raise UntrustedLog("the log entry's kind is not the one that its body records")
    reader = _READERS.get(entry.form)
    if reader is None:
        raise UntrustedLog(f"log entries of kind {entry.form} are not known")
    reader(body["spec"], signed, verifier)


def _hashedrekord_v1(spec: Node, signed: Signed, verifier: bytes) -> None:
    if signed.envelope is not None:
        raise UntrustedLog("a DSSE envelope is not recorded as hashedrekord/0.0.1")
    recorded = spec["data"]["hash"]
    _same_hash(recorded["algorithm"].text(), recorded["value"].text(), signed)
    _same(spec["signature"]["content"].base64() == signed.signature, "signature")
    _same(_pem(spec["signature"]["publicKey"]["content"]) == verifier, "certificate or key")


def _hashedrekord_v2(spec: Node, signed: Signed, verifier: bytes) -> None:
    recorded = spec["hashedRekordV002"]
    data = recorded["data"]
    _same_hash(_HASH_NAMES.get(data["algorithm"].text(), ""), data["digest"].base64().hex(), signed)
    signature = recorded["signature"]
    _same(signature["content"].base64() == signed.signature, "signature")
    _same(_verifier(signature["verifier"]) == verifier, "certificate or key")


def _dsse_v1(spec: Node, signed: Signed, verifier: bytes) -> None:
    envelope = _envelope(signed)
    payload = spec["payloadHash"]
    _same_payload(payload["algorithm"].text(), payload["value"].text(), envelope)
    signatures = list(spec["signatures"].items(_MAX_LISTED))
    _same(len(signatures) == 1, "number of signatures")
    _same(signatures[0]["signature"].base64() == envelope.signature, "signature")
    _same(_pem(signatures[0]["verifier"]) == verifier, "certificate or key")


def _intoto_v2(spec: Node, signed: Signed, verifier: bytes) -> None:
    envelope, content = _envelope(signed), spec["content"]
    payload = content["payloadHash"]
    _same_payload(payload["algorithm"].text(), payload["value"].text(), envelope)
    recorded = content["envelope"]
    _same(recorded["payloadType"].text() == envelope.payload_type, "payload type")
    signatures = list(recorded["signatures"].items(_MAX_LISTED))
    _same(len(signatures) == 1, "number of signatures")
    # Rekor encodes what is encoded already.
    _same(_twice(signatures[0]["sig"]) == envelope.signature, "signature")
    _same(_pem(signatures[0]["publicKey"]) == verifier, "certificate or key")


def _intoto_v1(spec: Node, signed: Signed, verifier: bytes) -> None:
    """Records no signature, only the hash of the whole envelope as it was stored."""
    envelope, content = _envelope(signed), spec["content"]
    if signed.stored is None:
        raise UntrustedLog(
            "intoto/0.0.1 records an envelope as stored, which a bundle does not keep"
        )
    _same(content["hash"]["algorithm"].text() == "sha256", "hash algorithm")
    _same(content["hash"]["value"].text() == Digest.sha256(signed.stored).hex, "envelope")
    if "payloadHash" in content:
        payload = content["payloadHash"]
        _same_payload(payload["algorithm"].text(), payload["value"].text(), envelope)
    _same(_pem(spec["publicKey"]) == verifier, "certificate or key")


_READERS: Final[dict[str, Callable[[Node, Signed, bytes], None]]] = {
    "hashedrekord/0.0.1": _hashedrekord_v1,
    "hashedrekord/0.0.2": _hashedrekord_v2,
    "dsse/0.0.1": _dsse_v1,
    "intoto/0.0.1": _intoto_v1,
    "intoto/0.0.2": _intoto_v2,
}


def _envelope(signed: Signed) -> Envelope:
    if signed.envelope is None:
        raise UntrustedLog(
            "the log entry records a DSSE envelope, but this is a signature over the artifact"
        )
    return signed.envelope


def _same(equal: bool, part: str) -> None:  # noqa: FBT001 (reads as a sentence)
    if not equal:
        raise UntrustedLog(f"the log entry records another {part}")


def _same_hash(algorithm: str, value: str, signed: Signed) -> None:
    hashed = signed.message.hashed(algorithm) if algorithm in _HASH_NAMES.values() else None
    _same(hashed is not None and hashed.hex() == value, "content")


def _same_payload(algorithm: str, value: str, envelope: Envelope) -> None:
    _same(algorithm == "sha256" and value == envelope.payload_digest.hex, "payload")


def _verifier(node: Node) -> bytes:
    if "x509Certificate" in node:
        return node["x509Certificate"]["rawBytes"].base64()
    return node["publicKey"]["rawBytes"].base64()


def _pem(node: Node) -> bytes:
    """DER of a base64 PEM certificate or key: line ends and widths differ between clients."""
    pem = node.base64()
    try:
        if b"BEGIN CERTIFICATE" in pem:
            return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
        return load_pem_public_key(pem).public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
    except ValueError:
        raise UntrustedLog("the log entry's certificate or key cannot be read") from None


def _twice(node: Node) -> bytes:
    try:
        return base64.b64decode(node.base64(), validate=True)
    except binascii.Error:
        raise UntrustedLog("the log entry's signature cannot be read") from None
