"""An API server in memory with the interface of `cluster.client.KubernetesClient`."""

from collections.abc import Mapping
from typing import Any

from modeladmit.cluster.client import Listing
from modeladmit.cluster.errors import ClusterError, Conflict, ObjectNotFound
from modeladmit.cluster.resources import Resource


class InMemory:
    """Objects by kind; failures on request. Counts what it is asked."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.version = 100
        self.failure: ClusterError | None = None
        self.fails: set[str] = set()
        self.asked: list[tuple[str, str]] = []

    def put(self, resource: Resource, obj: Mapping[str, Any]) -> dict[str, Any]:
        self.version += 1
        metadata = {**obj.get("metadata", {}), "resourceVersion": str(self.version)}
        stored = {
            "apiVersion": resource.api_version,
            "kind": resource.kind,
            **obj,
            "metadata": metadata,
        }
        self.objects[resource.plural, metadata.get("namespace", ""), metadata["name"]] = stored
        return stored

    def remove(self, resource: Resource, name: str, namespace: str = "") -> dict[str, Any]:
        self.version += 1
        return self.objects.pop((resource.plural, namespace, name))

    async def get(
        self, resource: Resource, name: str, *, namespace: str | None = None
    ) -> dict[str, Any]:
        self._answer("get", resource)
        found = self.objects.get((resource.plural, namespace or "", name))
        if found is None:
            raise ObjectNotFound("not there")
        return dict(found)

    async def list(
        self,
        resource: Resource,
        *,
        namespace: str | None = None,
        field_selector: str | None = None,
    ) -> Listing:
        self._answer("list", resource)
        wanted = (field_selector or "").removeprefix("type=")
        items = tuple(
            obj
            for (plural, where, _), obj in self.objects.items()
            if plural == resource.plural
            and (namespace is None or where == namespace)
            and (not wanted or obj.get("type") == wanted)
        )
        return Listing(items, str(self.version))

    async def create(
        self, resource: Resource, body: Mapping[str, Any], *, namespace: str | None = None
    ) -> dict[str, Any]:
        self._answer("create", resource)
        if (resource.plural, namespace or "", body["metadata"]["name"]) in self.objects:
            raise Conflict("there already")
        return self.put(resource, body)

    async def replace(
        self,
        resource: Resource,
        name: str,
        body: Mapping[str, Any],
        *,
        namespace: str | None = None,
    ) -> dict[str, Any]:
        self._answer("replace", resource)
        known = self.objects.get((resource.plural, namespace or "", name))
        if known is None:
            raise ObjectNotFound("not there")
        if known["metadata"]["resourceVersion"] != body["metadata"]["resourceVersion"]:
            raise Conflict("changed in between")
        return self.put(resource, body)

    def _answer(self, verb: str, resource: Resource) -> None:
        self.asked.append((verb, resource.plural))
        if self.failure is not None and (not self.fails or resource.plural in self.fails):
            raise self.failure


class Hours:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
