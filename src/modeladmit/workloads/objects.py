"""What the kind of an object says: the fields of known kinds, and of unknown ones the keys that everybody uses."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import ObjectIdentity, Role, UndeterminedReason
from modeladmit.workloads.address import hub_like
from modeladmit.workloads.claims import Pinning, Reading
from modeladmit.workloads.kinds.reader import KindView
from modeladmit.workloads.reading import string
from modeladmit.workloads.tables import Field, Form, Kind, Means

_KEYS: Final = {
    "storageuri": Role.WEIGHTS,
    "modeluri": Role.WEIGHTS,
    "modelurl": Role.WEIGHTS,
    "sourcemodeluri": Role.WEIGHTS,
    "artifacturl": Role.WEIGHTS,
    "artifacturi": Role.WEIGHTS,
    "modelsource": Role.WEIGHTS,
    "modelid": Role.WEIGHTS,
    "modelpath": Role.WEIGHTS,
    "modelrepo": Role.WEIGHTS,
    "modelnameorpath": Role.WEIGHTS,
    "huggingfacemodel": Role.WEIGHTS,
    "huggingfacemodelid": Role.WEIGHTS,
    "huggingfaceid": Role.WEIGHTS,
    "hfmodel": Role.WEIGHTS,
    "hfmodelid": Role.WEIGHTS,
    "hfrepo": Role.WEIGHTS,
    "repoid": Role.WEIGHTS,
    "lorauri": Role.ADAPTER,
    "adapteruri": Role.ADAPTER,
    "adapterurl": Role.ADAPTER,
    "tokenizeruri": Role.TOKENIZER,
    "tokenizerid": Role.TOKENIZER,
    "draftmodel": Role.DRAFT,
    "draftmodelid": Role.DRAFT,
}
"""Keys whose meaning is the same everywhere, folded, without `_` and `-`."""
_SERVER_KEYS: Final = frozenset(
    {"engine", "backend", "servingengine", "inferenceengine", "modelserver", "servingruntime"}
)
"""Beside one of these, `model` is what is loaded and not a name for clients."""
_SERVER_KIND: Final = re.compile(r"Inference|LLM|Serving|VLLM|ModelDeployment|ModelServ")
_MOUNT_KEYS: Final = frozenset({"mountpath", "volumemount", "volume", "pvc"})
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
MAX_NODES: Final = 16_000
MAX_DEPTH: Final = 64
"""Deeper than any schema."""

_PLACEHOLDER_KIND: Final = Kind("", "", "custom resource", inference=False)


def read_kind(
    reading: Reading,
    kind: Kind | None,
    identity: ObjectIdentity,
    siblings: Sequence[Mapping[str, Any]],
    skipped: Sequence[FieldPath] = (),
) -> KindView:
    """Read the object's own fields; what lies below `skipped` is read on its own."""
    view = KindView(reading, kind or _PLACEHOLDER_KIND, siblings)
    if kind is None:
        if identity.group not in _BUILT_IN and not identity.group.endswith(".k8s.io"):
            _unknown(view, {place.steps for place in skipped})
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


def _unknown(view: KindView, skipped: set[tuple[str | int, ...]]) -> None:
    """A kind that nothing is known of: keys of known meaning, and strings with a scheme that only models have."""
    stack: list[tuple[tuple[str | int, ...], object]] = [(("spec",), view.get("spec"))]
    seen = 0
    while stack and seen < MAX_NODES:
        steps, node = stack.pop()
        seen += 1
        if steps in skipped:
            continue
        if len(steps) > MAX_DEPTH:
            _cut_off(view)
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
        if len(stack) + len(items) > MAX_NODES:
            stack.append((steps, node))
            break  # whatever is said of the rest, not everything was read
        for key, value in reversed(items):
            if isinstance(value, dict | list):
                stack.append(((*steps, key), value))
            elif isinstance(value, str) and isinstance(key, str):
                _string(view, FieldPath((*steps, key)), key, value, node)
    if stack:
        _cut_off(view)


def _cut_off(view: KindView) -> None:
    view.undetermined(
        UndeterminedReason.LIMIT, FieldPath(("spec",)), "more fields, or deeper ones, than are read"
    )
    view.reading.signal("limit", FieldPath(("spec",)), "size")


def _fold(key: object) -> str:
    return str(key).lower().replace("_", "").replace("-", "")


def _string(view: KindView, at: FieldPath, key: str, value: str, node: object) -> None:
    folded = _fold(key)
    role = _KEYS.get(folded)
    uri = value.startswith((*_SCHEMES, "https://huggingface.co/"))
    beside = {_fold(k) for k in node} if isinstance(node, dict) else set()
    if folded == "model" and (
        _SERVER_KEYS & beside or _SERVER_KIND.search(string(view.get("kind")))
    ):
        role = Role.WEIGHTS
    if folded == "modelpath" and not uri and _MOUNT_KEYS & beside:
        view.undetermined(
            UndeterminedReason.NO_MODEL_NAMED,
            at,
            f"{value[:80]} is a path in a volume, and nothing says which model fills it",
        )
        view.reading.signal("field", at, key)
    elif role is not None and (uri or hub_like(value) or value.startswith("https://")):
        view.claim(at, value, role, Form.HUB)
        view.reading.signal("field", at, key)
    elif uri and key in _GENERAL:
        view.claim(at, value, Role.UNKNOWN, Form.URL, optional=True)
