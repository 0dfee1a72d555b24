"""A patch changes its own lines and no other, whatever the style of the file."""

from difflib import unified_diff

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from modeladmit.cli.editing import edited
from modeladmit.cli.manifests import ManifestFile, UnreadableManifest

STYLES = """\
# head
kind: Deployment   # why
metadata: {name: a,   labels: { x: y }}
spec:
    containers:
      - name: a     # the server
        args: ["--model",   "x"]
        env:
        - name: A
          value: '1'

      - name: b
        args:
        - --model
        -   y
        resources: {}
---
# second
kind: Pod
spec:
  containers:
  - args:
    - |
      exec vllm serve \\
        --model x
"""


def change(text: str, *operations, document: int = 0) -> list[str]:
    """The lines that differ, as a diff without context."""
    new = edited(ManifestFile("x.yaml", text), {document: operations})
    lines = unified_diff(text.splitlines(), new.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def add(path: str, value: object) -> dict[str, object]:
    """A JSON Patch operation that adds."""
    return {"op": "add", "path": path, "value": value}


@pytest.mark.parametrize(
    ("operation", "document", "expected"),
    [
        (
            add("/spec/containers/0/args/-", "--revision=1"),
            0,
            ['-        args: ["--model",   "x"]', '+        args: ["--model", "x", --revision=1]'],
        ),
        (add("/spec/containers/1/args/-", "--revision=1"), 0, ["+        - --revision=1"]),
        (
            add("/spec/containers/0/env/-", {"name": "R", "value": "1"}),
            0,
            ["+        - name: R", "+          value: '1'"],
        ),
        (
            {
                "op": "replace",
                "path": "/spec/containers/0/args/0",
                "value": "exec vllm serve \\\n  --model x --revision 1\n",
            },
            1,
            ["-        --model x", "+        --model x --revision 1"],
        ),
    ],
)
def test_only_the_patch_changes(operation, document, expected):
    """Comments, blank lines, odd spaces and other documents stay as they were written."""
    found = change(STYLES, operation, document=document)
    assert [line.replace('"1"', "'1'") for line in found] == expected


def test_json_stays_json():
    """A JSON file is written as JSON."""
    new = edited(ManifestFile("x.json", '{\n  "a": [\n    1\n  ]\n}\n'), {0: [add("/a/-", 2)]})
    assert new == '{\n  "a": [\n    1,\n    2\n  ]\n}\n'


def test_a_file_without_final_newline():
    """What is appended does not stick to the last line."""
    assert yaml.safe_load(edited(ManifestFile("x", "a:\n- 1"), {0: [add("/a/-", 2)]})) == {
        "a": [1, 2]
    }


def test_what_is_shared_is_not_changed_behind_the_back():
    """An anchored list is not edited where an alias would change with it."""
    text = "a: &x\n- 1\nb: *x\n"
    with pytest.raises(UnreadableManifest, match="pin it by hand"):
        edited(ManifestFile("x.yaml", text), {0: [add("/a/-", 2)]})


def test_a_patch_that_does_not_apply_is_an_error():
    """A path that does not exist is said, not ignored."""
    with pytest.raises(UnreadableManifest, match=r"x\.yaml: cannot be rewritten"):
        edited(ManifestFile("x.yaml", "a: 1"), {0: [add("/b/c", 2)]})


SCALARS = st.one_of(
    st.text("abc:#-'\"{}[] \n", max_size=12), st.integers(), st.booleans(), st.none()
)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
)


@given(
    tree=st.dictionaries(st.text("abc", min_size=1, max_size=3), TREES, max_size=4),
    flow=st.booleans(),
    width=st.integers(10, 200),
    indent=st.integers(2, 6),
)
def test_the_result_means_what_the_patch_says(tree, flow, width, indent):
    """Whatever the object and its layout: the new text is the object with the patch, and nothing else."""
    document = {**tree, "args": ["--model", "x"]}
    text = yaml.safe_dump(document, default_flow_style=flow, width=width, indent=indent)
    new = edited(ManifestFile("x.yaml", text), {0: [add("/args/-", "--revision=1")]})
    assert yaml.safe_load(new) == {**yaml.safe_load(text), "args": ["--model", "x", "--revision=1"]}
