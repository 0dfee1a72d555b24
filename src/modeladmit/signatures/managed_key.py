"""Signatures by a managed key."""

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from modeladmit.core.evidence import KeySigner
from modeladmit.core.trust import KeyAnchor
from modeladmit.errors import BadSignature, UntrustedSigner
from modeladmit.signatures.algorithms import verify
from modeladmit.signatures.authentication import Authenticated
from modeladmit.signatures.keys import fingerprint, load_pem
from modeladmit.signatures.logged import logged_times
from modeladmit.signatures.material import Certificates
from modeladmit.signatures.signed import Signed
from modeladmit.signatures.timestamps import trusted_times
from modeladmit.signatures.trusted_root import parse_trusted_root


def by_key(signed: Signed, anchor: KeyAnchor) -> Authenticated:
    """Verify with a managed key.

    Nothing but the key counts: hints and certificates that came along are not read. If the anchor has a trusted root, log entries and
    timestamps that came along must hold too, and give the time. Raises BadSignature, UntrustedSigner, UntrustedLog or
    UnsupportedEvidence.
    """
    key = load_pem(anchor.pem)
    try:
        verify(key, signed.signature, signed.message)
    except BadSignature:
        if isinstance(signed.material, Certificates):
            raise UntrustedSigner(
                f"signed with a certificate, not with the key {anchor.fingerprint.short}"
            ) from None
        raise BadSignature(
            f"the signature does not verify with the key {anchor.fingerprint.short}: another key made it, or what it signs was changed"
        ) from None
    if not anchor.trusted_root:
        return Authenticated(KeySigner(fingerprint(key)), valid_until=signed.expires)
    signer = KeySigner(fingerprint(key), anchor.digest)
    root = parse_trusted_root(anchor.trusted_root)
    moments = trusted_times(
        signed.timestamps, signed.timestamped or signed.signature, root.timestamp_authorities
    )
    if signed.entries and root.logs:
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        moments = logged_times(signed, root.logs, moments, der)
    return Authenticated(signer, signed_at=min(moments, default=None), valid_until=signed.expires)
