"""The digest of a model of many files."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from modeladmit.core.content_digest import content_digest
from modeladmit.core.digest import Digest

A, B = Digest.sha256(b"a"), Digest.sha256(b"b")


def test_names_count() -> None:
    """Unlike the root digest of a model signature, renaming changes it."""
    assert content_digest([("README.md", A), ("notes.txt", B)]) != content_digest(
        [("config.json", A), ("modeling.py", B)]
    )


def test_order_does_not() -> None:
    """A store may list its files as it likes."""
    assert content_digest([("a", A), ("b", B)]) == content_digest([("b", B), ("a", A)])


def test_every_digest_is_needed() -> None:
    """One unknown file, or no file at all, and nothing is identified."""
    assert (content_digest([("a", A), ("b", None)]), content_digest([])) == (None, None)


@pytest.mark.parametrize("name", ["model.sig", "Model.sig", "./model.sig"])
def test_signatures_are_left_out(name: str) -> None:
    """Signing a model again does not make it another model; a file of that name further down counts."""
    assert content_digest([("a", A)]) == content_digest([("a", A), (name, None)])
    assert content_digest([("a", A)]) != content_digest([("a", A), ("sub/model.sig", B)])


@given(st.dictionaries(st.text(min_size=1), st.binary(max_size=3), min_size=1))
def test_canonical_json(files: dict[str, bytes]) -> None:
    """The bytes that are hashed are those of an independent implementation of RFC 8785."""
    digests = {f"f/{name}": Digest.sha256(data) for name, data in files.items()}
    rows = sorted([name, "sha256", digest.hex] for name, digest in digests.items())
    assert Digest.sha256(rfc8785.dumps(rows)) == content_digest(digests.items())
