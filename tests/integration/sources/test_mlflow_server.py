"""The registry of a real MLflow server."""

from typing import Any

import aiohttp
import pytest

from modeladmit.core.content_digest import content_digest
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Format
from modeladmit.errors import ArtifactNotFound
from modeladmit.sources.settings import HostSettings
from tests.integration.sources.conftest import Asked, asking

FILES = {"MLmodel": b"flavors: {}\n", "data/model.pkl": b"pickle", "data/deep/er/x.txt": b"x"}


class Registry:
    """What a training job does: log a model, register it, name it."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = f"{url}/api/2.0"
        self._session = session

    async def call(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        async with self._session.request(method, f"{self._url}/mlflow/{path}", json=body) as answer:
            document: dict[str, Any] = await answer.json()
            assert answer.status == 200, document
            return document

    async def log(self, files: dict[str, bytes]) -> str:
        """A logged model (MLflow 3) with its files; its id."""
        created = await self.call("POST", "logged-models", experiment_id="0", name="tiny")
        info = created["model"]["info"]
        root = info["artifact_uri"].removeprefix("mlflow-artifacts:/")
        for name, data in files.items():
            url = f"{self._url}/mlflow-artifacts/artifacts/{root}/{name}"
            async with self._session.put(url, data=data) as answer:
                assert answer.status == 200
        model_id = str(info["model_id"])
        await self.call(
            "PATCH", f"logged-models/{model_id}", model_id=model_id, status="LOGGED_MODEL_READY"
        )
        return model_id

    async def register(self, name: str, files: dict[str, bytes]) -> str:
        """A version of a registered model, made of a logged one."""
        model_id = await self.log(files)
        async with self._session.post(
            f"{self._url}/mlflow/registered-models/create", json={"name": name}
        ) as answer:
            assert answer.status in {200, 400}  # there already
        version = await self.call(
            "POST",
            "model-versions/create",
            name=name,
            source=f"models:/{model_id}",
            model_id=model_id,
        )
        return str(version["model_version"]["version"])


@pytest.fixture
def asked(mlflow: str) -> Asked:
    rule = HostSettings(mlflow.removeprefix("http://"), plain_http=True)
    return asking(rule, mlflow_tracking_uri=mlflow)


async def test_down_to_the_files(mlflow: str, asked: Asked) -> None:
    """Version, alias, stage and `latest` of a real registry, and the files that its server keeps."""
    async with aiohttp.ClientSession() as session:
        registry = Registry(mlflow, session)
        first = await registry.register("tiny", FILES)
        second = await registry.register("tiny", {**FILES, "data/model.pkl": b"other"})
        await registry.call(
            "POST", "registered-models/alias", name="tiny", alias="champion", version=first
        )
        await registry.call(
            "POST",
            "model-versions/transition-stage",
            name="tiny",
            version=first,
            stage="Production",
        )
    expected = content_digest((name, Digest.sha256(data)) for name, data in FILES.items())
    for uri in (f"mlflow://tiny/{first}", "mlflow://tiny@champion", "mlflow://tiny/production"):
        artifact = await asked.resolve(uri)
        assert (first, expected) == (artifact.revision, artifact.digest)
        assert Format.PICKLE in artifact.formats
    latest = await asked.resolve("mlflow://tiny/latest")
    assert (second, True) == (latest.revision, latest.digest != expected)


@pytest.mark.parametrize(
    "uri",
    [
        "mlflow://nothing/1",
        "mlflow://nothing@champion",
        "mlflow://nothing/latest",
        "mlflow://there/99",
        "mlflow://there@nobody",
        "mlflow://there/Production",
        "mlflow://there/no-such-stage",
        "mlflow://m-" + "0" * 32,
    ],
)
async def test_missing(mlflow: str, asked: Asked, uri: str) -> None:
    """A real server's ways of saying that there is no such thing."""
    async with aiohttp.ClientSession() as session:
        await Registry(mlflow, session).register("there", FILES)
    with pytest.raises(ArtifactNotFound):
        await asked.resolve(uri)


async def test_logged_model(mlflow: str, asked: Asked) -> None:
    """A logged model by its id."""
    async with aiohttp.ClientSession() as session:
        model_id = await Registry(mlflow, session).log(FILES)
    artifact = await asked.resolve(f"mlflow://{model_id}")
    assert (
        content_digest((name, Digest.sha256(data)) for name, data in FILES.items())
        == artifact.digest
    )
