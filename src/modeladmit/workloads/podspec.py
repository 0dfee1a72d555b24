"""Where Pods and containers are in an object of any kind.

The rule is structural, so that templates nested in fifty kinds need no path of their own: a map with a list of
containers is a Pod spec, and a map with `image` beside `command`, `args` or `env` is a container wherever it sits;
the nearest map around it that has `volumes` is its Pod.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from modeladmit.core.fieldpath import ROOT, FieldPath
from modeladmit.workloads.reading import mapping, sequence, string

CONTAINER_LISTS: Final = ("initContainers", "containers", "ephemeralContainers")
MAX_NODES: Final = 16_000
"""Maps and lists that are visited in one object; the API server stores at most 3 MiB."""
MAX_DEPTH: Final = 200
MAX_CONTAINERS: Final = 128

_SKIPPED: Final = frozenset(
    {
        "status",
        "managedFields",
        "volumes",
        "volumeMounts",
        "affinity",
        "tolerations",
        "labels",
        "metadata",
        "selector",
        "matchLabels",
        "nodeSelector",
        "securityContext",
    }
)
"""Never hold containers that run."""
_SCALARS: Final = frozenset({str, int, bool, float, type(None)})
"""Nothing stands in them; asked of every field, so by exact type."""
_TELLING: Final = frozenset({*CONTAINER_LISTS, "volumes", "image"})
"""Keys of maps that may be a Pod or a container."""
_LAUNCH: Final = ("command", "args", "env")

_Chain = tuple["_Chain", str | int] | None
_Visit = tuple[_Chain, object, int, "PodSpec | None", Mapping[str, Any]]
"""The steps to a map or list, what it is, how deep it is, and the Pod and the metadata around it."""


@dataclass(frozen=True, slots=True, eq=False)
class PodSpec:
    """A Pod spec, or the map around a container that stands alone."""

    path: FieldPath
    spec: Mapping[str, Any]
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Container:
    """One container as it is written."""

    path: FieldPath
    raw: Mapping[str, Any]
    pod: PodSpec
    list_name: str = "containers"

    @property
    def name(self) -> str:
        """Its name; a container that stands alone is called like its field."""
        return string(self.raw.get("name"))[:253] or str(
            self.path.steps[-1] if self.path.steps else "container"
        )

    @property
    def image(self) -> str:
        """The image reference as written, or nothing."""
        return string(self.raw.get("image"))

    @property
    def initial(self) -> bool:
        """Whether it ends before the others start (an init container that is no sidecar)."""
        return self.list_name == "initContainers" and self.raw.get("restartPolicy") != "Always"


@dataclass(slots=True)
class Found:
    """What a walk through an object found."""

    pods: list[PodSpec] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    complete: bool = True

    def leave_out(self, places: Sequence[FieldPath]) -> None:
        """Forget what lies below these places: it is read on its own."""
        if places:
            heads = [place.steps for place in places]
            self.pods = [p for p in self.pods if not _below(p.path, heads)]
            self.containers = [c for c in self.containers if not _below(c.path, heads)]


def find_containers(root: Mapping[str, Any], at: FieldPath = ROOT) -> Found:
    """Walk the object without recursion, in its own order. Incomplete when a bound is met."""
    found = Found()
    stack: list[_Visit] = [(None, root, 0, None, {})]
    visited = 0
    while stack:
        chain, node, depth, around, metadata = stack.pop()
        visited += 1
        if (
            visited > MAX_NODES
            or len(found.containers) > MAX_CONTAINERS
            or (isinstance(node, list) and len(stack) + len(node) > MAX_NODES)
        ):
            found.complete = False
            break
        if depth > MAX_DEPTH:
            found.complete = False
            continue
        below = depth + 1
        if isinstance(node, dict):
            own = node.get("metadata")
            if isinstance(own, dict):
                metadata = own
            lists: Sequence[str] = ()
            if not _TELLING.isdisjoint(node) or _called_container(chain):
                around, lists = _note(found, at, chain, node, around, metadata)
            stack += [
                ((chain, key), value, below, around, metadata)
                for key, value in reversed(node.items())
                if type(value) not in _SCALARS
                and key not in _SKIPPED
                and key not in lists
                and isinstance(key, str)
            ]
        elif isinstance(node, list):
            stack += [
                ((chain, index), node[index], below, around, metadata)
                for index in range(len(node) - 1, -1, -1)
                if type(node[index]) not in _SCALARS
            ]
    return found


def _note(
    found: Found,
    at: FieldPath,
    chain: _Chain,
    node: Mapping[str, Any],
    around: PodSpec | None,
    metadata: Mapping[str, Any],
) -> tuple[PodSpec | None, Sequence[str]]:
    """Note the Pod or the container that this map is: the Pod for what stands in it, and the lists that are read."""
    lists = [name for name in CONTAINER_LISTS if name in node and _has_maps(node[name])]
    if lists or "volumes" in node:
        around = PodSpec(at + _path(chain), node, metadata)
    if lists and around is not None:
        found.pods.append(around)
        for name in lists:
            items = node[name]
            found.complete = found.complete and len(items) <= MAX_CONTAINERS
            found.containers += [
                Container(FieldPath((*around.path.steps, name, index)), raw, around, name)
                for index, raw in enumerate(items[: MAX_CONTAINERS + 1])
                if isinstance(raw, dict)
            ]
    elif _alone(chain, node):
        path = at + _path(chain)
        found.containers.append(Container(path, node, around or PodSpec(path, node, metadata)))
    return around, lists


def _called_container(chain: _Chain) -> bool:
    return chain is not None and isinstance(chain[1], str) and chain[1].endswith("ontainer")


def _below(path: FieldPath, heads: Sequence[tuple[str | int, ...]]) -> bool:
    return any(path.steps[: len(head)] == head for head in heads)


def _has_maps(value: object) -> bool:
    if not isinstance(value, list) or not value:
        return False
    return isinstance(value[0], dict) or any(isinstance(item, dict) for item in value)


def _alone(chain: _Chain, node: Mapping[str, Any]) -> bool:
    if not isinstance(node.get("image"), str) and not _called_container(chain):
        return False
    return _script(node) or any(isinstance(node.get(key), list) and node[key] for key in _LAUNCH)


def _script(node: Mapping[str, Any]) -> bool:
    """An Argo Workflows `script` template: a container whose program is the text of `source`."""
    return isinstance(node.get("source"), str) and isinstance(node.get("image"), str)


def _path(chain: _Chain) -> FieldPath:
    steps: list[str | int] = []
    while chain is not None:
        chain, step = chain
        steps.append(step)
    return FieldPath(tuple(reversed(steps)))


def pull_secrets(pods: list[PodSpec]) -> tuple[str, ...]:
    """Names of the image pull secrets that the Pods list."""
    names = (
        string(mapping(item).get("name"))
        for pod in pods
        for item in sequence(pod.spec.get("imagePullSecrets"))
    )
    return tuple(dict.fromkeys(name for name in names if name))
