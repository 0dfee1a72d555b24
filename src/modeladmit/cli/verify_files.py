"""`modeladmit verify-files`: an OpenSSF model signature against the bytes on disk."""

import posixpath
from pathlib import Path

import click

from modeladmit.cli.exits import Exit
from modeladmit.cli.hashing_progress import hashing_progress
from modeladmit.cli.signers import FILE, described, expected_signer, signer_options
from modeladmit.core.evidence import Evidence, EvidenceKind
from modeladmit.errors import LimitExceeded
from modeladmit.signatures.files.comparison import Comparison, compare, compare_file
from modeladmit.signatures.files.tree import Tree
from modeladmit.signatures.model_signature import ModelManifest
from modeladmit.signatures.verifier import verify_model

MAX_SIGNATURE = 64 << 20
"""Bytes of a signature file that the caller has on his own disk: some hundred thousand files."""
_SHOWN = 50


@click.command("verify-files")
@click.argument("model", type=click.Path(exists=True, path_type=Path), metavar="DIR")
@click.option("--signature", type=FILE, help="The signature; without it: model.sig in DIR.")
@signer_options
@click.option(
    "--ignore-paths",
    "ignored",
    multiple=True,
    metavar="PATH",
    help="A file or folder to leave out: relative to DIR, or any path into it. May be repeated.",
)
@click.option(
    "--threads", type=click.IntRange(1, 1024), help="Threads that hash; without it: one a core."
)
@click.pass_context
def command(
    ctx: click.Context,
    model: Path,
    signature: Path | None,
    key: Path | None,
    certificate_chain: tuple[Path, ...],
    certificate_identity: str | None,
    certificate_oidc_issuer: str | None,
    trusted_root: Path | None,
    ignored: tuple[str, ...],
    threads: int | None,
) -> None:
    """Verify the signature of a model and hash every file of DIR (or one file): each must be what was signed, and none may be added."""
    expected = expected_signer(
        key, certificate_chain, certificate_identity, certificate_oidc_issuer, trusted_root
    )
    left_out = tuple(_left_out(model, path) for path in ignored)
    signature = signature or model / "model.sig"
    if not signature.is_file():
        raise click.UsageError(f"{signature} does not exist; name the signature with --signature")
    evidence = Evidence(EvidenceKind.MODEL_SIGNATURE, signature.read_bytes(), signature.name)
    proven = expected.proves(verify_model(evidence, expected.anchor, limit=MAX_SIGNATURE))
    try:
        found = _compared(model, signature, proven.manifest, left_out, threads)
    except (LimitExceeded, OSError):
        click.echo(f"Error: {model} cannot be read", err=True)
        ctx.exit(Exit.UNDECIDED)
    if found.problems:
        listed = "\n".join(f"  {ascii(problem)[1:-1]}" for problem in found.problems[:_SHOWN])
        more = (
            f"\n  and {len(found.problems) - _SHOWN} more" if len(found.problems) > _SHOWN else ""
        )
        click.echo(
            f"refused: files: the signature holds, but the files are not what was signed:\n{listed}{more}",
            err=True,
        )
        ctx.exit(Exit.DENIED)
    click.echo(
        f"verified: {found.files} files, {found.bytes} bytes hashed; signed by {described(proven.signer, proven.signed_at)}"
    )


def _compared(
    model: Path,
    signature: Path,
    manifest: ModelManifest,
    ignored: tuple[str, ...],
    threads: int | None,
) -> Comparison:
    with hashing_progress("hashing") as progress:
        if model.is_file():
            with Tree(model.parent) as tree:
                counter = progress(model.stat().st_size) if progress else None
                return compare_file(manifest, tree, model.name, threads=threads, progress=counter)
        with Tree(model, links=manifest.allow_symlinks) as tree:
            own = _inside(model, signature)
            return compare(
                manifest, tree, signature=own, ignored=ignored, threads=threads, progress=progress
            )


def _left_out(model: Path, text: str) -> str:
    """A path in DIR, as model_signing's command line takes it (from the working directory) or as its library does (from DIR).

    Raises UsageError for one that is not in DIR: model_signing drops it without a word, and whoever named it meant a file.
    """
    plain = posixpath.normpath(text)  # A link in DIR is left out itself, not what it leads to.
    inside = _inside(model, Path(text)) or plain
    if inside.startswith(("/", "../")) or inside == "..":
        raise click.UsageError(f"--ignore-paths {text} is not in {model}")
    if inside == ".":
        raise click.UsageError(f"--ignore-paths {text} would leave out everything")
    return inside


def _inside(folder: Path, path: Path) -> str | None:
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return None
