"""Notary Project signatures as JWS (notaryproject/specifications, signature-envelope-jws.md and signature-specification.md).

Read: signing scheme `notary.x509`. The signer's own `signingTime` is his word and proves nothing; a timestamp
countersignature does. COSE envelopes are not read.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from modeladmit.core.digest import Digest
from modeladmit.errors import InvalidDigest, MalformedEvidence, SubjectMismatch, UnsupportedEvidence
from modeladmit.signatures.algorithms import JWS_ALGORITHMS, Message
from modeladmit.signatures.document import Node
from modeladmit.signatures.material import Certificates, load_certificate
from modeladmit.signatures.signed import Signed

MAX_CERTIFICATES: Final = 16
PAYLOAD_TYPE: Final = "application/vnd.cncf.notary.payload.v1+json"

_SCHEME: Final = "io.cncf.notary.signingScheme"
_EXPIRY: Final = "io.cncf.notary.expiry"
_TIMESTAMP: Final = "io.cncf.notary.timestampSignature"
_CRITICAL: Final = frozenset({_SCHEME, _EXPIRY})
_MAX_CRITICAL: Final = 16
_GRANTED: Final = bytes.fromhex("3003020100")
"""DER of PKIStatusInfo { status granted }."""


def envelope(content: bytes, limit: int) -> Signed:
    """Read a JWS in flattened JSON serialization. Raises MalformedEvidence or UnsupportedEvidence."""
    node = Node.read(content, "signature envelope", limit=limit)
    payload = node["payload"].base64url()
    protected = Node.read(node["protected"].base64url(), "protected header", limit=limit)
    algorithm = protected["alg"].text()
    if algorithm not in JWS_ALGORITHMS:
        raise UnsupportedEvidence(f"protected header.alg is not one of {', '.join(JWS_ALGORITHMS)}")
    if protected["cty"].text() != PAYLOAD_TYPE:
        raise UnsupportedEvidence(f"protected header.cty is not {PAYLOAD_TYPE}")
    _check_critical(protected)
    if protected[_SCHEME].text() != "notary.x509":
        raise UnsupportedEvidence(
            "the signing scheme is not notary.x509; a signing authority's own time is not believed"
        )
    header = node["header"]
    chain = [
        load_certificate(item.base64(), item.place)
        for item in header["x5c"].items(MAX_CERTIFICATES)
    ]
    if not chain:
        raise MalformedEvidence(f"{header.place}.x5c is empty")
    signature = node["signature"].base64url()
    expiry, stamp = protected.get(_EXPIRY), header.get(_TIMESTAMP)
    return Signed(
        message=Message(f"{node['protected'].text()}.{node['payload'].text()}".encode()),
        signature=_der(signature, algorithm),
        material=Certificates(chain[0], tuple(chain[1:])),
        timestamps=(_response(stamp.base64()),) if stamp else (),
        timestamped=signature,
        algorithm=algorithm,
        payload=payload,
        expires=expiry.moment() if expiry else None,
    )


def signed_digest(payload: bytes, limit: int) -> Digest:
    """What an authenticated payload is about. Raises MalformedEvidence or SubjectMismatch."""
    target = Node.read(payload, "payload", limit=limit)["targetArtifact"]
    try:
        return Digest.parse(target["digest"].text())
    except InvalidDigest:
        raise SubjectMismatch("payload.targetArtifact.digest is not a digest") from None


def _check_critical(protected: Node) -> None:
    critical = [item.text() for item in protected["crit"].items(_MAX_CRITICAL)]
    unknown = [name for name in critical if name not in _CRITICAL]
    if unknown:
        raise UnsupportedEvidence("protected header.crit names attributes that are not understood")
    if _SCHEME not in critical or (_EXPIRY in protected and _EXPIRY not in critical):
        raise MalformedEvidence("protected header.crit must name the signing scheme and the expiry")


def _der(signature: bytes, algorithm: str) -> bytes:
    """JWS writes ECDSA signatures as two numbers of fixed size (RFC 7518 section 3.4)."""
    size = JWS_ALGORITHMS[algorithm].number_bytes
    if size is None:
        return signature
    if len(signature) != 2 * size:
        raise MalformedEvidence("signature has the wrong size for its algorithm")
    return encode_dss_signature(
        int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    )


def _response(token: bytes) -> bytes:
    """Notation keeps the token alone; a TimeStampResp (RFC 3161 section 2.4.2) puts a status before it."""
    body = _GRANTED + token
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return b"\x30" + bytes([0x80 | len(length)]) + length + body
