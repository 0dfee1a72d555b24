"""Signed certificate timestamps: a log of certificates knows this one (RFC 6962 section 3.2)."""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.certificate_transparency import (
    LogEntryType,
    SignedCertificateTimestamp,
)

from modeladmit.core.digest import Digest
from modeladmit.errors import BadSignature, UntrustedSigner
from modeladmit.signatures.algorithms import Message, verify_with
from modeladmit.signatures.trusted_root import Log

MAX_TIMESTAMPS: Final = 16
_MAX_CERTIFICATE: Final = (1 << 24) - 1
_MAX_EXTENSIONS: Final = (1 << 16) - 1
_SHA256: Final = "sha256"


def verify_embedded(leaf: x509.Certificate, issuer: x509.Certificate, logs: Sequence[Log]) -> None:
    """At least one embedded timestamp must be by a trusted log. Raises UntrustedSigner."""
    try:
        embedded = leaf.extensions.get_extension_for_class(
            x509.PrecertificateSignedCertificateTimestamps
        ).value
    except x509.ExtensionNotFound:
        raise UntrustedSigner(
            "the certificate has no signed certificate timestamp: no log of certificates knows it, and the trusted root lists some in ctlogs"
        ) from None
    for timestamp in list(embedded)[:MAX_TIMESTAMPS]:
        for log in logs:
            if (
                log.key_id == timestamp.log_id
                and _moment(timestamp) in log.validity
                and _verifies(timestamp, leaf, issuer, log)
            ):
                return
    raise UntrustedSigner(
        "the certificate's signed certificate timestamp is not by a certificate log of the trusted root (ctlogs)"
    )


def _verifies(
    timestamp: SignedCertificateTimestamp,
    leaf: x509.Certificate,
    issuer: x509.Certificate,
    log: Log,
) -> bool:
    if timestamp.entry_type is not LogEntryType.PRE_CERTIFICATE:
        return False
    if timestamp.signature_hash_algorithm.name != _SHA256:
        return False
    try:
        verify_with(
            log.key, _SHA256, timestamp.signature, Message(_signed(timestamp, leaf, issuer))
        )
    except BadSignature:
        return False
    return True


def _signed(
    timestamp: SignedCertificateTimestamp, leaf: x509.Certificate, issuer: x509.Certificate
) -> bytes:
    """The `digitally-signed` struct over a precertificate entry."""
    key = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    certificate, extensions = leaf.tbs_precertificate_bytes, timestamp.extension_bytes
    if len(certificate) > _MAX_CERTIFICATE or len(extensions) > _MAX_EXTENSIONS:
        raise UntrustedSigner("the certificate is too large for a signed certificate timestamp")
    milliseconds = round(_moment(timestamp).timestamp() * 1000)
    return b"".join(
        (
            struct.pack(
                "!BBQH", timestamp.version.value, 0, milliseconds, timestamp.entry_type.value
            ),
            bytes.fromhex(Digest.sha256(key).hex),
            len(certificate).to_bytes(3, "big"),
            certificate,
            struct.pack("!H", len(extensions)),
            extensions,
        )
    )


def _moment(timestamp: SignedCertificateTimestamp) -> datetime:
    return timestamp.timestamp.replace(tzinfo=UTC)
