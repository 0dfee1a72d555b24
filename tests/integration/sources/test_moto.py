"""S3 as moto's server speaks it."""

import json
from collections.abc import Iterator

import boto3
import pytest
from botocore.client import BaseClient
from botocore.config import Config

from modeladmit.core.content_digest import content_digest
from modeladmit.core.credentials import AccessKey, CredentialScope
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import EvidenceKind, Executable
from modeladmit.core.pin import Pin
from modeladmit.errors import ArtifactNotFound
from modeladmit.sources.settings import HostSettings, Limits
from tests.integration.sources.conftest import Asked, asking

BUCKET = "models"


class Key:
    """The key that moto knows no rules about."""

    async def credentials(self, host: str, repository: str, scope: CredentialScope) -> AccessKey:
        return AccessKey("AKIDTEST", "secret")


@pytest.fixture
def s3(moto: str) -> Iterator[BaseClient]:
    client = boto3.client(
        "s3",
        endpoint_url=moto,
        region_name="us-east-1",
        aws_access_key_id="AKIDTEST",
        aws_secret_access_key="secret",
        config=Config(s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    yield client
    for kind in ("Versions", "DeleteMarkers"):
        for item in client.list_object_versions(Bucket=BUCKET).get(kind, ()):
            client.delete_object(Bucket=BUCKET, Key=item["Key"], VersionId=item["VersionId"])
    client.delete_bucket(Bucket=BUCKET)
    client.close()


@pytest.fixture
def asked(moto: str, s3: BaseClient) -> Asked:
    host = moto.removeprefix("http://")
    return asking(
        HostSettings(host, plain_http=True),
        keychain=Key(),
        s3_endpoint=moto,
        limits=Limits(small_file_bytes=100),
    )


async def test_versions(asked: Asked, s3: BaseClient) -> None:
    """A key is pinned by its version, which a newer object does not move."""
    first = s3.put_object(Bucket=BUCKET, Key="m/model.gguf", Body=b"old")["VersionId"]
    artifact = await asked.resolve("s3://models/m/model.gguf")
    assert (first, Pin.REVISION) == (artifact.revision, artifact.pin)
    second = s3.put_object(Bucket=BUCKET, Key="m/model.gguf", Body=b"new")["VersionId"]
    again = [
        await asked.resolve("s3://models/m/model.gguf", version)
        for version in (first, second, None)
    ]
    digests = [
        content_digest([("model.gguf", Digest.sha256(data))]) for data in (b"old", b"new", b"new")
    ]
    assert digests == [item.digest for item in again]


async def test_a_deleted_object(asked: Asked, s3: BaseClient) -> None:
    """A delete marker is not there; the version behind it still is."""
    version = s3.put_object(Bucket=BUCKET, Key="gone.gguf", Body=b"x")["VersionId"]
    marker = s3.delete_object(Bucket=BUCKET, Key="gone.gguf")["VersionId"]
    for revision in (None, marker, "no-such-version-1"):
        with pytest.raises(ArtifactNotFound):
            await asked.resolve("s3://models/gone.gguf", revision)
    assert version == (await asked.resolve("s3://models/gone.gguf", version)).revision


async def test_a_directory(asked: Asked, s3: BaseClient) -> None:
    """A prefix, with what it runs and who signed."""
    config = json.dumps({"auto_map": {"AutoModel": "modeling.Model"}}).encode()
    files = {"config.json": config, "sub dir/ä+b&c.json": b"{}", "model.sig": b'{"sig": 1}'}
    for name, data in files.items():
        s3.put_object(Bucket=BUCKET, Key=f"m/{name}", Body=data)
    artifact, evidence = await asked.both("s3://models/m")
    assert sorted(files) == [file.name for file in artifact.files]
    assert content_digest((n, Digest.sha256(d)) for n, d in files.items()) == artifact.digest
    assert (Executable("auto_map", "config.json", "modeling.Model"),) == artifact.executables
    assert [(i.kind, i.content) for i in evidence] == [
        (EvidenceKind.MODEL_SIGNATURE, b'{"sig": 1}')
    ]


async def test_pages(asked: Asked, s3: BaseClient) -> None:
    """A prefix is bounded, over the pages of a real listing."""
    for number in range(12):
        s3.put_object(Bucket=BUCKET, Key=f"many/{number:02}.json", Body=b"{}")
    assert len((await asked.resolve("s3://models/many")).files) == 12


async def test_checksums(asked: Asked, s3: BaseClient) -> None:
    """A SHA-256 that was computed at upload is the file's digest without reading it."""
    body = b"w" * 1000
    s3.put_object(Bucket=BUCKET, Key="big.gguf", Body=body, ChecksumAlgorithm="SHA256")
    s3.put_object(Bucket=BUCKET, Key="plain.gguf", Body=body)
    (big,), (plain,) = [
        (await asked.resolve(f"s3://models/{name}.gguf")).files for name in ("big", "plain")
    ]
    assert (Digest.sha256(body), False, None) == (big.digest, big.verified, plain.digest)
