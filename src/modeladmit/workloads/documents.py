"""A file's worth of objects: lists are opened, ConfigMaps beside a workload are supplied to it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import yaml

from modeladmit.core.workload import Supplied, Workload
from modeladmit.workloads.builtin import BUILTIN
from modeladmit.workloads.inspect import inspect_object
from modeladmit.workloads.reading import mapping, sequence, string
from modeladmit.workloads.tables import Tables

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_OBJECTS: Final = 100_000
MAX_ANCHORS: Final = 16
"""In a patch that stands as text: anchors multiply."""


def inspect_documents(
    docs: Iterable[Any], *, tables: Tables = BUILTIN, namespace: str | None = None
) -> tuple[Workload, ...]:
    """Read every object of a decoded multi-document file."""
    objects = list(flattened(docs))
    supplied = config_maps(objects)
    return tuple(
        inspect_object(obj, supplied=supplied, tables=tables, namespace=namespace, siblings=objects)
        for obj in objects
    )


def flattened(docs: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    """The objects, those of `kind: List` and of JSON arrays one by one."""
    stack = list(docs)[::-1]
    count = 0
    while stack and count < MAX_OBJECTS:
        doc = stack.pop()
        count += 1
        if isinstance(doc, list):
            stack.extend(reversed(doc))
        elif isinstance(doc, dict):
            if string(doc.get("kind")).endswith("List") and isinstance(doc.get("items"), list):
                stack.extend(reversed(sequence(doc["items"])))
            elif doc.get("kind") == "Kustomization":
                stack.extend(reversed(list(_patches(doc))))
            else:
                yield doc


def _patches(doc: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Strategic merge patches that a Kustomization holds as text: each is an object with some fields."""
    texts = [mapping(patch).get("patch") for patch in sequence(doc.get("patches"))]
    texts += list(sequence(doc.get("patchesStrategicMerge")))
    for text in texts:
        if (
            not isinstance(text, str)
            or "\n" not in text
            or len(text) > 1 << 17
            or text.count("&") > MAX_ANCHORS
        ):
            continue
        try:
            patch = yaml.load(text, _LOADER)  # noqa: S506 - a safe loader
        except (yaml.YAMLError, ValueError, RecursionError):
            continue
        if isinstance(patch, dict) and "spec" in patch:
            yield patch


def config_maps(objects: Iterable[Mapping[str, Any]]) -> Supplied:
    """The data of every ConfigMap among the objects; without a namespace it serves all."""
    found: dict[tuple[str, str], Mapping[str, str]] = {}
    for obj in objects:
        if obj.get("kind") == "ConfigMap":
            metadata = mapping(obj.get("metadata"))
            data = {
                k: v
                for k, v in mapping(obj.get("data")).items()
                if isinstance(k, str) and isinstance(v, str)
            }
            found["", string(metadata.get("name"))] = data
            if namespace := string(metadata.get("namespace")):
                found[namespace, string(metadata.get("name"))] = data
    return found
