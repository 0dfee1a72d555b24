"""One digest for a model of many files, where the store has none of its own: the *content digest*.

SHA-256 over the canonical JSON (RFC 8785) of `[[name, algorithm, hex], …]`, sorted by name (code points). Unlike the root
digest of a model signature it covers names, so renaming a file changes it. Detached signature files at the top are left
out: signing a model again does not make it another model. The load-time guard computes the same from the bytes on disk.
"""

import json
from collections.abc import Iterable
from typing import Final

from modeladmit.core.digest import Digest

SIGNATURE_NAMES: Final = frozenset(
    {"model.sig", ".model.sig", "model.sigstore", "model.sigstore.json", "oms.sig"}
)
"""File names, in lower case, under which a model signature lies in a model (by convention; the OMS spec fixes none)."""


def is_signature_file(name: str) -> bool:
    """Whether a file is a detached model signature at the top of a model, by its name."""
    return name.removeprefix("./").lower() in SIGNATURE_NAMES


def content_digest(files: Iterable[tuple[str, Digest | None]]) -> Digest | None:
    """The content digest of named files, or None when there is no file or any digest is not known."""
    rows: list[tuple[str, str, str]] = []
    for name, digest in files:
        if is_signature_file(name):
            continue
        if digest is None:
            return None
        rows.append((name, digest.algorithm, digest.hex))
    if not rows:
        return None
    # For arrays of strings RFC 8785 is JSON without spaces and with the shortest escapes, which is what json writes.
    text = json.dumps(sorted(rows), ensure_ascii=False, separators=(",", ":"))
    return Digest.sha256(text.encode("utf-8", "surrogatepass"))
