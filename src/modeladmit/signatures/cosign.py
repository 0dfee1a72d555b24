"""cosign's own layout: simple signing and attestations in tags (cosign, specs/SIGNATURE_SPEC.md, ATTESTATION_SPEC.md).

The layer is what was signed; the annotations carry what verifies it. Nobody signs annotations: they are parsed like any
other untrusted input.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Final

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Evidence
from modeladmit.errors import InvalidDigest, MalformedEvidence, SubjectMismatch, UnsupportedEvidence
from modeladmit.signatures.algorithms import Message
from modeladmit.signatures.document import MAX_BYTES, Node
from modeladmit.signatures.envelope import Envelope
from modeladmit.signatures.material import Certificates, KeyHint, Material, load_certificates
from modeladmit.signatures.signed import ProofRule, Signed
from modeladmit.signatures.transparency.entry import LogEntry

SIGNATURE: Final = "dev.cosignproject.cosign/signature"
CERTIFICATE: Final = "dev.sigstore.cosign/certificate"
CHAIN: Final = "dev.sigstore.cosign/chain"
BUNDLE: Final = "dev.sigstore.cosign/bundle"
TIMESTAMP: Final = "dev.sigstore.cosign/rfc3161timestamp"

MAX_PAYLOAD: Final = 64 << 10
MAX_CERTIFICATES: Final = 16
TYPES: Final = frozenset(
    {"cosign container image signature", "https://sigstore.dev/cosign/sign/v1"}
)
"""`critical.type` as cosign writes it."""
_CRITICAL: Final = frozenset({"identity", "image", "type"})
_IMAGE: Final = frozenset({"docker-manifest-digest"})


def simple_signature(evidence: Evidence) -> Signed:
    """A `.sig` layer: the signature over a simple-signing payload. Raises MalformedEvidence or UnsupportedEvidence."""
    signature = _base64(evidence.annotations, SIGNATURE)
    if not signature:
        raise MalformedEvidence(f"annotation {SIGNATURE} is missing")
    if len(evidence.content) > MAX_PAYLOAD:
        raise MalformedEvidence(f"simple-signing payload is larger than {MAX_PAYLOAD} bytes")
    return Signed(
        message=Message(evidence.content),
        signature=signature,
        material=_material(evidence.annotations),
        entries=_entries(evidence.annotations),
        timestamps=_timestamps(evidence.annotations),
        proof_rule=ProofRule.PROMISE,
    )


def attestation(evidence: Evidence, limit: int) -> Signed:
    """A `.att` layer: a DSSE envelope. Raises MalformedEvidence or UnsupportedEvidence."""
    envelope = Envelope.parse(Node.read(evidence.content, "envelope", limit=limit))
    return Signed(
        message=Message(envelope.pae),
        signature=envelope.signature,
        material=_material(evidence.annotations),
        envelope=envelope,
        entries=_entries(evidence.annotations),
        timestamps=_timestamps(evidence.annotations),
        proof_rule=ProofRule.PROMISE,
        # cosign sends the whole envelope, as it stores it, to the timestamp authority.
        timestamped=evidence.content,
        stored=evidence.content,
    )


def signed_digest(payload: bytes) -> Digest:
    """What an authenticated simple-signing payload is about. `docker-reference` and `optional` decide nothing."""
    critical = Node.read(payload, "payload", limit=MAX_PAYLOAD)["critical"]
    if critical["type"].text() not in TYPES:
        raise UnsupportedEvidence(
            "payload.critical.type is not that of a cosign container image signature"
        )
    image = critical["image"]
    digest = image["docker-manifest-digest"].text()
    for part, known in ((critical, _CRITICAL), (image, _IMAGE)):
        # containers-signature(5): what is critical and not understood makes the signature void.
        if not part.value.keys() <= known:
            raise UnsupportedEvidence(f"{part.place} holds what is not understood")
    try:
        return Digest.parse(digest)
    except InvalidDigest:
        raise SubjectMismatch(
            "payload.critical.image.docker-manifest-digest is not a digest"
        ) from None


def _material(annotations: Mapping[str, str]) -> Material:
    certificate = annotations.get(CERTIFICATE)
    if not certificate:
        return KeyHint()
    leaf = load_certificates(_ascii(certificate, CERTIFICATE), f"annotation {CERTIFICATE}", 1)
    chain = annotations.get(CHAIN)
    issuers = (
        load_certificates(_ascii(chain, CHAIN), f"annotation {CHAIN}", MAX_CERTIFICATES)
        if chain
        else ()
    )
    return Certificates(leaf[0], issuers)


def _entries(annotations: Mapping[str, str]) -> tuple[LogEntry, ...]:
    text = annotations.get(BUNDLE)
    if not text:
        return ()
    node = Node.read(_ascii(text, BUNDLE), f"annotation {BUNDLE}", limit=MAX_BYTES)
    payload = node["Payload"]
    body = payload["body"].base64()
    recorded = Node.read(body, "log entry")
    log_id = payload["logID"].digest("sha256")
    return (
        LogEntry(
            log_id=bytes.fromhex(log_id.hex),
            kind=recorded["kind"].text(),
            version=recorded["apiVersion"].text(),
            index=payload["logIndex"].integer(),
            body=body,
            integrated_time=payload["integratedTime"].integer(),
            promise=node["SignedEntryTimestamp"].base64(),
        ),
    )


def _timestamps(annotations: Mapping[str, str]) -> tuple[bytes, ...]:
    text = annotations.get(TIMESTAMP)
    if not text:
        return ()
    node = Node.read(_ascii(text, TIMESTAMP), f"annotation {TIMESTAMP}")
    return (node["SignedRFC3161Timestamp"].base64(),)


def _base64(annotations: Mapping[str, str], key: str) -> bytes:
    try:
        return base64.b64decode(_ascii(annotations.get(key, ""), key), validate=True)
    except binascii.Error:
        raise MalformedEvidence(f"annotation {key} is not base64") from None


def _ascii(text: str, key: str) -> bytes:
    if len(text) > MAX_BYTES or not text.isascii():
        raise MalformedEvidence(f"annotation {key} is not ASCII of at most {MAX_BYTES} characters")
    return text.encode("ascii")
