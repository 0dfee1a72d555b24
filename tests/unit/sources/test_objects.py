"""S3, Cloud Storage and Blob Storage: what they share, and the traps of each."""

from typing import Any

import pytest

from modeladmit.core.content_digest import content_digest
from modeladmit.core.credentials import AccessKey, BasicCredential
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import EvidenceKind
from modeladmit.core.pin import Pin
from modeladmit.errors import ArtifactNotFound, DigestMismatch, LimitExceeded, UnexpectedContent
from modeladmit.sources.settings import Limits
from modeladmit.sources.xml_records import records
from tests.doubles.object_stores import AzureDouble, GcsDouble, S3Double
from tests.unit.sources.conftest import Asking

STORES = [
    pytest.param(S3Double, "s3_endpoint", "s3://bucket", id="s3"),
    pytest.param(GcsDouble, "gcs_endpoint", "gs://bucket", id="gcs"),
    pytest.param(AzureDouble, "azure_endpoint", "azblob://account/bucket", id="azblob"),
]


@pytest.mark.parametrize(("double", "setting", "bucket"), STORES)
async def test_one_object(asking: Asking, double: Any, setting: str, bucket: str) -> None:
    """A key is pinned by the version of its object, and found again by it after it moved."""
    server = double()
    asked = await asking(server, **{setting: server})
    version = server.put("bucket", "m/model.gguf", b"old")
    artifact = await asked.resolve(f"{bucket}/m/model.gguf")
    assert (version, Pin.REVISION) == (artifact.revision, artifact.pin)
    assert content_digest([("model.gguf", Digest.sha256(b"old"))]) == artifact.digest
    server.put("bucket", "m/model.gguf", b"new")
    again = await asked.resolve(f"{bucket}/m/model.gguf", version)
    assert artifact.digest == again.digest


@pytest.mark.parametrize(("double", "setting", "bucket"), STORES)
async def test_a_prefix_is_a_directory(
    asking: Asking, double: Any, setting: str, bucket: str
) -> None:
    """All its objects over several pages, names relative, neighbours left out, no single revision."""
    server = double(page_size=2)
    asked = await asking(server, **{setting: server})
    files = {f"f{number}/x&y.json": b"%d" % number for number in range(5)}
    for name, data in files.items():
        server.put("bucket", f"m/tiny/{name}", data)
    server.put("bucket", "m/tiny-other/z.json", b"z")
    artifact = await asked.resolve(f"{bucket}/m/tiny")
    assert sorted(files) == [file.name for file in artifact.files]
    assert content_digest((n, Digest.sha256(d)) for n, d in files.items()) == artifact.digest
    assert artifact.revision is None


@pytest.mark.parametrize(("double", "setting", "bucket"), STORES)
async def test_too_many_objects(asking: Asking, double: Any, setting: str, bucket: str) -> None:
    """A bucket of a million objects is not walked."""
    server = double(page_size=2)
    asked = await asking(server, limits=Limits(objects=3), **{setting: server})
    for number in range(10):
        server.put("bucket", f"m/tiny/{number}", b"x")
    before = server.count
    with pytest.raises(LimitExceeded):
        await asked.resolve(f"{bucket}/m/tiny")
    assert server.count - before <= 4


@pytest.mark.parametrize(("double", "setting", "bucket"), STORES)
async def test_large_objects_stay_unknown(
    asking: Asking, double: Any, setting: str, bucket: str
) -> None:
    """What is too large to be hashed here has no digest, and neither has the model."""
    server = double()
    asked = await asking(server, limits=Limits(small_file_bytes=10), **{setting: server})
    server.put("bucket", "m/model.gguf", b"x" * 11)
    artifact = await asked.resolve(f"{bucket}/m/model.gguf")
    assert (artifact.digest, artifact.files[0].digest, artifact.size) == (None, None, 11)


@pytest.mark.parametrize(("double", "setting", "bucket"), STORES)
async def test_unknown_version(asking: Asking, double: Any, setting: str, bucket: str) -> None:
    """A version that is gone is not there; it is never taken for a prefix."""
    server = double()
    asked = await asking(server, **{setting: server})
    server.put("bucket", "m/tiny/model.gguf", b"x")
    with pytest.raises(ArtifactNotFound):
        await asked.resolve(f"{bucket}/m/tiny", server.version(99))


@pytest.mark.parametrize(("double", "setting", "bucket"), STORES)
async def test_signatures(asking: Asking, double: Any, setting: str, bucket: str) -> None:
    """`model.sig` inside a prefix, `KEY.sig` beside an object."""
    server = double()
    asked = await asking(server, **{setting: server})
    for key, data in {
        "m/t/a.gguf": b"a",
        "m/t/model.sig": b"inside",
        "one.gguf": b"b",
        "one.gguf.sig": b"beside",
    }.items():
        server.put("bucket", key, data)
    found = [
        await asked.evidence(await asked.resolve(f"{bucket}/{name}"))
        for name in ("m/t", "one.gguf")
    ]
    assert [[(item.kind, item.content) for item in items] for items in found] == [
        [(EvidenceKind.MODEL_SIGNATURE, b"inside")],
        [(EvidenceKind.MODEL_SIGNATURE, b"beside")],
    ]


@pytest.mark.parametrize(
    ("checksum", "known"), [("FULL_OBJECT", True), ("COMPOSITE", False), (None, False)]
)
async def test_s3_checksums(asking: Asking, checksum: str | None, *, known: bool) -> None:
    """Only a FULL_OBJECT SHA-256 is a digest of the object: a COMPOSITE one is a hash of part hashes."""
    server = S3Double()
    asked = await asking(server, s3_endpoint=server, limits=Limits(small_file_bytes=1))
    server.put("bucket", "model.gguf", b"weights", checksum=checksum)
    (file,) = (await asked.resolve("s3://bucket/model.gguf")).files
    assert (Digest.sha256(b"weights") if known else None, False) == (file.digest, file.verified)


async def test_a_checksum_that_lies(asking: Asking) -> None:
    """Where the bytes are read anyway, they decide."""
    server = S3Double()
    asked = await asking(server, s3_endpoint=server)
    server.put("bucket", "config.json", b"{}", checksum="FULL_OBJECT")
    server.faults.flip = True
    with pytest.raises((DigestMismatch, UnexpectedContent)):
        await asked.resolve("s3://bucket/config.json")


@pytest.mark.parametrize(
    "credential", [AccessKey("AKID", "secret", "session"), BasicCredential("AKID", "secret")]
)
async def test_signed_requests(asking: Asking, credential: Any) -> None:
    """A key from a pull secret or a cloud identity signs every request; the secret itself is never sent."""
    server = S3Double()
    asked = await asking(server, s3_endpoint=server, credential=credential)
    server.put("bucket", "a b/é+.gguf", b"x")
    artifact = await asked.resolve("s3://bucket/a%20b/é+.gguf")
    assert not artifact.anonymous
    for _, path, headers in server.seen:
        assert "AWS4-HMAC-SHA256 Credential=AKID/" in headers["Authorization"]
        assert "secret" not in path + str(headers)


async def test_an_azure_folder_is_a_prefix(asking: Asking) -> None:
    """A reference needs a container."""
    server = AzureDouble()
    asked = await asking(server, azure_endpoint=server)
    with pytest.raises(Exception, match="container"):
        await asked.resolve("azblob://account")


BOMB = b'<!DOCTYPE a [<!ENTITY b "cc">]><a>&b;</a>'


@pytest.mark.parametrize(
    "body", [BOMB, b"", b"<a>", b"x", b"<a></b>", b"<a>" * 100, b"<a>&undefined;</a>"]
)
def test_xml_that_is_no_listing(body: bytes) -> None:
    """A DTD, an entity, a depth without end, no XML at all."""
    with pytest.raises(UnexpectedContent):
        records(body, "Contents")


def test_xml_records() -> None:
    """Leaves by record, namespaces aside; what stands outside is apart."""
    body = b'<r xmlns="urn:x"><M>t</M><C><K>a&amp;b</K><O><ID>1</ID></O></C><C><K>c</K></C></r>'
    assert records(body, "C") == ([{"K": "a&b", "ID": "1"}, {"K": "c"}], {"M": "t"})
