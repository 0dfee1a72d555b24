"""Content digests as OCI writes them: `algorithm:hex` (image-spec, descriptor.md#digests)."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Self

from modeladmit.errors import InvalidDigest

HEX_LENGTHS: Final = {"sha256": 64, "sha384": 96, "sha512": 128}
"""Accepted algorithms, all collision-resistant, and the length of their lower-case hexadecimal form."""

_HEX: Final = re.compile(r"[0-9a-f]+")


@dataclass(frozen=True, slots=True, order=True)
class Digest:
    """A digest whose algorithm, length and case have been checked."""

    algorithm: str
    hex: str

    def __post_init__(self) -> None:
        length = HEX_LENGTHS.get(self.algorithm)
        if length is None:
            raise InvalidDigest(f"digest algorithm must be one of {', '.join(HEX_LENGTHS)}")
        if len(self.hex) != length or not _HEX.fullmatch(self.hex):
            raise InvalidDigest(
                f"{self.algorithm} digest must be {length} lower-case hexadecimal digits"
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `sha256:…`. Raises InvalidDigest."""
        algorithm, colon, value = text.partition(":")
        if not colon:
            raise InvalidDigest("digest must look like sha256:<64 hexadecimal digits>")
        return cls(algorithm, value)

    @classmethod
    def sha256(cls, data: bytes) -> Self:
        """Hash bytes."""
        return cls("sha256", hashlib.sha256(data).hexdigest())

    @property
    def short(self) -> str:
        """The first twelve digits, for messages where the whole would drown the sentence."""
        return f"{self.algorithm}:{self.hex[:12]}"

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.hex}"
