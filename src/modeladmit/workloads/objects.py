"""What the kind of an object says: the fields of known kinds, and of unknown ones the keys that everybody uses."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import ObjectIdentity, Role, UndeterminedReason
from modeladmit.workloads.address import hub_like
from modeladmit.workloads.claims import Pinning, Reading
from modeladmit.workloads.kinds.reader import KindView
from modeladmit.workloads.tables import Field, Form, Kind, Means

_KEYS: Final = {
    "storageUri": Role.WEIGHTS,
    "storageURI": Role.WEIGHTS,
    "modelUri": Role.WEIGHTS,
    "modelURI": Role.WEIGHTS,
    "modelURL": Role.WEIGHTS,
    "modelUrl": Role.WEIGHTS,
    "sourceModelUri": Role.WEIGHTS,
    "artifactURL": Role.WEIGHTS,
    "artifactUri": Role.WEIGHTS,
    "model_source": Role.WEIGHTS,
    "modelID": Role.WEIGHTS,
    "modelId": Role.WEIGHTS,
    "modelPath": Role.WEIGHTS,
    "huggingFaceModel": Role.WEIGHTS,
    "hfModel": Role.WEIGHTS,
    "hfModelId": Role.WEIGHTS,
    "huggingfaceModelId": Role.WEIGHTS,
    "modelSource": Role.WEIGHTS,
    "loraUri": Role.ADAPTER,
    "adapterUri": Role.ADAPTER,
    "adapterURL": Role.ADAPTER,
    "repoId": Role.WEIGHTS,
    "repo_id": Role.WEIGHTS,
    "tokenizerUri": Role.TOKENIZER,
    "draftModel": Role.DRAFT,
}
_SCHEMES: Final = (
    "hf://",
    "huggingface://",
    "s3://",
    "gs://",
    "gcs://",
    "oci://",
    "modelscope://",
    "ngc://",
    "pvc://",
    "ollama://",
    "azure://",
    "az://",
    "oss://",
)
_BUILT_IN: Final = frozenset({"", "apps", "batch", "autoscaling", "policy", "extensions"})
_GENERAL: Final = frozenset({"url", "uri", "source", "repository", "model", "image", "path"})
MAX_NODES: Final = 20_000

_PLACEHOLDER_KIND: Final = Kind("", "", "custom resource", inference=False)


def read_kind(
    reading: Reading,
    kind: Kind | None,
    identity: ObjectIdentity,
    siblings: Sequence[Mapping[str, Any]],
) -> KindView:
    """Read the object's own fields."""
    view = KindView(reading, kind or _PLACEHOLDER_KIND, siblings)
    if kind is None:
        if identity.group not in _BUILT_IN and not identity.group.endswith(".k8s.io"):
            _unknown(view)
        return view
    if kind.inference:
        reading.signal("kind", FieldPath(("kind",)), kind.title)
    version = identity.api_version.rpartition("/")[2]
    if kind.versions and version not in kind.versions:
        view.undetermined(
            UndeterminedReason.UNKNOWN_VERSION,
            FieldPath(("apiVersion",)),
            f"{version[:63]} is no version of {kind.title} whose fields are known",
        )
    for field in kind.fields:
        _field(view, field)
    for embedded in kind.containers:
        for at, raw in view.select(embedded.path):
            view.container(at, raw, embedded.engine)
    if kind.reader is not None:
        kind.reader(view)
    return view


def _field(view: KindView, field: Field) -> None:
    for at, value in view.select(field.path):
        if not isinstance(value, str):
            continue
        if field.means is Means.CODE:
            continue
        parent = FieldPath(at.steps[:-1])
        revision = None
        pinning = Pinning()
        if field.revision is not None:
            key = parent / field.revision
            revision = (key, view.get(*key.steps))
            pinning = Pinning(key=key, inline=False)
        elif field.arguments is not None:
            pinning = Pinning(
                option="--revision",
                append_to=FieldPath(tuple(field.arguments.split("."))),
                inline=False,
            )
        view.claim(at, value, field.role, field.form, revision=revision, pinning=pinning)


def _unknown(view: KindView) -> None:
    """A kind that nothing is known of: keys of known meaning, and strings with a scheme that only models have."""
    stack: list[tuple[tuple[str | int, ...], object]] = [(("spec",), view.get("spec"))]
    seen = 0
    while stack and seen < MAX_NODES:
        steps, node = stack.pop()
        seen += 1
        if len(steps) > 64:  # noqa: PLR2004 - deeper than any schema
            continue
        items: Sequence[tuple[str | int, Any]] = (
            list(node.items())
            if isinstance(node, dict)
            else list(enumerate(node))
            if isinstance(node, list)
            else ()
        )
        if (
            isinstance(node, dict)
            and "image" in node
            and ("args" in node or "command" in node or "env" in node)
        ):
            continue  # a container: read as one
        for key, value in reversed(items[:2048]):
            if isinstance(value, dict | list):
                stack.append(((*steps, key), value))
            elif isinstance(value, str) and isinstance(key, str):
                _string(view, FieldPath((*steps, key)), key, value)


def _string(view: KindView, at: FieldPath, key: str, value: str) -> None:
    role = _KEYS.get(key)
    uri = value.startswith((*_SCHEMES, "https://huggingface.co/"))
    if role is not None and (uri or hub_like(value) or value.startswith("https://")):
        view.claim(at, value, role, Form.HUB)
        view.reading.signal("field", at, key)
    elif uri and key in _GENERAL:
        view.claim(at, value, Role.UNKNOWN, Form.URL, optional=True)
