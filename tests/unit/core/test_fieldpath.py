"""Field paths print as the API server prints them, and as JSON Pointers."""

import pytest

from modeladmit.core.fieldpath import MAX_STEPS, FieldPath
from modeladmit.errors import InvalidFieldPath


@pytest.mark.parametrize(
    ("steps", "text", "pointer"),
    [
        ((), "", ""),
        (("spec", "containers", 0, "args", 3), "spec.containers[0].args[3]", "/spec/containers/0/args/3"),
        (("metadata", "labels", "a.b/c"), 'metadata.labels["a.b/c"]', "/metadata/labels/a.b~1c"),
        (("a", 'x"y\\z'), 'a["x\\"y\\\\z"]', '/a/x"y\\z'),
        (("~", "/"), '["~"]["/"]', "/~0/~1"),
    ],
)  # fmt: skip
def test_two_spellings(steps, text, pointer):
    """RFC 6901 for patches, the API server's for people."""
    path = FieldPath(steps)
    assert (text, pointer) == (str(path), path.pointer)
    assert path == FieldPath.parse(text)


@pytest.mark.parametrize(
    "text", [".a", "a..b", "a[", "a[x]", "a[-1]", "a[01]", 'a["b]', "a b", "[0]b"]
)
def test_everything_else_is_refused(text):
    """One error, with the position."""
    with pytest.raises(InvalidFieldPath):
        FieldPath.parse(text)


def test_bounded():
    """Longer ones are refused, not cut."""
    with pytest.raises(InvalidFieldPath):
        FieldPath.parse("[0]" * (MAX_STEPS + 1))
