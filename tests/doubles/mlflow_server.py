"""An MLflow tracking server in memory: registry, logged models, proxied artifacts (REST API 2.0)."""

from typing import Any

from aiohttp import web

from tests.doubles.faults import FaultyServer


class MlflowDouble(FaultyServer):
    """Versions by name; artifacts by path."""

    def __init__(self) -> None:
        super().__init__()
        self.versions: dict[str, list[dict[str, Any]]] = {}
        self.aliases: dict[tuple[str, str], str] = {}
        self.locations: dict[tuple[str, str], str] = {}
        self.logged: dict[str, str] = {}
        """Logged model to artifact location (MLflow 3)."""
        self.artifacts: dict[str, bytes] = {}
        router = self.app.router
        router.add_get("/api/2.0/mlflow/model-versions/get", self._get)
        router.add_get("/api/2.0/mlflow/registered-models/alias", self._alias)
        router.add_get("/api/2.0/mlflow/registered-models/get-latest-versions", self._latest)
        router.add_get("/api/2.0/mlflow/model-versions/get-download-uri", self._download_uri)
        router.add_get("/api/2.0/mlflow/logged-models/{model}", self._logged)
        router.add_get("/api/2.0/mlflow-artifacts/artifacts", self._list)
        router.add_get("/api/2.0/mlflow-artifacts/artifacts/{path:.+}", self._read)

    def register(
        self,
        name: str,
        files: dict[str, bytes],
        *,
        stage: str = "None",
        location: str | None = None,
    ) -> str:
        versions = self.versions.setdefault(name, [])
        number = str(len(versions) + 1)
        root = f"1/models/{name}-{number}/artifacts"
        versions.append(
            {"name": name, "version": number, "current_stage": stage, "status": "READY"}
        )
        self.locations[name, number] = location or f"mlflow-artifacts:/{root}"
        for path, data in files.items():
            self.artifacts[f"{root}/{path}"] = data
        return number

    def _version(self, name: str, number: str) -> dict[str, Any]:
        for version in self.versions.get(name, []):
            if version["version"] == number:
                return version
        raise web.HTTPNotFound(text='{"error_code": "RESOURCE_DOES_NOT_EXIST"}')

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response(
            {"model_version": self._version(request.query["name"], request.query["version"])}
        )

    async def _alias(self, request: web.Request) -> web.Response:
        name = request.query["name"]
        number = self.aliases.get((name, request.query["alias"]))
        if name in self.versions and number is None:
            # As the real server says it.
            raise web.HTTPBadRequest(text='{"error_code": "INVALID_PARAMETER_VALUE"}')
        return web.json_response({"model_version": self._version(name, number or "0")})

    async def _latest(self, request: web.Request) -> web.Response:
        if request.query["name"] not in self.versions:
            raise web.HTTPNotFound(text='{"error_code": "RESOURCE_DOES_NOT_EXIST"}')
        stages = request.query.getall("stages", [])
        latest: dict[str, dict[str, Any]] = {}
        for version in self.versions[request.query["name"]]:
            if not stages or version["current_stage"].lower() in [
                stage.lower() for stage in stages
            ]:
                latest[version["current_stage"]] = version
        return web.json_response({"model_versions": list(latest.values())})

    async def _download_uri(self, request: web.Request) -> web.Response:
        self._version(request.query["name"], request.query["version"])
        return web.json_response(
            {"artifact_uri": self.locations[request.query["name"], request.query["version"]]}
        )

    async def _logged(self, request: web.Request) -> web.Response:
        model = request.match_info["model"]
        if model not in self.logged:
            raise web.HTTPNotFound(text="{}")
        return web.json_response(
            {"model": {"info": {"model_id": model, "artifact_uri": self.logged[model]}}}
        )

    async def _list(self, request: web.Request) -> web.Response:
        folder = request.query.get("path", "")
        entries: dict[str, dict[str, Any]] = {}
        for path, data in self.artifacts.items():
            rest = path.removeprefix(f"{folder}/")
            if rest != path:
                head, slash, _ = rest.partition("/")
                entries[head] = {
                    "path": head,
                    "is_dir": bool(slash),
                    "file_size": None if slash else len(data),
                }
        return web.json_response({"files": list(entries.values())})

    async def _read(self, request: web.Request) -> web.Response:
        if request.match_info["path"] not in self.artifacts:
            raise web.HTTPNotFound(text="{}")
        return web.Response(
            body=self.artifacts[request.match_info["path"]], content_type="application/octet-stream"
        )
