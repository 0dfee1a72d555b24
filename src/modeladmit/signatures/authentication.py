"""Who signed, proven: one signature against one anchor of trust."""

from dataclasses import dataclass
from datetime import datetime

from modeladmit.core.evidence import KeySigner, Signer
from modeladmit.core.trust import KeyAnchor
from modeladmit.errors import BadSignature, UntrustedSigner
from modeladmit.signatures.keys import fingerprint, load_pem, verify
from modeladmit.signatures.material import Certificates
from modeladmit.signatures.signed import Signed


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A proven signer, and what is known of when."""

    signer: Signer
    signed_at: datetime | None = None
    valid_until: datetime | None = None


def by_key(signed: Signed, anchor: KeyAnchor) -> Authenticated:
    """Verify with a managed key.

    Nothing but the key counts: hints, certificates and log entries that came along are not read. Raises BadSignature,
    UntrustedSigner or UnsupportedEvidence.
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
    return Authenticated(KeySigner(fingerprint(key)))
