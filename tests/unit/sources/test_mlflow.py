"""MLflow's registry, down to the store."""

import pytest

from modeladmit.core.content_digest import content_digest
from modeladmit.core.credentials import BasicCredential
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import EvidenceKind, Format
from modeladmit.core.pin import Pin
from modeladmit.errors import ArtifactNotFound, ArtifactRenamed, NotResolvable
from tests.doubles.mlflow_server import MlflowDouble
from tests.doubles.object_stores import S3Double
from tests.unit.sources.conftest import Asking

FILES = {"MLmodel": b"flavors: {}", "data/model.pkl": b"pickle"}
LOGGED = "m-" + "0" * 32


@pytest.mark.parametrize(
    ("uri", "revision", "expected"),
    [
        ("mlflow://tiny/1", None, "1"),
        ("mlflow://tiny", "2", "2"),
        ("mlflow://tiny@champion", None, "2"),
        ("mlflow://tiny", "@champion", "2"),
        ("mlflow://tiny/Production", None, "1"),
        ("mlflow://tiny/production", None, "1"),
        ("mlflow://tiny/latest", None, "3"),
        ("mlflow://tiny", None, "3"),
    ],
)
async def test_names(asking: Asking, uri: str, revision: str | None, expected: str) -> None:
    """Versions, aliases, stages and `latest` come down to a version, which is still no pin of bytes."""
    server = MlflowDouble()
    asked = await asking(server, mlflow_tracking_uri=server)
    server.register("tiny", FILES, stage="Production")
    server.register("tiny", FILES)
    server.register("tiny", FILES)
    server.aliases["tiny", "champion"] = "2"
    artifact = await asked.resolve(uri, revision)
    assert (expected, Pin.NONE) == (
        artifact.revision,
        artifact.pinned.pin if revision is None and "/" not in uri[9:] else Pin.NONE,
    )
    assert content_digest((n, Digest.sha256(d)) for n, d in FILES.items()) == artifact.digest
    assert Format.PICKLE in artifact.formats


async def test_down_to_the_bucket(asking: Asking) -> None:
    """A version in S3 is resolved there, and its signature is found there."""
    server, bucket = MlflowDouble(), S3Double()
    asked = await asking(server, bucket, mlflow_tracking_uri=server, s3_endpoint=bucket)
    for name, data in {"model.safetensors": b"w", "model.sig": b"signature"}.items():
        bucket.put("models", f"tiny/{name}", data)
    server.register("tiny", {}, location="s3://models/tiny")
    artifact = await asked.resolve("mlflow://tiny/1")
    assert [file.name for file in artifact.files] == ["model.safetensors", "model.sig"]
    assert artifact.reference.uri == "mlflow://tiny/1"
    assert [(i.kind, i.content) for i in await asked.evidence(artifact)] == [
        (EvidenceKind.MODEL_SIGNATURE, b"signature")
    ]


async def test_logged_models(asking: Asking) -> None:
    """MLflow 3 registers logged models; both names lead to the same files."""
    server = MlflowDouble()
    asked = await asking(server, mlflow_tracking_uri=server)
    server.register("tiny", FILES)
    server.logged[LOGGED] = server.locations["tiny", "1"]
    server.register("tiny", {}, location=f"models:/{LOGGED}")
    artifacts = [
        await asked.resolve(uri)
        for uri in ("mlflow://tiny/1", "mlflow://tiny/2", f"mlflow://{LOGGED}")
    ]
    assert len({artifact.digest for artifact in artifacts}) == 1


@pytest.mark.parametrize(
    "location",
    [
        "file:///srv/models",
        "/srv/models",
        "dbfs:/models",
        "runs:/1/model",
        "ftp://x/y",
        "pvc://claim/x",
    ],
)
async def test_places_that_cannot_be_asked(asking: Asking, location: str) -> None:
    """A folder of the server, or any other place without an API."""
    server = MlflowDouble()
    asked = await asking(server, mlflow_tracking_uri=server)
    server.register("tiny", FILES, location=location)
    with pytest.raises(NotResolvable):
        await asked.resolve("mlflow://tiny/1")


async def test_another_name(asking: Asking) -> None:
    """A registry that answers for another model."""
    server = MlflowDouble()
    asked = await asking(server, mlflow_tracking_uri=server)
    server.register("tiny", FILES)
    server.versions["tiny"][0]["name"] = "other"
    with pytest.raises(ArtifactRenamed):
        await asked.resolve("mlflow://tiny/1")


async def test_not_ready(asking: Asking) -> None:
    """A version whose upload failed is none."""
    server = MlflowDouble()
    asked = await asking(server, mlflow_tracking_uri=server)
    server.register("tiny", FILES)
    server.versions["tiny"][0]["status"] = "FAILED_REGISTRATION"
    with pytest.raises(ArtifactNotFound, match="not ready"):
        await asked.resolve("mlflow://tiny/1")


async def test_no_server(asking: Asking) -> None:
    """Without a server in the settings nothing can be asked, and the message says which setting."""
    asked = await asking()
    with pytest.raises(NotResolvable, match="mlflowTrackingUri"):
        await asked.resolve("mlflow://tiny/1")


async def test_a_login_is_not_anonymous(asking: Asking) -> None:
    """Basic authentication of the tracking server."""
    server = MlflowDouble()
    asked = await asking(server, mlflow_tracking_uri=server, credential=BasicCredential("u", "p"))
    server.register("tiny", FILES)
    assert not (await asked.resolve("mlflow://tiny/1")).anonymous
    assert all(headers["Authorization"].startswith("Basic ") for _, _, headers in server.seen)
