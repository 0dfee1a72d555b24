"""Signatures with certificates of an organisation's own authorities."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from modeladmit.core.evidence import CertificateSigner
from modeladmit.core.trust import CertificateAnchor
from modeladmit.errors import BadSignature, MalformedEvidence, UntrustedSigner
from modeladmit.signatures.algorithms import verify, verify_as
from modeladmit.signatures.authentication import Authenticated
from modeladmit.signatures.chains import find_path
from modeladmit.signatures.keys import certificate_key, fingerprint
from modeladmit.signatures.material import Certificates, load_certificates
from modeladmit.signatures.names import names_of
from modeladmit.signatures.signed import Signed
from modeladmit.signatures.timestamps import trusted_times
from modeladmit.signatures.trusted_root import Authority, Validity

MAX_ROOTS: Final = 512
"""More than the certificate authorities of the public web."""
_ALWAYS: Final = Validity(datetime.min.replace(tzinfo=UTC))


def by_certificate(signed: Signed, anchor: CertificateAnchor) -> Authenticated:
    """Verify against certificate authorities.

    With a timestamp by a given authority, the chain must have been valid then, and the signature holds for good.
    Without one, it holds while the chain is valid: `valid_until` says how long. Raises UntrustedSigner, UntrustedTime,
    BadSignature or UnsupportedEvidence.
    """
    roots, authorities = _anchored(anchor.roots, anchor.timestamp_authorities)
    if not isinstance(signed.material, Certificates):
        raise UntrustedSigner("signed with a key, not with a certificate of the given roots")
    leaf = signed.material.leaf
    moments = trusted_times(signed.timestamps, signed.timestamped or signed.signature, authorities)
    path = find_path(leaf, signed.material.issuers, roots, moments)
    key = certificate_key(leaf)
    try:
        if signed.algorithm is None:
            verify(key, signed.signature, signed.message)
        else:
            verify_as(key, signed.algorithm, signed.signature, signed.message)
    except BadSignature:
        raise BadSignature(
            "the signature does not verify with the certificate's key: what it signs was changed"
        ) from None
    signer = CertificateSigner(
        names=names_of(leaf),
        issuer=None,
        trust=anchor.digest,
        subject=leaf.subject.rfc4514_string(),
        key=fingerprint(key),
    )
    limits = [
        limit
        for limit in (signed.expires, None if moments else path.valid_until)
        if limit is not None
    ]
    return Authenticated(
        signer,
        signed_at=min(moments, default=None),
        valid_from=None if moments else path.valid_from,
        valid_until=min(limits, default=None),
    )


@lru_cache(maxsize=64)
def _anchored(
    roots: bytes, timestamp_authorities: bytes
) -> tuple[tuple[x509.Certificate, ...], tuple[Authority, ...]]:
    try:
        anchors = load_certificates(roots, "the list of roots", MAX_ROOTS)
        stamping = (
            load_certificates(timestamp_authorities, "the list of timestamp authorities", MAX_ROOTS)
            if timestamp_authorities
            else ()
        )
    except MalformedEvidence as problem:
        raise UntrustedSigner(
            f"the certificates that we were given cannot be used: {problem}"
        ) from None
    return anchors, tuple(_authorities(stamping))


def _authorities(certificates: tuple[x509.Certificate, ...]) -> list[Authority]:
    """One chain for each certificate that stamps, found by issuer names among those given."""
    chains: list[Authority] = []
    for signer in certificates:
        if not _stamps(signer):
            continue
        chain = [signer]
        while chain[-1].issuer != chain[-1].subject and len(chain) < len(certificates):
            issuer = next((item for item in certificates if item.subject == chain[-1].issuer), None)
            if issuer is None or issuer in chain:
                break
            chain.append(issuer)
        chains.append(Authority(tuple(chain), _ALWAYS, ""))
    return chains


def _stamps(certificate: x509.Certificate) -> bool:
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.TIME_STAMPING in purposes and not _is_authority(certificate)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
