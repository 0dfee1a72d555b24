"""Objects inside objects: what a ResourceGraphDefinition, a manifest work or an Argo step will create."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.workload import ModelUse, Workload
from modeladmit.workloads.podspec import MAX_NODES
from modeladmit.workloads.tables import Tables

MAX_OBJECTS: Final = 64
MAX_DEPTH: Final = 32
_NESTS: Final = (dict, list)
_Chain = tuple["_Chain | None", str | int]
"""The steps to a map, last first: most maps are never named."""


def nested_objects(
    root: Mapping[str, Any], tables: Tables
) -> Iterator[tuple[FieldPath, Mapping[str, Any]]]:
    """The outermost maps below the root that are whole objects of a kind that loads models."""
    stack: list[tuple[_Chain, int, object]] = [((None, "spec"), 1, root.get("spec"))]
    visited = found = 0
    while stack and visited < MAX_NODES and found < MAX_OBJECTS:
        chain, depth, node = stack.pop()
        visited += 1
        if depth > MAX_DEPTH:
            continue
        if isinstance(node, dict):
            if "apiVersion" in node and _known(node, tables):
                found += 1
                yield _path(chain), node
                continue
            stack += [
                ((chain, key), depth + 1, value)
                for key, value in node.items()
                if isinstance(value, _NESTS) and isinstance(key, str)
            ]
        elif isinstance(node, list) and len(stack) + len(node) <= MAX_NODES:
            stack += [
                ((chain, index), depth + 1, value)
                for index, value in enumerate(node)
                if isinstance(value, _NESTS)
            ]


def _path(chain: "_Chain | None") -> FieldPath:
    steps: list[str | int] = []
    while chain is not None:
        chain, step = chain
        steps.append(step)
    return FieldPath(tuple(reversed(steps)))


def _known(node: Mapping[str, Any], tables: Tables) -> bool:
    version, name = node.get("apiVersion"), node.get("kind")
    if not isinstance(version, str) or not isinstance(name, str) or "/" not in version:
        return False
    kind = tables.kind(version.partition("/")[0], name)
    return kind is not None and kind.inference and not kind.ignore


def merged(outer: Workload, at: FieldPath, inner: Workload) -> Workload:
    """The outer object with everything that one inside of it loads, at the places of the outer one."""
    return replace(
        outer,
        inference=outer.inference or inner.inference,
        uses=(*outer.uses, *(_moved(use, at) for use in inner.uses)),
        undetermined=(
            *outer.undetermined,
            *(replace(u, field=at + u.field) for u in inner.undetermined),
        ),
        signals=(*outer.signals, *(replace(s, field=at + s.field) for s in inner.signals)),
        credentials=(
            *outer.credentials,
            *(replace(c, field=at + c.field) for c in inner.credentials),
        ),
        guards=(*outer.guards, *(replace(g, field=at + g.field) for g in inner.guards)),
        pull_secrets=tuple(dict.fromkeys((*outer.pull_secrets, *inner.pull_secrets))),
    )


def _moved(use: ModelUse, at: FieldPath) -> ModelUse:
    return replace(
        use,
        field=at + use.field,
        carrier_field=None if use.carrier_field is None else at + use.carrier_field,
        endpoints=tuple(replace(e, field=at + e.field) for e in use.endpoints),
        pin_edits=tuple(replace(e, field=at + e.field) for e in use.pin_edits),
    )
