"""Certificates that Fulcio issues: who asked for them, by whose word, and whether a log of certificates knows them.

Profile: sigstore/fulcio, docs/certificate-specification.md; claims: docs/oid-info.md.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store
from cryptography.x509.verification import VerificationError as ChainError

from modeladmit.errors import UntrustedSigner, UntrustedTime
from modeladmit.signatures.names import utf8_string
from modeladmit.signatures.trusted_root import Authority

UNKNOWN: Final = "the certificate was not issued by any certificate authority of the trusted root"
_ARC: Final = "1.3.6.1.4.1.57264.1."
_LEGACY_ISSUER: Final = 1
_ISSUER: Final = 8
_LEGACY_CLAIMS: Final = {
    2: "githubWorkflowTrigger",
    3: "githubWorkflowSHA",
    4: "githubWorkflowName",
    5: "githubWorkflowRepository",
    6: "githubWorkflowRef",
}
_CLAIMS: Final = {
    9: "buildSignerURI",
    10: "buildSignerDigest",
    11: "runnerEnvironment",
    12: "sourceRepositoryURI",
    13: "sourceRepositoryDigest",
    14: "sourceRepositoryRef",
    15: "sourceRepositoryIdentifier",
    16: "sourceRepositoryOwnerURI",
    17: "sourceRepositoryOwnerIdentifier",
    18: "buildConfigURI",
    19: "buildConfigDigest",
    20: "buildTrigger",
    21: "runInvocationURI",
    22: "sourceRepositoryVisibilityAtSigning",
    23: "deploymentEnvironment",
}


def check_profile(leaf: x509.Certificate) -> None:
    """A signing certificate, and no authority. Raises UntrustedSigner."""
    extensions = leaf.extensions
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        raise UntrustedSigner("the certificate does not say what it may be used for") from None
    if not usage.digital_signature:
        raise UntrustedSigner("the certificate's key usage does not allow digitalSignature")
    if ExtendedKeyUsageOID.CODE_SIGNING not in purposes:
        raise UntrustedSigner("the certificate's extended key usage does not allow codeSigning")
    if is_authority(leaf):
        raise UntrustedSigner("the certificate is that of an authority, not of a signer")


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may issue certificates."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def is_known(leaf: x509.Certificate, authorities: Sequence[Authority]) -> bool:
    """Whether a leaf is by an authority of the root at all, whenever: for the plainest reason of a refusal."""
    return any(
        leaf.issuer == certificate.subject and _issued(leaf, certificate, leaf.not_valid_before_utc)
        for authority in authorities
        for certificate in authority.chain
    )


def find_issuer(
    leaf: x509.Certificate, authorities: Sequence[Authority], moments: Sequence[datetime]
) -> x509.Certificate:
    """The authority's certificate that issued a leaf, with a chain that was valid at every moment (at least one).

    Raises UntrustedSigner or UntrustedTime.
    """
    for moment in moments:
        if not leaf.not_valid_before_utc <= moment <= leaf.not_valid_after_utc:
            raise UntrustedTime(
                f"signed at {moment:%Y-%m-%dT%H:%M:%SZ}, but the certificate is valid from"
                f" {leaf.not_valid_before_utc:%Y-%m-%dT%H:%M:%SZ} to {leaf.not_valid_after_utc:%Y-%m-%dT%H:%M:%SZ}"
            )
    issuers = [
        (authority, position)
        for authority in authorities
        for position, certificate in enumerate(authority.chain)
        if leaf.issuer == certificate.subject and _issued(leaf, certificate, moments[0])
    ]
    if not issuers:
        raise UntrustedSigner(UNKNOWN)
    for authority, position in issuers:
        if all(
            moment in authority.validity and _valid(authority.chain[position:], moment)
            for moment in moments
        ):
            return authority.chain[position]
    raise UntrustedSigner(
        f"the certificate authority that issued the certificate is not believed at {moments[0]:%Y-%m-%dT%H:%M:%SZ} by the trusted root"
    )


def oidc_issuer(certificate: x509.Certificate) -> str | None:
    """Who vouched for the identity; the newer extension wins over the older, which has no DER around its text."""
    found = _extensions(certificate)
    if _ISSUER in found:
        return utf8_string(found[_ISSUER])
    return _raw(found[_LEGACY_ISSUER]) if _LEGACY_ISSUER in found else None


def claims_of(certificate: x509.Certificate) -> Mapping[str, str]:
    """Fulcio's extensions by name. Values that cannot be read are left out: a policy that asks for them fails."""
    found = _extensions(certificate)
    texts = {
        name: utf8_string(found[number]) for number, name in _CLAIMS.items() if number in found
    }
    texts |= {
        name: _raw(found[number]) for number, name in _LEGACY_CLAIMS.items() if number in found
    }
    return {name: text for name, text in texts.items() if text is not None}


def _extensions(certificate: x509.Certificate) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for extension in certificate.extensions:
        dotted = extension.oid.dotted_string
        if dotted.startswith(_ARC) and isinstance(extension.value, x509.UnrecognizedExtension):
            number = dotted.removeprefix(_ARC)
            if number.isdecimal():
                found[int(number)] = extension.value.value
    return found


def _raw(value: bytes) -> str | None:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _valid(chain: Sequence[x509.Certificate], moment: datetime) -> bool:
    return all(
        certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc
        for certificate in chain
    )


def _issued(leaf: x509.Certificate, issuer: x509.Certificate, moment: datetime) -> bool:
    """Path validation by the library from a leaf to its issuer.

    The chains of a trusted root are given, not found in evidence: each certificate in them is believed, as sigstore-python
    does; their signatures on each other prove nothing more.
    """
    # The library asks clients for the purpose clientAuth; `check_profile` asks for codeSigning instead.
    authorities = ExtensionPolicy.webpki_defaults_ca().may_be_present(
        x509.ExtendedKeyUsage, Criticality.NON_CRITICAL, None
    )
    leaves = ExtensionPolicy.webpki_defaults_ee().may_be_present(
        x509.ExtendedKeyUsage, Criticality.NON_CRITICAL, None
    )
    verifier = (
        PolicyBuilder()
        .store(Store([issuer]))
        .time(moment.replace(tzinfo=None))
        .extension_policies(ca_policy=authorities, ee_policy=leaves)
        .build_client_verifier()
    )
    try:
        verifier.verify(leaf, [])
    except (ChainError, x509.UnsupportedGeneralNameType, ValueError):
        return False
    return True
