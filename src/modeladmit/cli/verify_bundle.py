"""`modeladmit verify-bundle`: one Sigstore bundle, offline. Speaks the protocol of the sigstore-conformance suite."""

from dataclasses import replace
from pathlib import Path

import click

from modeladmit.cli.signers import FILE, described, expected_signer, signer_options
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Evidence, EvidenceKind
from modeladmit.core.trust import KeyAnchor
from modeladmit.errors import InvalidDigest
from modeladmit.signatures.files.hashing import Span, hash_spans
from modeladmit.signatures.files.tree import Tree
from modeladmit.signatures.verifier import verify

MAX_BUNDLE = 16 << 20
MAX_WHOLE = 256 << 20
"""Larger files are known by their digest only, which every signature but Ed25519's over a whole file can do with."""


@click.command("verify-bundle")
@click.option("--bundle", required=True, type=FILE, help="The bundle, JSON.")
@signer_options
@click.argument("file_or_digest")
def command(
    bundle: Path,
    key: Path | None,
    certificate_chain: tuple[Path, ...],
    certificate_identity: str | None,
    certificate_oidc_issuer: str | None,
    trusted_root: Path | None,
    file_or_digest: str,
) -> None:
    """Verify that FILE_OR_DIGEST (a file, or sha256:…) is what the bundle signs, and who signed it."""
    expected = expected_signer(
        key, certificate_chain, certificate_identity, certificate_oidc_issuer, trusted_root
    )
    subject, content = _artifact(file_or_digest)
    evidence = Evidence(EvidenceKind.SIGSTORE_BUNDLE, bundle.read_bytes(), bundle.name)
    anchor = expected.anchor
    if isinstance(anchor, KeyAnchor) and trusted_root is not None:
        anchor = replace(anchor, trusted_root=trusted_root.read_bytes())
    found = verify(evidence, subject, anchor, artifact=content, limit=MAX_BUNDLE)
    result = expected.proves(found)
    click.echo(f"verified: {subject} is signed by {described(result.signer, result.signed_at)}")


def _artifact(text: str) -> tuple[Digest, bytes | None]:
    """The digest, and the bytes where they are at hand and few enough."""
    path = Path(text)
    if not path.exists():
        try:
            return Digest.parse(text), None
        except InvalidDigest:
            raise click.BadParameter(
                f"{text} is neither a file nor a digest", param_hint="FILE_OR_DIGEST"
            ) from None
    if path.is_file() and path.stat().st_size <= MAX_WHOLE:
        content = path.read_bytes()
        return Digest.sha256(content), content
    with Tree(path.parent) as tree:
        (hashed,) = hash_spans(
            tree, [Span(path.name, 0, path.stat().st_size, whole=True)], "sha256"
        )
    if hashed.hex is None:
        raise click.BadParameter(f"{text} {hashed.problem}", param_hint="FILE_OR_DIGEST")
    return Digest("sha256", hashed.hex), None
