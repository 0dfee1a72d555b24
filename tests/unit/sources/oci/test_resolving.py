"""Tags and digests to artifacts."""

import hashlib
import json
from contextlib import AsyncExitStack

import pytest

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Executable, Format
from modeladmit.errors import (
    AccessDenied,
    ArtifactNotFound,
    DigestMismatch,
    LimitExceeded,
    UnexpectedContent,
)
from modeladmit.sources.settings import HostSettings, Limits
from tests.doubles.oci_registry import INDEX, MANIFEST, OciRegistry
from tests.unit.sources.oci.conftest import Opener


async def test_a_digest_costs_one_request(registry: OciRegistry, opened: Opener) -> None:
    """No ping, no HEAD: the manifest by digest is the first and only question about an image."""
    client = await opened(registry)
    digest = registry.push_image("m/image", "v1")
    artifact = await client.resolve(f"m/image@{digest}")
    assert (digest, 1) == (artifact.digest, registry.count)
    assert Format.ARCHIVE is artifact.files[0].format


async def test_no_tag_is_latest(registry: OciRegistry, opened: Opener) -> None:
    """As every client reads it."""
    client = await opened(registry)
    digest = registry.push_image("m/image", "latest")
    assert digest == (await client.resolve("m/image")).digest


async def test_a_digest_beside_a_tag_wins(registry: OciRegistry, opened: Opener) -> None:
    """A tag beside a digest is a hint for people."""
    client = await opened(registry)
    digest = registry.push_image("m/image", "v1")
    registry.push_image("m/image", "v2", content=b"other")
    assert digest == (await client.resolve(f"m/image:v2@{digest}")).digest


async def test_the_registry_may_not_name_the_digest(registry: OciRegistry, opened: Opener) -> None:
    """Manifests are hashed by us: other bytes under a digest are a mismatch."""
    client = await opened(registry)
    digest = registry.push_image("m/image", "v1")
    other = registry.push_image("m/image", "v2", content=b"evil")
    registry.manifests["m/image", str(digest)] = registry.manifests["m/image", str(other)]
    with pytest.raises(DigestMismatch):
        await client.resolve(f"m/image@{digest}")


async def test_sha512(registry: OciRegistry, opened: Opener) -> None:
    """A stronger algorithm is checked with that algorithm."""
    client = await opened(registry)
    registry.push_image("m/image", "v1")
    body, content_type = registry.manifests["m/image", "v1"]
    digest = Digest("sha512", hashlib.sha512(body).hexdigest())
    registry.manifests["m/image", str(digest)] = (body, content_type)
    assert digest == (await client.resolve(f"m/image@{digest}")).digest


async def test_an_index_for_many_platforms(registry: OciRegistry, opened: Opener) -> None:
    """The index is the artifact; its manifests are listed, and their files are seen together."""
    client = await opened(registry)
    children = [
        registry.push_model("m/x", f"c{n}", files={f"{n}.gguf": b"x" * (n + 1)}) for n in range(3)
    ]
    attestation = registry.push_image("m/x", "att", content=b"provenance")
    platforms = ["linux/amd64", "linux/arm64", "linux/s390x", "unknown/unknown"]
    index = {
        "schemaVersion": 2,
        "mediaType": INDEX,
        "manifests": [
            {
                "mediaType": MANIFEST,
                "digest": str(digest),
                "size": 1,
                "platform": dict(zip(("os", "architecture"), platform.split("/"), strict=True)),
            }
            for digest, platform in zip([*children, attestation], platforms, strict=True)
        ],
    }
    digest = registry.put_manifest("m/x", index, "v1")
    artifact = await client.resolve("m/x:v1")
    assert (digest, (*children, attestation)) == (artifact.digest, artifact.platforms)
    assert [file.name for file in artifact.files] == ["0.gguf", "1.gguf", "2.gguf"]


async def test_an_index_for_too_many_platforms(registry: OciRegistry, opened: Opener) -> None:
    """Beyond the bound the manifests are listed and not looked into."""
    client = await opened(registry, limits=Limits(platforms=1))
    children = [registry.push_image("m/x", f"c{n}", content=b"x" * (n + 1)) for n in range(2)]
    entries = [{"mediaType": MANIFEST, "digest": str(d), "size": 1} for d in children]
    registry.put_manifest(
        "m/x", {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, "v1"
    )
    artifact = await client.resolve("m/x:v1")
    assert (artifact.files, len(artifact.platforms), registry.count) == ((), 2, 1)


async def test_a_model_says_what_it_runs(registry: OciRegistry, opened: Opener) -> None:
    """Small configurations of a model are read for code; what was read is marked as seen."""
    client = await opened(registry)
    config = json.dumps({"auto_map": {"AutoModel": "other/repo--modeling.Model"}}).encode()
    files = {"config.json": config, "weights.pt": b"pickle", "model.safetensors": b"w"}
    registry.push_model("m/x", "v1", files=files)
    artifact = await client.resolve("m/x:v1")
    assert {
        Executable("auto_map", "config.json", "other/repo--modeling.Model", "other/repo"),
        Executable("pickle", "weights.pt"),
    } == set(artifact.executables)
    assert {"config.json"} == {file.name for file in artifact.files if file.verified}
    assert artifact.formats == (Format.PICKLE, Format.SAFETENSORS)


@pytest.mark.parametrize(
    "document",
    [
        {"schemaVersion": 2, "mediaType": MANIFEST, "config": {}, "layers": [], "manifests": []},
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": [], "layers": []},
        {"schemaVersion": 2, "mediaType": MANIFEST, "layers": []},
        {"schemaVersion": 2, "mediaType": "application/json", "config": {}},
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"digest": "md5:1", "size": 1},
            "layers": [],
        },
        {
            "schemaVersion": 2,
            "mediaType": INDEX,
            "manifests": [{"digest": "sha256:" + "0" * 64, "size": -1}],
        },
        {"schemaVersion": 2, "mediaType": INDEX, "manifests": {"0": "x"}},
        {"schemaVersion": 1, "name": "m/x", "tag": "v1", "fsLayers": [], "mediaType": "x"},
    ],
    ids=range(8),
)
async def test_neither_manifest_nor_index(
    registry: OciRegistry, opened: Opener, document: dict[str, object]
) -> None:
    """Ambiguous or broken documents (CVE-2021-41190) are no artifact."""
    client = await opened(registry)
    registry.put_manifest("m/x", document, "v1", content_type=str(document["mediaType"]))
    with pytest.raises(UnexpectedContent):
        await client.resolve("m/x:v1")


async def test_the_media_type_is_one(registry: OciRegistry, opened: Opener) -> None:
    """A header that contradicts the document: two clients would read two different things."""
    client = await opened(registry)
    registry.push_image("m/x", "v1")
    body, _ = registry.manifests["m/x", "v1"]
    registry.manifests["m/x", "v1"] = (body, INDEX)
    with pytest.raises(UnexpectedContent):
        await client.resolve("m/x:v1")


async def test_ollama_serves_text(registry: OciRegistry, opened: Opener) -> None:
    """A registry that calls its manifests text/plain is understood by the document itself."""
    client = await opened(registry)
    digest = registry.push_image("m/x", "v1")
    body, _ = registry.manifests["m/x", "v1"]
    registry.manifests["m/x", "v1"] = (body, "text/plain")
    assert digest == (await client.resolve("m/x:v1")).digest


async def test_mirrors_first(opened: Opener) -> None:
    """What a mirror has is asked there; what it has not, at the registry."""
    registry, mirror = OciRegistry(), OciRegistry()
    async with AsyncExitStack() as stack:
        for server in (registry, mirror):
            await stack.enter_async_context(server.running())
        client = await opened(
            registry,
            rule={"mirrors": (f"{mirror.host}/cache",)},
            more_hosts=(HostSettings(mirror.host, plain_http=True),),
        )
        at_home, mirrored = registry.push_image("m/x", "v1"), mirror.push_image("cache/m/y", "v1")
        assert (at_home, mirrored) == (
            (await client.resolve("m/x:v1")).digest,
            (await client.resolve("m/y:v1")).digest,
        )
        assert registry.count == 1


async def test_a_broken_mirror_is_no_obstacle(opened: Opener) -> None:
    """A mirror that fails, or has other bytes for a digest, is passed over: the registry itself has the right ones."""
    registry, mirror = OciRegistry(), OciRegistry()
    async with AsyncExitStack() as stack:
        for server in (registry, mirror):
            await stack.enter_async_context(server.running())
        client = await opened(
            registry,
            rule={"mirrors": (mirror.host,)},
            more_hosts=(HostSettings(mirror.host, plain_http=True),),
        )
        digest = registry.push_image("m/x", "v1")
        mirror.faults.status = 503
        assert digest == (await client.resolve("m/x:v1")).digest
        mirror.faults.status = None
        evil = mirror.push_image("m/x", "v1", content=b"evil")
        mirror.manifests["m/x", str(digest)] = mirror.manifests["m/x", str(evil)]
        honest = await client.resolve(f"m/x@{digest}")
        assert Digest.sha256(b"layer") == honest.files[0].digest
        registry.manifests["m/x", str(digest)] = mirror.manifests["m/x", str(evil)]
        with pytest.raises(DigestMismatch):
            await client.resolve(f"m/x@{digest}")


async def test_an_open_mirror_makes_nothing_public(opened: Opener) -> None:
    """What a mirror gives to anybody stays its tenant's while the registry asks for a login, which its signatures need, too."""
    from modeladmit.core.credentials import BasicCredential

    registry, mirror = OciRegistry(), OciRegistry()
    registry.login = ("a", "secret")
    async with registry.running(), mirror.running():
        client = await opened(
            registry,
            rule={"mirrors": (mirror.host,)},
            more_hosts=(HostSettings(mirror.host, plain_http=True),),
        )
        client.keys.known["a", registry.host] = BasicCredential("a", "secret")
        digest = registry.push_image("m/x", "v1")
        mirror.push_image("m/x", "v1")
        registry.attach_bundle("m/x", digest, b"bundle")
        artifact = await client.resolve("m/x:v1")
        assert not artifact.anonymous
        assert [item.content for item in await client.evidence(artifact)] == [b"bundle"]
        assert (await client.resolve("m/x:v1", "b")).anonymous


@pytest.mark.parametrize(
    "evil",
    [
        ('"layers": [', '"layers": [], "layers": ['),
        ('"layers": [', '"Layers": [], "layers": ['),
        ('"layers": [', '"layer\\u017f": [], "layers": ['),
        ('"size": 5', '"Size": 6, "size": 5'),
        ('"size": 5', '"size": 6, "size": 5'),
    ],
)
async def test_keys_that_other_clients_read_otherwise(
    registry: OciRegistry, opened: Opener, evil: tuple[str, str]
) -> None:
    """Go takes `Layers` for `layers`, and of two the last: one digest must not be two images."""
    client = await opened(registry)
    registry.push_image("m/x", "v1")
    text = registry.manifests["m/x", "v1"][0].decode()
    assert evil[0] in text
    registry.manifests["m/x", "v1"] = (text.replace(*evil).encode(), MANIFEST)
    with pytest.raises(UnexpectedContent):
        await client.resolve("m/x:v1")


async def test_a_second_file_of_one_name_is_read(registry: OciRegistry, opened: Opener) -> None:
    """Whichever of two layers a client unpacks last, its code is seen; and so it is below a second name of one layer."""
    client = await opened(registry)
    evil = b'{"auto_map": {"AutoModel": "evil/repo--m.M"}}'
    registry.push_model("m/x", "v1", files={"config.json": b"{}", "README.md": evil})
    document = json.loads(registry.manifests["m/x", "v1"][0])
    layer = document["layers"][1]
    for names in (
        {"org.cncf.model.filepath": "config.json"},
        {"org.cncf.model.filepath": "README.md", "org.opencontainers.image.title": "config.json"},
        {"org.cncf.model.filepath": "d/" * 600 + "config.json"},
    ):
        layer["annotations"] = names
        registry.put_manifest("m/x", document, "v2")
        artifact = await client.resolve("m/x:v2")
        assert [item.elsewhere for item in artifact.executables] == ["evil/repo"]


async def test_configurations_beyond_the_limits_count_as_code(
    registry: OciRegistry, opened: Opener
) -> None:
    """Ten thousand configurations are not ten thousand requests, and padding does not hide what one names."""
    client = await opened(registry, limits=Limits(small_files=3, small_file_bytes=100))
    files = {f"{number}/config.json": b"[%d]" % number for number in range(10)}
    registry.push_model("m/x", "v1", files={**files, "config.json": b" " * 101})
    artifact = await client.resolve("m/x:v1")
    assert registry.count == 1 + 3
    assert {item.kind for item in artifact.executables} == {"custom-code"}
    assert len(artifact.executables) == 8


async def test_an_index_too_large_to_be_looked_into(registry: OciRegistry, opened: Opener) -> None:
    """Nobody knows what its manifests run."""
    client = await opened(registry, limits=Limits(platforms=1))
    children = [registry.push_model("m/x", name, files={name: b"w"}) for name in ("a", "b")]
    entries = [{"mediaType": MANIFEST, "digest": str(item), "size": 1} for item in children]
    registry.put_manifest(
        "m/x", {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, "v1"
    )
    artifact = await client.resolve("m/x:v1")
    assert [item.kind for item in artifact.executables] == ["custom-code"]


async def test_a_blob_larger_than_its_descriptor_says(
    registry: OciRegistry, opened: Opener
) -> None:
    """So many bytes are read as the manifest promises: a lie about sizes does not fill the memory."""
    client = await opened(registry)
    registry.push_model("m/x", "v1", files={"config.json": b"{}" + b" " * 1000})
    document = json.loads(registry.manifests["m/x", "v1"][0])
    document["layers"][0]["size"] = 2
    registry.put_manifest("m/x", document, "v1")
    with pytest.raises(LimitExceeded):
        await client.resolve("m/x:v1")


async def test_another_tenants_login_is_not_used(registry: OciRegistry, opened: Opener) -> None:
    """Namespace b sees nothing of what namespace a's pull secret opened, however warm everything is."""
    from modeladmit.core.credentials import BasicCredential

    registry.login = ("a", "secret")
    registry.token_auth = f"{registry.url}/token"
    client = await opened(registry)
    client.keys.known["a", registry.host] = BasicCredential("a", "secret")
    digest = registry.push_image("m/x", "v1")
    assert digest == (await client.resolve("m/x:v1", "a")).digest
    with pytest.raises(AccessDenied):
        await client.resolve("m/x:v1", "b")
    assert digest == (await client.resolve("m/x:v1", "a")).digest


async def test_limits(registry: OciRegistry, opened: Opener) -> None:
    """A manifest of endless layers is not read."""
    client = await opened(registry, limits=Limits(document_bytes=1000))
    registry.push_model("m/x", "v1", files={f"{n}.gguf": b"" for n in range(20)})
    with pytest.raises(LimitExceeded):
        await client.resolve("m/x:v1")


async def test_unknown_digest(registry: OciRegistry, opened: Opener) -> None:
    """Deleted, or never there."""
    client = await opened(registry)
    with pytest.raises(ArtifactNotFound):
        await client.resolve("m/x@" + str(Digest.sha256(b"")))
