"""Files are read as kubectl reads them, and what cannot be read is said with its place."""

import io
import re
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
            f"{{kind: Pod, at: {name}}}"
            if name != "sub/c.json"
            else '{"kind": "Pod", "at": "sub/c.json"}'
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


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n---\n", "kind: List\nitems: []\n"])
def test_nothing_is_an_error(tmp_path, text):
    """`helm template BROKEN | modeladmit check -f -` gets an empty pipe, and must not pass."""
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(UnreadableManifest, match="no Kubernetes object in it"):
        list(manifests([str(tmp_path / "x.yaml")]))


def test_no_files_are_no_error():
    """Whoever gives no policy has asked for nothing."""
    assert list(manifests([])) == []


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("x.yaml", "foo: bar", "every object needs `apiVersion` and `kind`"),
        ("x.yaml", "knd: Pod\nspec: {}", "every object needs"),
        ("x.yaml", "kind: ''", "has no `kind`"),
        ("x.yaml", "kind: [Pod]", "has no `kind`"),
        ("kustomization.yaml", "namePrefix: a-", "kubectl kustomize FOLDER"),
        ("x.yaml", "resources: [a.yaml]", "kubectl kustomize FOLDER"),
        ("values.yaml", "replicas: 1", "helm template CHART"),
        ("x.yaml", "- {op: replace, path: /a, value: 1}", "JSON patch: build it first"),
    ],
)
def test_what_is_no_object_is_refused_with_what_to_do(tmp_path, name, text, says):
    """A file that something renders first, or whose `kind` is misspelt, has not been judged."""
    (tmp_path / name).write_text(text)
    with pytest.raises(UnreadableManifest, match=re.escape(says)):
        list(manifests([str(tmp_path / name)]))


def test_what_only_lies_in_a_folder_is_noted(tmp_path, capsys):
    """Values and kustomizations lie beside manifests; what they make is not looked at, and that is said."""
    (tmp_path / "values.yaml").write_text("replicas: 1")
    (tmp_path / "kustomization.yaml").write_text("kind: Kustomization\nresources: [a.yaml]")
    (tmp_path / "a.yaml").write_text("kind: Pod")
    assert [found.content["kind"] for found in manifests([str(tmp_path)])] == [
        "Pod",
        "Kustomization",
    ]
    noted = capsys.readouterr().err
    assert "values.yaml: document 1 has no `kind`; it belongs to a Helm chart" in noted
    assert "kustomization.yaml: what kustomize makes of this folder is not looked at" in noted


def test_a_misspelt_kind_in_a_folder_is_an_error(tmp_path):
    """It would hide a workload behind its neighbours."""
    (tmp_path / "a.yaml").write_text("kind: Pod")
    (tmp_path / "b.yaml").write_text("knd: Deployment\nspec: {template: {}}")
    with pytest.raises(UnreadableManifest, match=r"b\.yaml: document 1 has no `kind`"):
        list(manifests([str(tmp_path)]))


@pytest.mark.parametrize(
    ("text", "noted"),
    [
        ("kind: Pod\nspec: {containers: [{name: a}]}", True),
        ("kind: Deployment\nspec: {template: {spec: {containers: [{name: a}]}}}", True),
        ("kind: Pod\nspec: {containers: [{name: a, image: b}]}", False),
        ("kind: InferenceService\nspec: {predictor: {containers: [{name: a}]}}", False),
        ("kind: Pod\nspec: 1", False),
    ],
)
def test_a_patch_is_noted(tmp_path, capsys, text, noted):
    """A container without an image is no container; what it patches may load anything."""
    (tmp_path / "x.yaml").write_text(text)
    assert len(list(manifests([str(tmp_path / "x.yaml")]))) == 1
    assert ("a container has no image, as in a patch" in capsys.readouterr().err) is noted


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
