"""Digests are checked once, when they are read."""

import pytest

from modeladmit.core.digest import HEX_LENGTHS, Digest
from modeladmit.errors import InvalidDigest


@pytest.mark.parametrize(("algorithm", "length"), HEX_LENGTHS.items())
def test_prints_as_it_was_read(algorithm, length):
    """`parse(str(x)) == x`."""
    text = f"{algorithm}:{'0a' * (length // 2)}"
    assert text == str(Digest.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "", "sha256", "sha256:", "md5:" + "0" * 32, "sha1:" + "0" * 40, "sha256:" + "0" * 63,
        "sha256:" + "0" * 65, "sha256:" + "A" * 64, "sha256:" + "g" * 64, "SHA256:" + "0" * 64,
        " sha256:" + "0" * 64, "sha256:" + "0" * 63 + "\n", "sha256:" + "\u0660" * 64,
    ],
)  # fmt: skip
def test_everything_else_is_refused(text):
    """Weak algorithms, other lengths, other cases, other digits."""
    with pytest.raises(InvalidDigest):
        Digest.parse(text)
