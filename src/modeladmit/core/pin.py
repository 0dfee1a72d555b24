"""How strongly a reference names bytes."""

from enum import IntEnum


class Pin(IntEnum):
    """Pin levels, ordered: the weaker of two is their minimum."""

    NONE = 0
    """Mutable: a tag, a branch, a short commit, an alias, a stage, a key without version."""
    REVISION = 1
    """An immutable id whose bytes the store vouches for: a 40-hex commit, an S3 versionId, a GCS generation."""
    DIGEST = 2
    """A content digest, SHA-256 or better."""

    @property
    def label(self) -> str:
        """The word of the API: `Digest`, `Revision` or `None`."""
        return self.name.capitalize()
