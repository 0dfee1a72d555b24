"""Options that say whose signature is expected, and the anchor of trust and identity that they make."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from modeladmit.cli.exits import Exit
from modeladmit.core.authority import ExactText, Identity
from modeladmit.core.evidence import (
    Attestation,
    CertificateSigner,
    KeySigner,
    Rejection,
    Signer,
)
from modeladmit.core.refusals import passes, told
from modeladmit.core.trust import CertificateAnchor, KeyAnchor, SigstoreAnchor, TrustAnchor
from modeladmit.errors import VerificationError
from modeladmit.signatures.keys import parse_key
from modeladmit.signatures.public_good import public_good_anchor
from modeladmit.signatures.verifier import VerifiedModel

F = TypeVar("F", bound=Callable[..., Any])
Proof = TypeVar("Proof", Attestation, VerifiedModel)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class ExpectedSigner:
    """Whom the caller trusts."""

    anchor: TrustAnchor
    identity: Identity | None

    def proves(self, found: Proof | Rejection) -> Proof:
        """The proof; ends the command with what is wrong when it proves nothing, or another signer."""
        if isinstance(found, Rejection):
            refusal: str | None = f"{told(found)}\n  fix: {passes(found)}"
        else:
            refusal = self._objection(
                found.signer, found.valid_from, found.valid_until, datetime.now(UTC)
            )
            if refusal is None:
                return found
        click.echo(f"refused: {refusal}", err=True)
        raise click.exceptions.Exit(Exit.DENIED)

    def _objection(
        self,
        signer: Signer,
        valid_from: datetime | None,
        valid_until: datetime | None,
        now: datetime,
    ) -> str | None:
        """Why a proven signer is not the expected one, or None when he is."""
        if valid_from is not None and now < valid_from:
            return (
                f"time: the certificate is valid only from {valid_from:%Y-%m-%dT%H:%M:%SZ}"
                "\n  fix: verify again then, or sign with a certificate that is valid now"
            )
        if valid_until is not None and now > valid_until:
            return (
                f"time: the certificate expired at {valid_until:%Y-%m-%dT%H:%M:%SZ} and no trusted timestamp shows that it was valid"
                "\n  fix: sign again with a certificate that is valid now"
            )
        if (
            not isinstance(signer, CertificateSigner)
            or self.identity is None
            or self.identity.accepts(signer)
        ):
            return None
        by = f" from {signer.issuer}" if signer.issuer else ""
        trusted = (
            f"--certificate-identity {signer.names[0]}" if signer.names else "another certificate"
        )
        if signer.issuer and signer.names:
            trusted += f" --certificate-oidc-issuer {signer.issuer}"
        return (
            f"identity: signed by {', '.join(signer.names) or signer.subject}{by}, which is not who was asked for"
            f"\n  fix: if that is whom you trust: {trusted}"
        )


def signer_options(function: F) -> F:
    """`--key | --certificate-chain | --certificate-identity --certificate-oidc-issuer`, and `--trusted-root`."""
    options = (
        click.option("--key", type=FILE, help="Public key in PEM."),
        click.option(
            "--certificate-chain",
            type=FILE,
            multiple=True,
            help="Trusted certificates in PEM. May be repeated.",
        ),
        click.option(
            "--certificate-identity",
            metavar="NAME",
            help="A name that the certificate must carry, exactly.",
        ),
        click.option(
            "--certificate-oidc-issuer",
            metavar="URL",
            help="Who must have vouched for the name, exactly.",
        ),
        click.option(
            "--trusted-root",
            type=FILE,
            help="trusted_root.json of a Sigstore instance; without it: sigstore.dev's, as shipped.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def expected_signer(
    key: Path | None,
    certificate_chain: tuple[Path, ...],
    certificate_identity: str | None,
    certificate_oidc_issuer: str | None,
    trusted_root: Path | None,
) -> ExpectedSigner:
    """Make sense of the options. Raises UsageError."""
    if key is not None:
        if certificate_chain or certificate_identity or certificate_oidc_issuer:
            raise click.UsageError("--key stands alone: a key has no certificate")
        return ExpectedSigner(_key(key), None)
    if certificate_chain:
        if certificate_oidc_issuer or trusted_root:
            raise click.UsageError(
                "--certificate-chain is for an organisation's own authorities: no OIDC issuer, no trusted root"
            )
        roots = b"\n".join(path.read_bytes() for path in certificate_chain)
        identity = Identity(ExactText(certificate_identity), None) if certificate_identity else None
        return ExpectedSigner(CertificateAnchor(roots), identity)
    if not certificate_identity or not certificate_oidc_issuer:
        raise click.UsageError(
            "say whose signature is expected: --key, --certificate-chain, or --certificate-identity with --certificate-oidc-issuer"
        )
    anchor = SigstoreAnchor(trusted_root.read_bytes()) if trusted_root else public_good_anchor()
    return ExpectedSigner(
        anchor, Identity(ExactText(certificate_identity), ExactText(certificate_oidc_issuer))
    )


def described(signer: Signer, signed_at: datetime | None) -> str:
    """The proven signer in a few words."""
    when = f" at {signed_at:%Y-%m-%dT%H:%M:%SZ}" if signed_at else ""
    match signer:
        case KeySigner(fingerprint):
            return f"the key {fingerprint}{when}"
        case CertificateSigner():
            issuer = f" from {signer.issuer}" if signer.issuer else ""
            return f"{', '.join(signer.names) or signer.subject}{issuer}{when}"


def _key(path: Path) -> KeyAnchor:
    try:
        return parse_key(path.read_bytes())
    except VerificationError as error:
        raise click.BadParameter(f"{path}: {error}", param_hint="--key") from None
