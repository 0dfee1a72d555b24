"""Sigstore bundles v0.1 to v0.3 (protobuf-specs, sigstore_bundle.proto).

Unknown fields are ignored, as protobuf does; unknown versions are not.
"""

from dataclasses import dataclass
from typing import Final, Self

from modeladmit.core.digest import Digest
from modeladmit.errors import InvalidDigest, MalformedEvidence, UnsupportedEvidence
from modeladmit.signatures.algorithms import Message
from modeladmit.signatures.document import MAX_BYTES, Node
from modeladmit.signatures.envelope import Envelope
from modeladmit.signatures.material import Certificates, KeyHint, Material, load_certificate
from modeladmit.signatures.signed import ProofRule, Signed
from modeladmit.signatures.transparency.entry import LogEntry

MAX_ENTRIES: Final = 8
MAX_TIMESTAMPS: Final = 32
MAX_CERTIFICATES: Final = 16
MAX_HINT: Final = 1024

_VERSIONS: Final = {
    "application/vnd.dev.sigstore.bundle+json;version=0.1": (0, 1),
    "application/vnd.dev.sigstore.bundle+json;version=0.2": (0, 2),
    "application/vnd.dev.sigstore.bundle+json;version=0.3": (0, 3),
    "application/vnd.dev.sigstore.bundle.v0.3+json": (0, 3),
}
_HASH_NAMES: Final = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}


@dataclass(frozen=True, slots=True)
class MessageSignature:
    """A signature over the artifact itself."""

    signature: bytes
    digest: Digest | None
    """What the bundle says was signed: an unauthenticated hint that must not contradict."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as read: nothing in it is verified."""

    version: tuple[int, int]
    material: Material
    entries: tuple[LogEntry, ...]
    timestamps: tuple[bytes, ...]
    content: Envelope | MessageSignature

    @classmethod
    def parse(cls, content: bytes, *, limit: int = MAX_BYTES) -> Self:
        """Read a bundle's JSON. Raises MalformedEvidence or UnsupportedEvidence."""
        node = Node.read(content, "bundle", limit=limit)
        version = _VERSIONS.get(node["mediaType"].text())
        if version is None:
            raise UnsupportedEvidence(
                "bundle.mediaType is not a sigstore bundle of version 0.1, 0.2 or 0.3"
            )
        material = node["verificationMaterial"]
        timestamps = material.get("timestampVerificationData")
        listed = timestamps.get("rfc3161Timestamps") if timestamps else None
        return cls(
            version=version,
            material=_material(material, version),
            entries=tuple(
                LogEntry.parse(item) for item in material["tlogEntries"].items(MAX_ENTRIES)
            )
            if "tlogEntries" in material
            else (),
            timestamps=tuple(
                item["signedTimestamp"].base64() for item in listed.items(MAX_TIMESTAMPS)
            )
            if listed
            else (),
            content=_content(node),
        )

    def signed(self, artifact: Message) -> Signed:
        """The signature in it, over the envelope or over the artifact."""
        envelope = self.content if isinstance(self.content, Envelope) else None
        return Signed(
            message=artifact if envelope is None else Message(envelope.pae),
            signature=self.content.signature,
            material=self.material,
            claimed_digest=self.content.digest
            if isinstance(self.content, MessageSignature)
            else None,
            envelope=envelope,
            entries=self.entries,
            timestamps=self.timestamps,
            proof_rule=ProofRule.PROMISE if self.version == (0, 1) else ProofRule.PROOF,
        )


def _material(node: Node, version: tuple[int, int]) -> Material:
    given = [key for key in ("publicKey", "certificate", "x509CertificateChain") if key in node]
    if len(given) != 1:
        raise MalformedEvidence(
            f"{node.place} must have exactly one of publicKey, certificate and x509CertificateChain"
        )
    match given[0]:
        case "publicKey":
            hint = node["publicKey"].get("hint")
            text = hint.text() if hint else ""
            if len(text) > MAX_HINT:
                raise MalformedEvidence(
                    f"{node.place}.publicKey.hint is longer than {MAX_HINT} characters"
                )
            return KeyHint(text if text.isprintable() else "")
        case "certificate":
            if version < (0, 3):
                raise MalformedEvidence(f"{node.place}.certificate needs a bundle of version 0.3")
            certificate = node["certificate"]["rawBytes"]
            return Certificates(load_certificate(certificate.base64(), certificate.place))
        case _:
            chain = [
                item["rawBytes"]
                for item in node["x509CertificateChain"]["certificates"].items(MAX_CERTIFICATES)
            ]
            if not chain:
                raise MalformedEvidence(f"{node.place}.x509CertificateChain is empty")
            leaf, *issuers = (load_certificate(item.base64(), item.place) for item in chain)
            return Certificates(leaf, tuple(issuers))


def _content(node: Node) -> Envelope | MessageSignature:
    if ("dsseEnvelope" in node) == ("messageSignature" in node):
        raise MalformedEvidence("bundle must have exactly one of dsseEnvelope and messageSignature")
    if "dsseEnvelope" in node:
        return Envelope.parse(node["dsseEnvelope"])
    content = node["messageSignature"]
    signature = content["signature"].base64()
    if not signature:
        raise MalformedEvidence(f"{content.place}.signature is empty")
    digest = content.get("messageDigest")
    return MessageSignature(signature, _digest(digest) if digest else None)


def _digest(node: Node) -> Digest:
    algorithm = _HASH_NAMES.get(node["algorithm"].text())
    if algorithm is None:
        raise UnsupportedEvidence(f"{node.place}.algorithm is not SHA2_256, SHA2_384 or SHA2_512")
    try:
        return Digest(algorithm, node["digest"].base64().hex())
    except InvalidDigest:
        raise MalformedEvidence(f"{node.place}.digest is not a {algorithm} digest") from None
