"""MLflow's model registry (`mlflow://name`): versions, aliases, stages, logged models, down to the artifact's own store.

A version's number never changes, what lies behind it may: MLflow keeps no digest. So the place that it names is resolved
in turn, with the same credentials scope, or its files are read through the tracking server where that is the store.
REST API 2.0; URI grammar of mlflow/store/artifact/utils/models.py: digits are a version, `latest`, else a stage; `@alias`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from yarl import URL

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.evidence import Artifact, EvidenceSet
from modeladmit.core.reference import Reference, Scheme
from modeladmit.core.references import parse_reference
from modeladmit.errors import (
    ArtifactNotFound,
    ArtifactRenamed,
    InvalidReference,
    NotResolvable,
    UnexpectedContent,
)
from modeladmit.sources.access import Access, StoreClient
from modeladmit.sources.exchange import NOT_FOUND
from modeladmit.sources.mlflow_artifacts import MlflowArtifacts
from modeladmit.sources.objects import ObjectStoreSource
from modeladmit.sources.source import Source

_API: Final = "api/2.0/mlflow"
_INVALID_PARAMETER: Final = 400
_VERSION: Final = re.compile(r"[0-9]{1,18}")
_LOGGED_MODEL: Final = re.compile(r"m-[0-9a-f]{32}")
_DELEGATED: Final = frozenset({Scheme.S3, Scheme.GCS, Scheme.AZURE_BLOB, Scheme.OCI, Scheme.HF})


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a version's files are."""

    version: str
    location: str


class MlflowSource:
    """Models of one registry."""

    def __init__(
        self, client: StoreClient, tracking_uri: str | None, stores: Mapping[Scheme, Source]
    ) -> None:
        self._client = client
        self._server = URL(tracking_uri.rstrip("/")) if tracking_uri else None
        self._stores = stores

    async def resolve(self, reference: Reference, *, scope: CredentialScope) -> Artifact:
        """Alias or stage to version, version to its store, and what lies there. Raises EvidenceError leaves."""
        access = await self._access(reference, scope, anonymous=False)
        place = await self._place(reference, access, None)
        inner, target = self._source(place, access)
        artifact = await inner.resolve(target, scope=scope)
        return replace(
            artifact,
            reference=reference,
            revision=place.version,
            anonymous=artifact.anonymous and access.anonymous,
        )

    async def evidence(self, artifact: Artifact, *, scope: CredentialScope) -> EvidenceSet:
        """Evidence beside what the version names. Raises EvidenceError leaves."""
        access = await self._access(artifact.reference, scope, anonymous=artifact.anonymous)
        place = await self._place(artifact.reference, access, artifact.revision)
        inner, target = self._source(place, access)
        found = await inner.evidence(
            replace(artifact, reference=target, revision=None), scope=scope
        )
        return replace(found, anonymous=found.anonymous and access.anonymous)

    async def _access(
        self, reference: Reference, scope: CredentialScope, *, anonymous: bool
    ) -> Access:
        server = self._home(reference.uri)
        return await self._client.access(server, reference.name, scope, anonymous=anonymous)

    def _home(self, what: str) -> URL:
        if self._server is None:
            raise NotResolvable(
                f"{what}: no MLflow server is known; set mlflowTrackingUri in the settings"
            )
        return self._server

    def _source(self, place: _Place, access: Access) -> tuple[Source, Reference]:
        scheme, _, rest = place.location.partition(":")
        if scheme == "mlflow-artifacts":
            try:
                parts = URL(place.location, encoded=True).path.split("/")
            except ValueError:
                raise NotResolvable("the model lies at a place that cannot be read") from None
            path = "/".join(part for part in parts if part)
            store = MlflowArtifacts(self._client, self._home(place.location), access)
            return ObjectStoreSource(store, self._client.limits), Reference(Scheme.MLFLOW, path)
        location = place.location
        if scheme in {"wasb", "wasbs"} and "@" in rest:
            container, _, host = rest.removeprefix("//").partition("@")
            account, _, path = host.partition("/")
            location = f"azblob://{account.partition('.')[0]}/{container}/{path}"
        try:
            target = parse_reference(location)
        except InvalidReference:
            raise NotResolvable("the model lies at a place that cannot be asked") from None
        if target.scheme not in _DELEGATED or target.scheme not in self._stores:
            raise NotResolvable(
                f"the model lies at a {target.scheme}:// place, which cannot be asked at admission"
            )
        return self._stores[target.scheme], target

    async def _place(self, reference: Reference, access: Access, version: str | None) -> _Place:
        name, selector = _selected(reference)
        if version is not None and not _LOGGED_MODEL.fullmatch(version):
            selector = version
        if _LOGGED_MODEL.fullmatch(name) and not selector:
            return await self._logged(name, name, access)
        found = await self._version(name, selector, access)
        number, status = found.get("version"), found.get("status", "READY")
        if found.get("name") != name:
            raise ArtifactRenamed(
                f"the registry answers for {reference.uri} with another model; it was renamed"
            )
        if (
            not isinstance(number, str)
            or not _VERSION.fullmatch(number)
            or not isinstance(status, str)
        ):
            raise UnexpectedContent(f"the registry does not say which version {reference.uri} is")
        if status != "READY":
            raise ArtifactNotFound(
                f"version {number} of {reference.uri} is not ready ({status[:40]})"
            )
        query = {"name": name, "version": number}
        document = await self._get("model-versions/get-download-uri", query, access, reference.uri)
        location = document.get("artifact_uri")
        if not isinstance(location, str) or not location:
            raise UnexpectedContent(f"the registry does not say where {reference.uri} is")
        model = location.removeprefix("models:/").strip("/")
        if location.startswith("models:/") and _LOGGED_MODEL.fullmatch(model):
            return await self._logged(model, number, access)
        return _Place(number, location)

    async def _logged(self, model: str, version: str, access: Access) -> _Place:
        document = await self._get(f"logged-models/{model}", {}, access, f"models:/{model}")
        logged = document.get("model")
        info = logged.get("info") if isinstance(logged, dict) else None
        location = info.get("artifact_uri") if isinstance(info, dict) else None
        if not isinstance(location, str) or not location or location.startswith("models:"):
            raise UnexpectedContent(f"the registry does not say where models:/{model} is")
        return _Place(version, location)

    async def _version(self, name: str, selector: str | None, access: Access) -> dict[str, Any]:
        what = f"mlflow://{name}" + (f" at {selector}" if selector else "")
        if selector and _VERSION.fullmatch(selector):
            return _object(
                await self._get(
                    "model-versions/get", {"name": name, "version": selector}, access, what
                ),
                "model_version",
            )
        if selector and selector.startswith("@"):
            query = {"name": name, "alias": selector[1:]}
            return _object(
                await self._get("registered-models/alias", query, access, what), "model_version"
            )
        query = {"name": name}
        if selector and selector.lower() != "latest":
            query["stages"] = selector
        document = await self._get("registered-models/get-latest-versions", query, access, what)
        listed = document.get("model_versions")
        versions = [
            item for item in (listed if isinstance(listed, list) else ()) if isinstance(item, dict)
        ]
        if not versions:
            raise ArtifactNotFound(f"the registry has no version of {what}")
        return max(versions, key=_number)

    async def _get(
        self, path: str, query: Mapping[str, str], access: Access, what: str
    ) -> dict[str, Any]:
        url = (self._home(what) / _API / path).with_query(query)
        response = await self._client.get(url, access)
        # An unknown alias or stage is an "invalid parameter", status 400.
        if response.status in {NOT_FOUND, _INVALID_PARAMETER}:
            raise ArtifactNotFound(f"the registry has no {what}")
        return response.expect(what).document(what)


def _selected(reference: Reference) -> tuple[str, str | None]:
    """Name and selector (version, `@alias`, stage, `latest`) from `name`, `name/selector`, `name@alias` and the revision."""
    name, _, rest = reference.name.partition("/")
    before, at, alias = name.rpartition("@")
    if at and before:
        name, rest = before, f"@{alias}"
    return name, reference.revision or rest or None


def _object(document: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key)
    if not isinstance(value, dict):
        raise UnexpectedContent(f"the registry answers without {key}")
    return value


def _number(version: Mapping[str, Any]) -> int:
    text = version.get("version")
    return int(text) if isinstance(text, str) and _VERSION.fullmatch(text) else -1
