"""Objects of kinds that nothing is known of: keys that everybody uses, and strings with a scheme that only models have."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import Role, UndeterminedReason
from modeladmit.workloads.address import hub_like
from modeladmit.workloads.claims import MAX_CLAIMS
from modeladmit.workloads.kinds.reader import KindView
from modeladmit.workloads.reading import string
from modeladmit.workloads.tables import Form

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
_HUBS: Final = {
    "huggingface": "hf",
    "huggingfacehub": "hf",
    "hf": "hf",
    "hfhub": "hf",
    "modelscope": "modelscope",
}
_ORIGIN_KEYS: Final = frozenset(
    {"source", "sourcetype", "provider", "hub", "registry", "origin", "type"}
)
"""Beside one of these that says a hub, a name of the shape `owner/name` is a repository there."""
_LONGEST: Final = 32
_NAME_KEYS: Final = frozenset({"name", "id", "model", "repo", "repository"})
_REMEMBERED: Final = 64
"""Characters of a key that is remembered: what is kept must not grow with what strangers write."""
_NESTS: Final = (dict, list)
_DATA_STEP: Final = re.compile("data|eval|reward", re.IGNORECASE)
_MODEL_STEP: Final = re.compile("model|llm|weights|checkpoint", re.IGNORECASE)
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
    "https://huggingface.co/",
)
_GENERAL: Final = frozenset({"url", "uri", "source", "repository", "model", "image", "path"})
MAX_NODES: Final = 16_000
MAX_DEPTH: Final = 64
"""Deeper than any schema."""


@dataclass(frozen=True, slots=True)
class _Siblings:
    """What the other fields of a map say, gathered once: a map of thousands of fields must not be read once for each."""

    folded: Mapping[Any, str]
    """Keys as written, and as compared."""
    keys: frozenset[str]
    hub: str | None
    """The hub that one of them names: `source: huggingface`."""
    oci: bool


_Chain = tuple["_Chain | None", str | int]
"""The steps to a map, last first: most are never named."""


def read_unknown(view: KindView, skipped: set[tuple[str | int, ...]]) -> None:
    """Read the `spec` of an object of an unknown kind, without what lies below `skipped`."""
    serves = _SERVER_KIND.search(string(view.get("kind"))) is not None
    stack: list[tuple[_Chain, int, object]] = [((None, "spec"), 1, view.get("spec"))]
    seen = 0
    complete = True
    while stack and seen < MAX_NODES:
        chain, depth, node = stack.pop()
        seen += 1
        if depth > MAX_DEPTH:
            complete = False
            continue
        if (skipped and _steps(chain) in skipped) or _is_container(node):
            continue  # read as an object or as a container
        if isinstance(node, dict | list) and len(stack) + len(node) > MAX_NODES:
            complete = False
            break  # whatever is said of the rest, not everything was read
        if isinstance(node, dict):
            _texts(view, chain, node, serves=serves)
            stack += [
                ((chain, key), depth + 1, value)
                for key, value in reversed(node.items())
                if isinstance(value, _NESTS)
            ]
        elif isinstance(node, list):
            stack += [
                ((chain, index), depth + 1, node[index])
                for index in range(len(node) - 1, -1, -1)
                if isinstance(node[index], _NESTS)
            ]
    if stack or not complete:
        view.reading.limit(FieldPath(("spec",)), "more fields, or deeper ones, than are read")


def _is_container(node: object) -> bool:
    return (
        isinstance(node, dict)
        and "image" in node
        and ("args" in node or "command" in node or "env" in node)
    )


def _texts(view: KindView, chain: _Chain, node: dict[Any, Any], *, serves: bool) -> None:
    """The texts of one map, last first."""
    siblings: _Siblings | None = None
    for key, value in reversed(node.items()):
        if len(view.reading.claims) > MAX_CLAIMS:
            return  # said once, when the claims are joined
        if isinstance(value, str) and isinstance(key, str) and _may_tell(key, value):
            siblings = siblings or _siblings(node)
            at = FieldPath((*_steps(chain), key))
            _string(view, at, key, value, siblings, serves=serves)


def _may_tell(key: str, value: str) -> bool:
    """Whether a text may name a model, whatever stands beside it."""
    folded = _fold(key)
    if folded in _KEYS or folded == "image":
        return True
    return "/" in value and (folded in _NAME_KEYS or value.startswith(_SCHEMES))


def _steps(chain: "_Chain | None") -> tuple[str | int, ...]:
    steps: list[str | int] = []
    while chain is not None:
        chain, step = chain
        steps.append(step)
    return tuple(reversed(steps))


def _fold(key: object) -> str:
    text = str(key)
    return _remembered(text) if len(text) <= _REMEMBERED else _folded(text)


def _folded(key: str) -> str:
    return key.lower().replace("_", "").replace("-", "")


_remembered = lru_cache(maxsize=1024)(_folded)


def _siblings(node: Mapping[Any, Any]) -> _Siblings:
    folded = {key: _fold(key) for key in node}
    keys = frozenset(folded.values())
    if keys.isdisjoint(_ORIGIN_KEYS):
        return _Siblings(folded, keys, None, oci=False)
    origins = (node[key] for key, name in folded.items() if name in _ORIGIN_KEYS)
    said = {_fold(origin[:_LONGEST]) for origin in origins if isinstance(origin, str)}
    hub = next((hub for name, hub in _HUBS.items() if name in said), None)
    return _Siblings(folded, keys, hub, oci="oci" in said)


def _string(
    view: KindView, at: FieldPath, key: str, value: str, siblings: _Siblings, *, serves: bool
) -> None:
    folded = siblings.folded[key]
    role = _KEYS.get(folded)
    uri = value.startswith(_SCHEMES)
    if folded == "model" and (serves or _SERVER_KEYS & siblings.keys):
        role = Role.WEIGHTS
    if folded == "modelpath" and not uri and _MOUNT_KEYS & siblings.keys:
        view.undetermined(
            UndeterminedReason.NO_MODEL_NAMED,
            at,
            f"{value[:80]} is a path in a volume, and nothing says which model fills it",
        )
        view.reading.signal("field", at, key)
    elif role is not None and (uri or hub_like(value) or value.startswith("https://")):
        view.claim(at, value, role, Form.HUB)
        view.reading.signal("field", at, key)
    elif siblings.hub and folded in _NAME_KEYS and hub_like(value) and not _of_data(at):
        view.claim(at, value, Role.WEIGHTS, Form.HUB, hub=siblings.hub)
        view.reading.signal("field", at, key)
    elif siblings.oci and folded == "image" and _MODEL_STEP.search(str(at.steps[-2])):
        view.claim(at, value, Role.WEIGHTS, Form.IMAGE)
        view.taken.add(FieldPath(at.steps[:-1]))  # an artifact, and no container that runs it
        view.reading.signal("field", at, key)
    elif uri and key in _GENERAL:
        view.claim(at, value, Role.UNKNOWN, Form.URL, optional=True)


def _of_data(at: FieldPath) -> bool:
    """Whether a field lies below one that speaks of data to train on or to measure with."""
    return any(isinstance(step, str) and _DATA_STEP.search(step) for step in at.steps)
