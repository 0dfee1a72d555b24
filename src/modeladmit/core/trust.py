"""What a policy trusts, as bytes: keys, Sigstore trusted roots, certificate authorities. Given, never fetched, by verification."""

from dataclasses import dataclass

from modeladmit.core.digest import Digest


@dataclass(frozen=True, slots=True)
class KeyAnchor:
    """A managed public key. Keys never touch TUF."""

    pem: bytes
    """SubjectPublicKeyInfo in PEM (RFC 7468 section 13)."""
    fingerprint: Digest
    """SHA-256 of the DER SubjectPublicKeyInfo."""
    trusted_root: bytes = b""
    """A Sigstore trusted root whose logs and timestamp authorities vouch for the time of signatures by this key.
    Empty: such signatures have no trusted time, so that nothing can be asked about their age."""

    @property
    def digest(self) -> Digest:
        """Identity of this trust material for caches."""
        if not self.trusted_root:
            return self.fingerprint
        return Digest.sha256(b"key\0" + self.fingerprint.hex.encode() + self.trusted_root)


@dataclass(frozen=True, slots=True)
class SigstoreAnchor:
    """A Sigstore trusted root: Fulcio, transparency logs, CT logs, timestamp authorities."""

    trusted_root: bytes
    """JSON, `application/vnd.dev.sigstore.trustedroot+json`, version 0.1 or 0.2."""

    @property
    def digest(self) -> Digest:
        """Identity of this trust material for caches."""
        return Digest.sha256(b"sigstore\0" + self.trusted_root)


@dataclass(frozen=True, slots=True)
class CertificateAnchor:
    """Certificate authorities of an organisation, and the timestamp authorities that it believes."""

    roots: bytes
    """PEM, one or more certificates that are believed as they are."""
    timestamp_authorities: bytes = b""
    """PEM chains of RFC 3161 authorities; empty: a certificate must be valid now."""

    @property
    def digest(self) -> Digest:
        """Identity of this trust material for caches."""
        return Digest.sha256(
            b"certificates\0"
            + len(self.roots).to_bytes(8, "big")
            + self.roots
            + self.timestamp_authorities
        )


TrustAnchor = KeyAnchor | SigstoreAnchor | CertificateAnchor
