"""Laws of the core values: they print as what they are read from, compare as they mean, and a pin is never stronger than its carrier."""

from hypothesis import given
from hypothesis import strategies as st

from modeladmit.core.digest import Digest
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.patch import DIGEST, REVISION, patch
from modeladmit.core.pin import Pin
from modeladmit.core.references import parse_reference
from tests.properties import strategies


@given(strategies.digests)
def test_a_digest_prints_as_itself(digest):
    """`algorithm:hex`."""
    assert digest == Digest.parse(str(digest))


@given(strategies.field_paths)
def test_a_field_path_prints_as_itself(path):
    """Whatever the keys hold: dots, quotes, brackets, line ends."""
    assert path == FieldPath.parse(str(path))


@given(strategies.field_paths)
def test_a_pointer_has_one_token_a_step(path):
    """RFC 6901: `~` and `/` are escaped, so that a key never becomes two."""
    tokens = path.pointer.split("/")[1:]
    plain = [token.replace("~1", "/").replace("~0", "~") for token in tokens]
    assert [str(step) for step in path.steps] == plain


@given(strategies.references)
def test_a_reference_prints_as_itself(reference):
    """URI and revision together are the whole of it."""
    assert reference == parse_reference(reference.uri, reference.revision)


@given(strategies.references, strategies.references)
def test_equal_references_have_equal_keys(one, other):
    """And a key tells apart what an address does not."""
    assert (one.key == other.key) or one != other
    assert one.key != other.key or one.address == other.address


@given(strategies.references)
def test_a_pin_makes_no_weaker(reference):
    """What a reference resolved to is at least as strong as what was asked for."""
    digest = Digest.sha256(b"x")
    assert Pin.DIGEST is reference.pinned(digest=digest).pin
    assert reference.pinned().pin is reference.pin


@given(strategies.uses)
def test_a_pin_in_a_mutable_carrier_is_no_pin(use):
    """The weaker of the two."""
    expected = Pin.NONE if use.carrier.mutable else use.reference.pin
    assert expected is use.pin


@given(st.lists(strategies.pin_edits, max_size=6), strategies.digests, strategies.commits)
def test_a_patch_is_filled_or_left_out(edits, digest, commit):
    """No hole is ever written, and nothing is written twice."""
    filled = patch((edit, digest, commit) for edit in edits)
    values = [str(operation["value"]) for operation in filled]
    assert not any(REVISION in value or DIGEST in value for value in values)
    pairs = [(operation["path"], operation["value"]) for operation in filled]
    assert len(pairs) == len(set(pairs))
    known = [
        edit for edit in edits if REVISION not in edit.template and DIGEST not in edit.template
    ]
    assert len(patch((edit, None, None) for edit in edits)) == len(
        {(edit.field.pointer, edit.template) for edit in known}
    )
