"""Pin edits join to one JSON Patch: equal ones once, those of one text together, unknown pins left out."""

import jsonpatch

from modeladmit.core.digest import Digest
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.patch import DIGEST, REVISION, PinEdit, patch

COMMIT = "0" * 40
SHA = Digest.sha256(b"x")
ARGS = FieldPath.parse("spec.args")
SCRIPT = FieldPath.parse("spec.script")


def test_an_unknown_pin_is_no_edit():
    """Nothing is written that was not resolved."""
    edit = PinEdit("replace", SCRIPT, f"x@{DIGEST}", f"x@{DIGEST}")
    assert edit.operation(digest=None, revision=COMMIT) is None
    assert edit.text(digest=None, revision=COMMIT) is None
    assert f"x@{SHA}" == edit.text(digest=SHA, revision=None)


def test_equal_edits_once():
    """Weights and their code are pinned by one argument."""
    edit = PinEdit("add", ARGS / "-", f"--revision={REVISION}", "")
    expected = [{"op": "add", "path": "/spec/args/-", "value": f"--revision={COMMIT}"}]
    assert expected == patch([(edit, None, COMMIT), (edit, SHA, COMMIT)])


def test_edits_of_one_text_together():
    """From two places of one script; of two that overlap the first."""
    text = "get a; get b"
    first = PinEdit("replace", SCRIPT, f" --at={REVISION}", "", original=text, start=5, end=5)
    second = PinEdit("replace", SCRIPT, REVISION, "", original=text, start=11, end=12)
    overlapping = PinEdit("replace", SCRIPT, "!", "", original=text, start=11, end=12)
    operations = patch([(second, None, "2"), (first, None, "1"), (overlapping, None, None)])
    assert [{"op": "replace", "path": "/spec/script", "value": "get a --at=1; get 2"}] == operations


def test_a_list_that_is_not_there_yet():
    """Two entries of one new list."""
    one = PinEdit("add", FieldPath.parse("env"), REVISION, "", "A", new_list=True)
    other = PinEdit("add", FieldPath.parse("env"), REVISION, "", "B", new_list=True)
    operations = patch([(one, None, "1"), (other, None, "2")])
    document = jsonpatch.JsonPatch(operations).apply({})
    assert {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]} == document
