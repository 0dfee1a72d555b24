"""Files are read as kubectl reads them, and what cannot be read is said with its place."""

import io
import sys

import pytest

from modeladmit.cli.manifests import ManifestFile, UnreadableManifest, manifests, objects
from modeladmit.cli.places import Places
from modeladmit.core.fieldpath import FieldPath


def read(text: str):
    """The contents of one file."""
    return [manifest.content for manifest in objects(ManifestFile("x.yaml", text))]


def test_several_documents():
    """Empty documents and comments are no objects."""
    assert read("# nothing\n---\nkind: Pod\n---\n---\nkind: Job\n") == [
        {"kind": "Pod"},
        {"kind": "Job"},
    ]


def test_lists_are_opened():
    """The objects of a List are judged one by one, and know where they stand."""
    (found,) = objects(ManifestFile("x.yaml", "kind: List\nitems:\n- kind: Pod\n"))
    assert (found.content, str(found.prefix)) == ({"kind": "Pod"}, "items[0]")


def test_json():
    """JSON is read, one object or a list."""
    assert read('{"kind": "PodList", "items": [{"kind": "Pod"}]}') == [{"kind": "Pod"}]


def test_timestamps_stay_text():
    """Kubernetes has no timestamps in YAML: a date in an annotation is text."""
    assert read("a: 2026-01-01\nb: 2026-01-01T00:00:00Z") == [
        {"a": "2026-01-01", "b": "2026-01-01T00:00:00Z"}
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: ]", "x.yaml, line 1: not valid YAML"),
        (
            "a: b\nc: {{ .Values.x }}: d",
            "x.yaml, line 2: not valid YAML. It looks like a Helm template",
        ),
        ("a: {{ .Values.x }}", "x.yaml, line 1: not valid YAML. It looks like a Helm template"),
        ("just text", "x.yaml: document 1 is no Kubernetes object, but a text"),
        ("- a\n- b", "x.yaml: document 1 is no Kubernetes object, but a list"),
        ("a: !!python/object:os.system x", "x.yaml, line 1: not valid YAML"),
        ("kind: List\nitems: [1]", r"x.yaml: items\[0\] of document 1 is no Kubernetes object"),
    ],
)
def test_unreadable(text, message):
    """The message has the file, the line where there is one, and what to do."""
    with pytest.raises(UnreadableManifest, match=message):
        read(text)


def test_folders(tmp_path):
    """A folder is read in name order; hidden folders and other files are not."""
    for name in ("b.yml", "a.yaml", "sub/c.json", ".git/d.yaml", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(
            f"{{kind: Pod, at: {name}}}" if name != "sub/c.json" else '{"at": "sub/c.json"}'
        )
    assert [found.content["at"] for found in manifests([str(tmp_path)])] == [
        "a.yaml",
        "b.yml",
        "sub/c.json",
    ]


def test_an_empty_folder_is_an_error(tmp_path):
    """A wrong path in CI must not look like a clean bill of health."""
    with pytest.raises(UnreadableManifest, match=r"holds no \.yaml"):
        list(manifests([str(tmp_path)]))


def test_a_missing_file_is_an_error(tmp_path):
    """The message names it."""
    with pytest.raises(UnreadableManifest, match=r"gone\.yaml does not exist"):
        list(manifests([str(tmp_path / "gone.yaml")]))


def test_standard_input(monkeypatch):
    """`-` is standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"kind: Pod")))
    assert [(found.file.name, found.content) for found in manifests(["-"])] == [
        ("<stdin>", {"kind": "Pod"})
    ]


def test_lines():
    """A field is found on its line, in the right document, inside a List, and as deep as it exists."""
    text = "kind: Pod\n---\nkind: List\nitems:\n- kind: Pod\n  spec:\n    args:\n    - a\n    - b\n"
    first, second = objects(ManifestFile("x.yaml", text))
    places = Places()
    assert places.line(first, FieldPath()) == 1
    assert places.line(second, FieldPath()) == 5
    assert places.line(second, FieldPath.parse("spec.args[1]")) == 9
    assert places.line(second, FieldPath.parse("spec.args[7]")) == 7
