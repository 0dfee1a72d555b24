"""X.509 paths to certificate authorities of an organisation (RFC 5280 section 6, the part that code signing needs).

`cryptography.x509.verification` follows the web's profile, which refuses what model-signing's own test chains do (a leaf
with cA set); so the path is walked here, with the library checking every signature and issuer name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

from modeladmit.errors import UntrustedSigner, UntrustedTime
from modeladmit.signatures.keys import certificate_key

MAX_DEPTH: Final = 8
MAX_STEPS: Final = 64
"""Signature checks for one leaf: issuers with equal names must not cost without end."""

_UNDERSTOOD: Final = frozenset(
    {
        x509.BasicConstraints.oid,
        x509.KeyUsage.oid,
        x509.ExtendedKeyUsage.oid,
        x509.SubjectAlternativeName.oid,
        x509.SubjectKeyIdentifier.oid,
        x509.AuthorityKeyIdentifier.oid,
        x509.CertificatePolicies.oid,
    }
)


@dataclass(frozen=True, slots=True)
class Path:
    """A leaf and its issuers up to one that is trusted, and the time in which all of them are valid."""

    certificates: tuple[x509.Certificate, ...]

    @property
    def valid_from(self) -> datetime:
        """Latest start of validity."""
        return max(certificate.not_valid_before_utc for certificate in self.certificates)

    @property
    def valid_until(self) -> datetime:
        """Earliest end of validity."""
        return min(certificate.not_valid_after_utc for certificate in self.certificates)


def find_path(
    leaf: x509.Certificate,
    issuers: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    moments: Sequence[datetime],
) -> Path:
    """A path that is valid at every moment, or, without moments, the one that stays valid longest.

    Raises UntrustedSigner or UntrustedTime.
    """
    _check_leaf(leaf)
    paths = list(_paths(leaf, issuers, anchors))
    if not paths:
        issuer = leaf.issuer.rfc4514_string()
        raise UntrustedSigner(
            f"the certificate does not chain to the given roots; it was issued by {issuer or 'an unnamed authority'}"
        )
    sound = [path for path in paths if path.valid_from <= path.valid_until]
    fitting = [
        path
        for path in sound
        if all(path.valid_from <= moment <= path.valid_until for moment in moments)
    ]
    if not fitting:
        raise UntrustedTime("the certificate chain was not valid at the time of signing")
    return max(fitting, key=lambda path: path.valid_until)


def _paths(
    leaf: x509.Certificate, issuers: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate]
) -> Iterator[Path]:
    if leaf in anchors:
        yield Path((leaf,))
        return
    steps = 0
    unfinished: list[tuple[x509.Certificate, ...]] = [(leaf,)]
    while unfinished:
        path = unfinished.pop()
        for candidate in (*anchors, *issuers):
            if (
                candidate in path
                or candidate.subject != path[-1].issuer
                or not _may_issue(candidate, len(path) - 1)
            ):
                continue
            steps += 1
            if steps > MAX_STEPS:
                return
            issued = _issued if path[-1] is leaf else _issued_authority
            if not issued(path[-1], candidate):
                continue
            longer = (*path, candidate)
            if candidate in anchors:
                yield Path(longer)
            elif len(longer) < MAX_DEPTH:
                unfinished.append(longer)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


@lru_cache(maxsize=1024)
def _issued_authority(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """The same few authorities stand above every leaf."""
    return _issued(certificate, issuer)


def _check_leaf(leaf: x509.Certificate) -> None:
    """It must be allowed to sign, by what it says of itself. Raises UntrustedSigner."""
    if leaf.version is not x509.Version.v3:
        raise UntrustedSigner("the certificate is not of X.509 version 3")
    _check_critical(leaf)
    usage, purposes = _usage(leaf), _purposes(leaf)
    if usage is None and purposes is None:
        raise UntrustedSigner(
            "the certificate says nowhere that it may sign; it needs key usage digitalSignature or purpose codeSigning"
        )
    if usage is not None and not usage.digital_signature:
        raise UntrustedSigner("the certificate's key usage does not allow digitalSignature")
    if purposes is not None and not _signs_code(purposes):
        raise UntrustedSigner("the certificate's extended key usage does not allow codeSigning")
    certificate_key(leaf)


def _may_issue(authority: x509.Certificate, below: int) -> bool:
    """Whether a certificate may stand above a path with `below` authorities in it."""
    try:
        _check_critical(authority)
        constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (UntrustedSigner, x509.ExtensionNotFound):
        return False
    if any(extension.oid == x509.NameConstraints.oid for extension in authority.extensions):
        # RFC 5280 section 4.2.1.10 wants it critical, some leave that out: what it forbids is not computed here,
        # and an authority for some names must not vouch for others.
        return False
    usage, purposes = _usage(authority), _purposes(authority)
    return (
        constraints.ca
        and (constraints.path_length is None or constraints.path_length >= below)
        and (usage is None or usage.key_cert_sign)
        and (purposes is None or _signs_code(purposes))
    )


def _check_critical(certificate: x509.Certificate) -> None:
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in _UNDERSTOOD:
            raise UntrustedSigner(
                f"the critical certificate extension {extension.oid.dotted_string} is not understood"
            )


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _purposes(certificate: x509.Certificate) -> x509.ExtendedKeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _signs_code(purposes: x509.ExtendedKeyUsage) -> bool:
    return any(
        purpose in {ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
        for purpose in purposes
    )
