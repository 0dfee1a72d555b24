"""What stores say and what signatures prove: facts, before anybody judges them.

A source turns a reference into an `Artifact` and its `Evidence` bytes; `signatures` turns evidence into an
`Attestation`; what could not be found out is a `Gap`. All three are facts and may be cached; verdicts never are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from modeladmit.core.digest import Digest
from modeladmit.core.pin import Pin
from modeladmit.core.reference import Reference


class Format(StrEnum):
    """Model file formats, by what loading them means."""

    SAFETENSORS = "Safetensors"
    GGUF = "GGUF"
    ONNX = "ONNX"
    PICKLE = "Pickle"
    """Any format whose loading may execute code: .pt .bin .pkl .ckpt .joblib .h5 …"""
    TENSORRT = "TensorRT"
    TORCHSCRIPT = "TorchScript"
    SAVED_MODEL = "SavedModel"
    ARCHIVE = "Archive"
    CODE = "Code"
    DATA = "Data"
    """Configuration, tokenizer, template, documentation: no weights."""
    OTHER = "Other"


@dataclass(frozen=True, slots=True)
class ArtifactFile:
    """One file of an artifact as its store lists it."""

    name: str
    size: int | None = None
    """Bytes."""
    digest: Digest | None = None
    format: Format = Format.OTHER
    verified: bool = False
    """True when we hashed the bytes; False when the store only asserts the digest."""


@dataclass(frozen=True, slots=True)
class Executable:
    """Something in an artifact that runs when it is loaded."""

    kind: str
    """`auto_map`, `custom-code`, `pickle`, `chat-template`, `archive`."""
    file: str
    detail: str = ""
    elsewhere: str | None = None
    """Another repository that the code comes from (`auto_map: other/repo--module.Class`)."""


class EvidenceKind(StrEnum):
    """Forms in which signatures and attestations are stored (facts: model-artifacts C.9)."""

    SIGSTORE_BUNDLE = "sigstore-bundle"
    """`application/vnd.dev.sigstore.bundle*+json`: content is the bundle's JSON."""
    COSIGN_SIGNATURE = "cosign-signature"
    """Simple-signing payload; annotations hold signature, certificate, chain, bundle, timestamp."""
    COSIGN_ATTESTATION = "cosign-attestation"
    """DSSE envelope in a `.att` layer; annotations as above."""
    MODEL_SIGNATURE = "model-signature"
    """OpenSSF Model Signing: a sigstore bundle over a manifest of files (`model.sig`)."""
    NOTATION_JWS = "notation-jws"
    """`application/jose+json`."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Bytes that somebody stored beside an artifact. Unverified; annotations are hints and decide nothing."""

    kind: EvidenceKind
    content: bytes
    origin: str
    """Where it was found, for messages: a digest, tag or file name."""
    annotations: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    """Why there is no content, in words for people: what lies there and cannot be read is a fact too."""

    @classmethod
    def unread(cls, kind: EvidenceKind, origin: str, why: str) -> "Evidence":
        """What lies there and cannot be read."""
        return cls(kind, b"", origin, problem=f"{origin}: {why}")

    @property
    def digest(self) -> Digest:
        """Identity of the evidence for caches: over kind, content, problem and every annotation."""
        parts = [self.kind.encode(), self.content, self.problem.encode("utf-8", "surrogatepass")]
        for key in sorted(self.annotations):
            parts += [
                key.encode("utf-8", "surrogatepass"),
                self.annotations[key].encode("utf-8", "surrogatepass"),
            ]
        return Digest.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts))


@dataclass(frozen=True, slots=True)
class EvidenceSet:
    """All evidence that a store holds beside an artifact at this moment."""

    evidence: tuple[Evidence, ...] = ()
    anonymous: bool = False
    """Read without credentials, so the fact may be shared between tenants. It may lie elsewhere than the artifact."""

    def __add__(self, other: "EvidenceSet") -> "EvidenceSet":
        return EvidenceSet(self.evidence + other.evidence, self.anonymous and other.anonymous)


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a reference is at this moment, as its store says it."""

    reference: Reference
    """As asked."""
    digest: Digest | None = None
    """Content digest: the manifest digest in OCI; elsewhere over (name, algorithm, digest) of every file, if all are known."""
    revision: str | None = None
    """Immutable id of the store, where it has one."""
    media_type: str | None = None
    size: int | None = None
    files: tuple[ArtifactFile, ...] = ()
    executables: tuple[Executable, ...] = ()
    platforms: tuple[Digest, ...] = ()
    """For an OCI index: the manifests it lists."""
    anonymous: bool = False
    """Fetched without credentials, so the fact may be shared between tenants."""

    @property
    def pinned(self) -> Reference:
        """The reference with what it resolved to."""
        digest = self.digest if self.reference.scheme == "oci" else self.reference.digest
        return self.reference.pinned(digest=digest, revision=self.revision)

    @property
    def pin(self) -> Pin:
        """The strongest pin that writing the resolved reference would give."""
        return self.pinned.pin

    @property
    def formats(self) -> tuple[Format, ...]:
        """Formats of the files that hold weights or code, each once, in name order."""
        return tuple(sorted({file.format for file in self.files} - {Format.DATA}))


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be found out: a value with a reason, not a log line."""

    code: str
    """Finding code of the exception it comes from."""
    detail: str
    transient: bool = False
    """A transport failure of a host; everything an author or publisher can cause is not."""


@dataclass(frozen=True, slots=True)
class KeySigner:
    """A managed key, known by the SHA-256 of its DER SubjectPublicKeyInfo."""

    fingerprint: Digest
    trust: Digest | None = None
    """Digest of the trust material that vouches for the time of the statement; None when nothing does."""


@dataclass(frozen=True, slots=True)
class CertificateSigner:
    """A certificate that chained to trusted roots at a trusted time. Whether its names are enough, policy says."""

    names: tuple[str, ...]
    """Subject alternative names (RFC 5280 4.2.1.6): e-mail addresses, URIs, DNS names, otherNames."""
    issuer: str | None
    """OIDC issuer from the Fulcio extension 1.3.6.1.4.1.57264.1.8 (or .1); None outside Fulcio."""
    trust: Digest
    """Digest of the trust material it was verified with."""
    subject: str = ""
    """RFC 4514 distinguished name."""
    claims: Mapping[str, str] = field(default_factory=dict)
    """Fulcio extensions by their names: sourceRepositoryURI, buildSignerURI …"""
    key: Digest | None = None
    """SHA-256 of its DER SubjectPublicKeyInfo, where the key outlives the signature: the same key is the same voice."""


Signer = KeySigner | CertificateSigner


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One file that a model signature covers."""

    name: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class Attestation:
    """An authenticated statement: who said what about which bytes, and when. Proven, not yet judged."""

    signer: Signer
    subjects: tuple[Digest, ...]
    """Digests of what it speaks about; empty for a model signature, which names `manifest` instead."""
    predicate_type: str | None
    """in-toto predicateType; None for a plain signature (simple signing, message signature)."""
    predicate: Any = None
    signed_at: datetime | None = None
    """Trusted time, from a timestamp authority or a log's promise; None when nobody trusted vouches for one."""
    valid_from: datetime | None = None
    """When a certificate signs without trusted time: since when its chain is valid."""
    valid_until: datetime | None = None
    """When a certificate signs without trusted time: the statement counts only until the chain expires."""
    manifest: tuple[ManifestEntry, ...] = ()
    """For model signatures: the files signed, sorted by name."""
    ignored_paths: tuple[str, ...] = ()
    """For model signatures: paths that the signer left out."""
    names: tuple[str, ...] = ()
    """Subject names, for messages only: they are not authenticated identities of a model."""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Evidence that proves nothing: which step failed, for which signer, in the field's words."""

    origin: str
    step: str
    """`read`, `parse`, `signature`, `certificate`, `log`, `time`, `subject`, `manifest`."""
    detail: str
    signer: str | None = None
    """What is known of the signer, unauthenticated: a key fingerprint or certificate names."""
