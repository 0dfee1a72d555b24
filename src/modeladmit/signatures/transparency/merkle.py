"""Inclusion in a Merkle tree (RFC 6962 section 2.1.1; the split into inner and border hashes follows RFC 9162 2.1.3.2)."""

import hashlib
from collections.abc import Sequence

from modeladmit.errors import UntrustedLog


def leaf_hash(body: bytes) -> bytes:
    """Hash of a leaf."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(body: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that an audit path leads to. Raises UntrustedLog when the path does not fit the tree."""
    if not 0 <= index < size:
        raise UntrustedLog(f"inclusion proof: leaf {index} is not in a tree of {size}")
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    if len(path) != inner + border:
        raise UntrustedLog(
            f"inclusion proof: {len(path)} hashes, but leaf {index} of {size} needs {inner + border}"
        )
    current = leaf_hash(body)
    for level, sibling in enumerate(path[:inner]):
        current = node_hash(sibling, current) if index >> level & 1 else node_hash(current, sibling)
    for sibling in path[inner:]:
        current = node_hash(sibling, current)
    return current
