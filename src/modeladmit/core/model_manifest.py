"""A signed manifest of files against the files that a store lists: OpenSSF Model Signing without downloading weights.

The root digest of a model signature hashes no names (spec v1.0 section 6.5), so renaming files keeps it: only names and
digests together, one by one, bind a signature to an artifact.
"""

import re
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from modeladmit.core.content_digest import is_signature_file
from modeladmit.core.evidence import Artifact, ArtifactFile, Attestation, Format, ManifestEntry

_SHOWN: Final = 20
_SINGLE_FILE: Final = "."
"""The name that model-signing up to 1.1.1 gives to a model of one file, where the spec asks for its base name."""
_REPOSITORY_FILES: Final = frozenset({".gitattributes", ".gitignore"})
"""Left out by every signer; nothing loads them."""
_DOCUMENTATION: Final = (".md", ".rst", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp")
_DOCUMENTATION_NAMES: Final = frozenset(
    {
        "license",
        "license.txt",
        "notice",
        "notice.txt",
        "citation.cff",
        "use_policy",
        "use_policy.txt",
    }
)

_RECORDS: Final = re.compile(
    r"(?:.*/)?\.git/(?:.*/)?(?:[^/.]+|[^/]+\.(?:sample|pack|idx|rev|bitmap|keep|graph))"
    r"|(?:.*/)?(?:\.gitattributes|\.gitignore|\.gitmodules|\.gitkeep|\.ds_store)|\.github/(?:.*/)?[^/]+\.ya?ml|.+\.log|(?:.*/)?readme(?:\.txt)?|(?:.*/)?[^/]*\.tfevents\.[^/]*",
    re.DOTALL,
)
"""What Git, training and desktops leave behind. A name without a suffix is none of it: exporters to ONNX write tensors as such."""
_INERT: Final = frozenset({Format.DATA, Format.OTHER})


class Assurance(StrEnum):
    """What a matching manifest proves about bytes."""

    ASSERTED = "signature verified, bytes asserted by the store"
    """The store says that it will serve these digests. A lying mirror is caught only where the bytes are hashed."""
    VERIFIED = "signature verified, bytes verified"
    """The bytes of every signed file were hashed by us."""


def match(attestation: Attestation, artifact: Artifact) -> tuple[str, ...]:
    """Why the signed manifest is not a statement about this artifact; empty when it is. Worst first, bounded."""
    if not attestation.manifest:
        return ("the signature covers no file at all",)
    if not artifact.files:
        return (
            "the store does not say which files the artifact holds, so that nothing can be compared with the signed ones",
        )
    signed = _named(attestation.manifest, artifact)
    stored = {file.name: file for file in artifact.files}
    problems = [
        *_repeated(artifact),
        *_altered(signed, stored),
        *_unsigned(attestation, signed, stored),
        *(
            f"{name} is signed, but the artifact does not hold it"
            for name in sorted(signed.keys() - stored.keys())
        ),
        *_unknown(signed, stored),
    ]
    rest = len(problems) - _SHOWN
    return (*problems[:_SHOWN], f"and {rest} more") if rest > 0 else tuple(problems)


def assurance(attestation: Attestation, artifact: Artifact) -> Assurance:
    """Whether the bytes of every signed file were hashed, or only asserted by the store."""
    hashed = {file.name for file in artifact.files if file.verified}
    signed = _named(attestation.manifest, artifact)
    return Assurance.VERIFIED if signed and signed.keys() <= hashed else Assurance.ASSERTED


def _named(manifest: tuple[ManifestEntry, ...], artifact: Artifact) -> dict[str, ManifestEntry]:
    """Entries by name, with `.` standing for the only file of an artifact of one file."""
    loadable = [file.name for file in artifact.files if not _is_apart(file.name)]
    if len(manifest) == 1 and manifest[0].name == _SINGLE_FILE and len(loadable) == 1:
        return {loadable[0]: manifest[0]}
    return {entry.name: entry for entry in manifest}


def _repeated(artifact: Artifact) -> Iterator[str]:
    """Which of two files of one name is loaded depends on the reader."""
    counted = Counter(file.name for file in artifact.files)
    for name in sorted(name for name, times in counted.items() if times > 1):
        yield f"the artifact holds more than one file named {name}"


def _altered(signed: dict[str, ManifestEntry], stored: dict[str, ArtifactFile]) -> Iterator[str]:
    for name in sorted(signed.keys() & stored.keys()):
        digest, wanted = stored[name].digest, signed[name].digest
        if digest is not None and digest.algorithm == wanted.algorithm and digest != wanted:
            yield f"{name} is {digest.short} in the store, but {wanted.short} was signed"


def _unsigned(
    attestation: Attestation, signed: dict[str, ManifestEntry], stored: dict[str, ArtifactFile]
) -> Iterator[str]:
    by_digest = {entry.digest: name for name, entry in signed.items() if name not in stored}
    for name in sorted(stored.keys() - signed.keys()):
        # Attack: a layer that unpacks over the weights, named README.md. Names excuse plain files only.
        excused = _is_apart(name) or name == attestation.origin or _is_documentation(name)
        if excused and stored[name].format in _INERT:
            continue
        digest = stored[name].digest
        if digest is not None and digest in by_digest:
            yield f"{name} was signed under another name, {by_digest[digest]}"
        elif any(covers(path, name) for path in attestation.ignored_paths):
            if is_loadable(name) or stored[name].format not in _INERT:
                yield f"{name} is not signed: the signer left it out (ignore_paths), but a server may load it"
        else:
            yield f"{name} is not signed"


def _unknown(signed: dict[str, ManifestEntry], stored: dict[str, ArtifactFile]) -> Iterator[str]:
    for name in sorted(signed.keys() & stored.keys()):
        digest, wanted = stored[name].digest, signed[name].digest
        if digest is None or digest.algorithm != wanted.algorithm:
            yield f"the store asserts no {wanted.algorithm} digest of {name}: only the bytes can show whether it is the signed one"


def covers(path: str, name: str) -> bool:
    """Whether an ignored path is this file or a folder above it."""
    folder = path.removeprefix("./").rstrip("/")
    return folder in {"", "."} or name == folder or name.startswith(folder + "/")


def is_loadable(name: str) -> bool:
    """Whether a server may read or run a file, by its name: everything that is not known to be for people or for tools.

    Loaders learn new suffixes; what is not known here counts as theirs.
    """
    return _RECORDS.fullmatch(name.casefold()) is None and not _is_documentation(name)


def _is_apart(name: str) -> bool:
    """A signature cannot sign itself; the repository's own files are in nobody's manifest."""
    return is_signature_file(name) or name in _REPOSITORY_FILES


def _is_documentation(name: str) -> bool:
    """Files that people read and servers do not load. Text files are not among them: vocabularies are text."""
    base = name.rpartition("/")[2].casefold()
    return base.endswith(_DOCUMENTATION) or base in _DOCUMENTATION_NAMES
