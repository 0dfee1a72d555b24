"""Signatures with certificates of a Sigstore instance (sigstore/architecture-docs, client-spec.md, section 4)."""

from cryptography.hazmat.primitives.serialization import Encoding

from modeladmit.core.evidence import CertificateSigner
from modeladmit.core.trust import SigstoreAnchor
from modeladmit.errors import (
    BadSignature,
    MalformedEvidence,
    UntrustedLog,
    UntrustedSigner,
    UntrustedTime,
)
from modeladmit.signatures import fulcio, sct
from modeladmit.signatures.algorithms import verify
from modeladmit.signatures.authentication import Authenticated
from modeladmit.signatures.keys import certificate_key, fingerprint
from modeladmit.signatures.logged import logged_times
from modeladmit.signatures.material import Certificates
from modeladmit.signatures.names import names_of
from modeladmit.signatures.signed import Signed
from modeladmit.signatures.timestamps import trusted_times
from modeladmit.signatures.trusted_root import parse_trusted_root


def by_sigstore(signed: Signed, anchor: SigstoreAnchor) -> Authenticated:
    """Verify against a trusted root. Whether the proven identity is enough, policy says.

    Raises UntrustedSigner, UntrustedLog, UntrustedTime, BadSignature, MalformedEvidence or UnsupportedEvidence.
    """
    root = parse_trusted_root(anchor.trusted_root)
    if not isinstance(signed.material, Certificates):
        raise UntrustedSigner("signed with a key, not with a certificate of the trusted root")
    leaf = signed.material.leaf
    if any(certificate.issuer == certificate.subject for certificate in signed.material.issuers):
        raise MalformedEvidence(
            "the certificates bring a root along; roots are given, not taken from the evidence"
        )
    fulcio.check_profile(leaf)
    key = certificate_key(leaf)
    try:
        verify(key, signed.signature, signed.message)
    except BadSignature:
        raise BadSignature(
            "the signature does not verify with the certificate's key: what it signs was changed"
        ) from None
    moments = trusted_times(
        signed.timestamps, signed.timestamped or signed.signature, root.timestamp_authorities
    )
    if root.logs:
        try:
            moments = logged_times(signed, root.logs, moments, leaf.public_bytes(Encoding.DER))
        except UntrustedLog:
            # Another instance has other logs, too: its certificate is the plainer reason.
            if not fulcio.is_known(leaf, root.certificate_authorities):
                raise UntrustedSigner(fulcio.UNKNOWN) from None
            raise
    if not moments and not fulcio.is_known(leaf, root.certificate_authorities):
        raise UntrustedSigner(fulcio.UNKNOWN)
    if not moments:
        raise UntrustedTime(
            "nobody trusted vouches for the time of signing: there is no inclusion promise, and no timestamp by a timestamp authority of the trusted root"
        )
    issuer = fulcio.find_issuer(leaf, root.certificate_authorities, moments)
    if root.certificate_logs:
        sct.verify_embedded(leaf, issuer, root.certificate_logs)
    signer = CertificateSigner(
        names=names_of(leaf),
        issuer=fulcio.oidc_issuer(leaf),
        trust=anchor.digest,
        subject=leaf.subject.rfc4514_string(),
        claims=fulcio.claims_of(leaf),
        # Attack: Fulcio certifies any key, the release key too; one signature would be two voices.
        key=fingerprint(key),
    )
    return Authenticated(signer, signed_at=min(moments), valid_until=signed.expires)
