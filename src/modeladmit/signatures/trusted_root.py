"""A Sigstore trusted root, parsed (protobuf-specs, sigstore_trustroot.proto, version 0.1; 0.2 adds nothing that is read here).

An instance is asked for what its root declares: one that names transparency logs must show log entries, one that names
certificate transparency logs must show their timestamps in certificates, and one without logs (GitHub's internal
instance) must show trusted timestamps.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography import x509

from modeladmit.errors import MalformedEvidence, UnsupportedEvidence, UntrustedSigner
from modeladmit.signatures.document import Node
from modeladmit.signatures.keys import PublicKey, load_der
from modeladmit.signatures.material import load_certificate

MAX_BYTES: Final = 4 << 20
MAX_INSTANCES: Final = 64
MAX_CHAIN: Final = 16

_MEDIA_TYPE: Final = re.compile(
    r"application/vnd\.dev\.sigstore\.trustedroot(\+json;version=0\.[12]|\.v0\.[12]\+json)"
)
_LOG_HASHES: Final = {
    "PKIX_ECDSA_P256_SHA_256": "sha256",
    "PKIX_ECDSA_P384_SHA_384": "sha384",
    "PKIX_ECDSA_P521_SHA_512": "sha512",
    "PKCS1_RSA_PKCS1V5": "sha256",
    "PKIX_RSA_PKCS1V5": "sha256",
    "PKIX_RSA_PKCS1V15_2048_SHA256": "sha256",
    "PKIX_RSA_PKCS1V15_3072_SHA256": "sha256",
    "PKIX_RSA_PKCS1V15_4096_SHA256": "sha256",
    "PKIX_ED25519": "sha512",
}


@dataclass(frozen=True, slots=True)
class Validity:
    """A span of time, both ends included."""

    start: datetime
    end: datetime | None = None

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment and (self.end is None or moment <= self.end)


@dataclass(frozen=True, slots=True)
class Log:
    """A transparency log or a certificate transparency log."""

    key_id: bytes
    key: PublicKey
    algorithm: str
    """Hash that it signs with."""
    validity: Validity
    url: str


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate or timestamp authority: a chain that ends in what is trusted."""

    chain: tuple[x509.Certificate, ...]
    validity: Validity
    url: str


@dataclass(frozen=True, slots=True)
class TrustedRoot:
    """Everything that a Sigstore instance is believed by."""

    certificate_authorities: tuple[Authority, ...]
    logs: tuple[Log, ...]
    certificate_logs: tuple[Log, ...]
    timestamp_authorities: tuple[Authority, ...]


@lru_cache(maxsize=64)
def parse_trusted_root(content: bytes) -> TrustedRoot:
    """Read trusted_root.json. Raises UntrustedSigner with the field that is wrong."""
    try:
        return _parse(content)
    except (MalformedEvidence, UnsupportedEvidence) as problem:
        raise UntrustedSigner(
            f"the trusted root that we were given cannot be used: {problem}"
        ) from None


def _parse(content: bytes) -> TrustedRoot:
    node = Node.read(content, "trusted root", limit=MAX_BYTES)
    if not _MEDIA_TYPE.fullmatch(node["mediaType"].text()):
        raise UnsupportedEvidence("mediaType is not a trusted root of version 0.1 or 0.2")
    return TrustedRoot(
        certificate_authorities=tuple(
            _authority(item) for item in _listed(node, "certificateAuthorities")
        ),
        logs=tuple(_log(item) for item in _listed(node, "tlogs")),
        certificate_logs=tuple(_log(item) for item in _listed(node, "ctlogs")),
        timestamp_authorities=tuple(
            _authority(item) for item in _listed(node, "timestampAuthorities")
        ),
    )


def _listed(node: Node, key: str) -> tuple[Node, ...]:
    found = node.get(key)
    return tuple(found.items(MAX_INSTANCES)) if found else ()


def _log(node: Node) -> Log:
    public = node["publicKey"]
    details = public["keyDetails"].text()
    if details not in _LOG_HASHES:
        raise UnsupportedEvidence(
            f"{public.place}.keyDetails is not a kind of key that logs are verified with"
        )
    return Log(
        key_id=node["logId"]["keyId"].base64(),
        key=load_der(public["rawBytes"].base64()),
        algorithm=_LOG_HASHES[details],
        validity=_validity(public["validFor"]),
        url=_text(node, "baseUrl"),
    )


def _authority(node: Node) -> Authority:
    chain = [item["rawBytes"] for item in node["certChain"]["certificates"].items(MAX_CHAIN)]
    if not chain:
        raise MalformedEvidence(f"{node.place}.certChain is empty")
    return Authority(
        chain=tuple(load_certificate(item.base64(), item.place) for item in chain),
        validity=_validity(node["validFor"]),
        url=_text(node, "uri"),
    )


def _validity(node: Node) -> Validity:
    end = node.get("end")
    return Validity(node["start"].moment(), end.moment() if end else None)


def _text(node: Node, key: str) -> str:
    found = node.get(key)
    return found.text() if found else ""
