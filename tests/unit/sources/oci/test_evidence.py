"""What lies beside an artifact."""

import json

import pytest

from modeladmit.core.credentials import BasicCredential, CredentialScope
from modeladmit.core.digest import Digest
from modeladmit.core.evidence import EvidenceKind
from modeladmit.errors import AccessDenied, SourceUnavailable
from modeladmit.sources.oci.evidence import kind_of
from modeladmit.sources.settings import HostSettings, Limits
from tests.doubles.oci_registry import BUNDLE, EMPTY, MANIFEST, OciRegistry
from tests.unit.sources.oci.conftest import Opener


@pytest.mark.parametrize("referrers_api", [True, False])
async def test_every_form(referrers_api: bool, opened: Opener) -> None:  # noqa: FBT001
    """Bundles as referrers or behind the tag schema, signatures and attestations behind their tags."""
    registry = OciRegistry(referrers_api=referrers_api)
    async with registry.running():
        client = await opened(registry)
        digest = registry.push_image("m/x", "v1")
        registry.attach_bundle("m/x", digest, b'{"bundle": 1}')
        registry.attach_bundle("m/x", digest, b'{"bundle": 2}')
        registry.attach_signature("m/x", digest, b"payload", "one", "two")
        registry.attach_signature("m/x", digest, b"envelope", "", suffix="att")
        found = await client.evidence(await client.resolve("m/x:v1"))
    assert sorted((item.kind, item.content) for item in found) == [
        (EvidenceKind.COSIGN_ATTESTATION, b"envelope"),
        (EvidenceKind.COSIGN_SIGNATURE, b"payload"),
        (EvidenceKind.COSIGN_SIGNATURE, b"payload"),
        (EvidenceKind.SIGSTORE_BUNDLE, b'{"bundle": 1}'),
        (EvidenceKind.SIGSTORE_BUNDLE, b'{"bundle": 2}'),
    ]
    signatures = [i.annotations for i in found if i.kind is EvidenceKind.COSIGN_SIGNATURE]
    assert sorted(a["dev.cosignproject.cosign/signature"] for a in signatures) == ["one", "two"]


async def test_pages(opened: Opener) -> None:
    """The referrers API in pages, to the last."""
    registry = OciRegistry(page_size=2)
    async with registry.running():
        client = await opened(registry)
        digest = registry.push_image("m/x", "v1")
        for number in range(5):
            registry.attach_bundle("m/x", digest, b'{"bundle": %d}' % number)
        assert len(await client.evidence(await client.resolve("m/x:v1"))) == 5


async def test_endless_pages(opened: Opener) -> None:
    """A registry that never comes to an end is left; what it has said until then counts, and that there is more is told."""
    registry = OciRegistry(page_size=1)
    async with registry.running():
        client = await opened(registry, limits=Limits(pages=3))
        digest = registry.push_image("m/x", "v1")
        for number in range(10):
            registry.attach_bundle("m/x", digest, b"%d" % number)
        cut, *found = await client.evidence(await client.resolve("m/x:v1"))
    assert "more than 3 pages" in cut.problem
    assert [b"0", b"1", b"2"] == sorted(item.content for item in found)


async def test_too_many(registry: OciRegistry, opened: Opener) -> None:
    """Whoever may push cannot pile up signatures until the deadline is over: some from both ends are read, the rest is told."""
    client = await opened(registry, limits=Limits(evidence_count=4))
    digest = registry.push_image("m/x", "v1")
    for number in range(1000):
        registry.attach_bundle("m/x", digest, b"%d" % number)
    artifact = await client.resolve("m/x:v1")
    before = registry.count
    cut, *found = await client.evidence(artifact)
    assert [b"0", b"1", b"998", b"999"] == sorted(item.content for item in found)
    assert "996 of 1000 are not read; delete what does not belong there" in cut.problem
    assert "stores.evidenceCount" in cut.problem
    lists = 1000 // registry.page_size
    assert registry.count - before == lists + 2 + 4 * 2  # two tags; a manifest and a blob each


@pytest.mark.parametrize("media_type", ["image/png", EMPTY])
async def test_a_thousand_of_another_kind_do_not_push_the_good_one_out(
    registry: OciRegistry, opened: Opener, media_type: str
) -> None:
    """Evidence by its type comes first; what might be some comes last, and what is none is not looked at."""
    client = await opened(registry, limits=Limits(evidence_count=4))
    digest = registry.push_image("m/x", "v1")
    for number in range(1001):
        kind = BUNDLE if number == 500 else media_type
        registry.attach_bundle("m/x", digest, b"%d" % number, media_type=kind)
    found = await client.evidence(await client.resolve("m/x:v1"))
    assert [b"500"] == [item.content for item in found if not item.problem]


@pytest.mark.parametrize("suffix", ["sig", "att"])
async def test_a_flood_at_a_tag_leaves_the_referrers_their_place(
    registry: OciRegistry, opened: Opener, suffix: str
) -> None:
    """Every place has its own bound: whoever may move a tag takes nothing away from what lies elsewhere."""
    client = await opened(registry, limits=Limits(evidence_count=2))
    digest = registry.push_image("m/x", "v1")
    signatures = [str(number) for number in range(50)]
    registry.attach_signature("m/x", digest, b"junk", *signatures, suffix=suffix)
    registry.attach_bundle("m/x", digest, b"good")
    cut, *found = await client.evidence(await client.resolve("m/x:v1"))
    assert "48 of 50 are not read" in cut.problem
    assert [b"good", b"junk", b"junk"] == sorted(item.content for item in found)


@pytest.mark.parametrize("size", [1, 10**12])
async def test_junk_that_lists_the_good_ones_blob_with_another_size(
    registry: OciRegistry, opened: Opener, size: int
) -> None:
    """Attack: the same digest with a size that does not let it be read. The bytes are hashed, so the readable size counts."""
    client = await opened(registry)
    digest = registry.push_image("m/x", "v1")
    for place in ("first", "good", "last"):
        name = registry.attach_bundle("m/x", digest, b"good")
        document = json.loads(registry.manifests["m/x", str(name)][0])
        document["annotations"] = {"place": place}
        if place != "good":
            document["layers"][0]["size"] = size
        changed = registry.put_manifest("m/x", document)
        registry.referrers["m/x", str(digest)][-1]["digest"] = str(changed)
    found = await client.evidence(await client.resolve("m/x:v1"))
    assert {b"good"} == {item.content for item in found}


async def test_two_hundred_pieces_of_junk_do_not_hide_the_good_one(
    registry: OciRegistry, opened: Opener
) -> None:
    """Whoever may push cannot make a signed model unsigned with a loop."""
    client = await opened(registry)
    digest = registry.push_image("m/x", "v1")
    for number in range(200):
        registry.attach_bundle("m/x", digest, b"junk %d" % number)
    registry.attach_bundle("m/x", digest, b"good")
    found = await client.evidence(await client.resolve("m/x:v1"))
    assert len(found) == 201
    assert b"good" in {item.content for item in found}


async def test_too_large_together(registry: OciRegistry, opened: Opener) -> None:
    """Nor a few giants: the small ones are read, and that there is more is told."""
    client = await opened(registry, limits=Limits(evidence_total_bytes=100))
    digest = registry.push_image("m/x", "v1")
    registry.attach_signature("m/x", digest, b"x" * 70, "one")
    registry.attach_signature("m/x", digest, b"y" * 60, "one", suffix="att")
    cut, found = await client.evidence(await client.resolve("m/x:v1"))
    assert "1 of them are not read" in cut.problem
    assert b"y" * 60 == found.content


async def test_unreadable_evidence_is_not_silence(registry: OciRegistry, opened: Opener) -> None:
    """One broken signature does not hide the good ones, and is there to be reported."""
    client = await opened(registry)
    digest = registry.push_image("m/x", "v1")
    registry.attach_bundle("m/x", digest, b"good")
    registry.attach_bundle("m/x", digest, b"broken")
    registry.blobs[str(Digest.sha256(b"broken"))] = b"BROKEN"
    unread, found = await client.evidence(await client.resolve("m/x:v1"))
    assert (b"", b"good") == (unread.content, found.content)
    assert "the bytes have another digest" in unread.problem


async def test_an_outage_is_not_absence(registry: OciRegistry, opened: Opener) -> None:
    """A registry that fails when asked for signatures is not one without signatures."""
    client = await opened(registry)
    digest = registry.push_image("m/x", "v1")
    registry.attach_signature("m/x", digest, b"payload", "one")
    artifact = await client.resolve("m/x:v1")
    registry.faults.matching = ".sig"
    registry.faults.status = 500
    with pytest.raises(SourceUnavailable):
        await client.evidence(artifact)


@pytest.mark.parametrize(
    "body", [b"<html></html>", b"[]", b"{}", b'{"mediaType": "x", "manifests": []}']
)
async def test_nonsense_instead_of_referrers(
    registry: OciRegistry, opened: Opener, body: bytes
) -> None:
    """Registries that answer 200 with a page are asked by tag."""
    client = await opened(registry)
    digest = registry.push_image("m/x", "v1")
    registry.attach_bundle("m/x", digest, b"bundle")
    registry._index_at_tag("m/x", digest)
    artifact = await client.resolve("m/x:v1")
    registry.faults.matching = "/referrers/"
    registry.faults.body = body
    assert [item.content for item in await client.evidence(artifact)] == [b"bundle"]


async def test_an_absent_api_is_remembered(opened: Opener) -> None:
    """A registry without the API is not asked for it each time."""
    registry = OciRegistry(referrers_api=False)
    async with registry.running():
        client = await opened(registry)
        for number in range(3):
            registry.push_image("m/x", "v1", content=b"%d" % number)
            await client.evidence(await client.resolve("m/x:v1"))
        assert sum(count for path, count in registry.requests.items() if "/referrers/" in path) == 1


async def test_unknown_types_are_no_evidence(registry: OciRegistry, opened: Opener) -> None:
    """A picture attached to a model is not fetched."""
    client = await opened(registry)
    digest = registry.push_image("m/x", "v1")
    registry.attach_bundle("m/x", digest, b"picture", media_type="image/png")
    artifact = await client.resolve("m/x:v1")
    before = registry.count
    assert await client.evidence(artifact) == ()
    assert registry.count - before == 3


async def test_a_referrer_described_by_its_config(registry: OciRegistry, opened: Opener) -> None:
    """Some registries give the config's type as artifactType: the manifest itself decides."""
    client = await opened(registry)
    digest = registry.push_image("m/x", "v1")
    registry.attach_bundle("m/x", digest, b"bundle")
    registry.referrers["m/x", str(digest)][0]["artifactType"] = EMPTY
    assert [i.content for i in await client.evidence(await client.resolve("m/x:v1"))] == [b"bundle"]


async def test_a_model_signature_inside(registry: OciRegistry, opened: Opener) -> None:
    """`model.sig` packed with the files is evidence about the files."""
    client = await opened(registry)
    registry.push_model("m/x", "v1", files={"model.safetensors": b"w", "model.sig": b'{"sig": 1}'})
    found = await client.evidence(await client.resolve("m/x:v1"))
    assert [(i.kind, i.content) for i in found] == [(EvidenceKind.MODEL_SIGNATURE, b'{"sig": 1}')]


async def test_signatures_in_another_repository(registry: OciRegistry, opened: Opener) -> None:
    """Where the settings say so (cosign's COSIGN_REPOSITORY)."""
    client = await opened(
        registry, signature_repository={f"{registry.host}/m": f"{registry.host}/sigs"}
    )
    digest = registry.push_image("m/x", "v1")
    registry.attach_signature("sigs", digest, b"payload", "one")
    registry.attach_signature("m/x", digest, b"other", "one")
    assert [i.content for i in await client.evidence(await client.resolve("m/x:v1"))] == [
        b"payload"
    ]


@pytest.mark.parametrize("private", [True, False])
async def test_signatures_of_a_public_image_in_a_private_repository(
    registry: OciRegistry,
    opened: Opener,
    private: bool,  # noqa: FBT001
) -> None:
    """They are read with the login of who asks, and then are nobody else's; in a public one they are everybody's."""
    elsewhere = {f"{registry.host}/m": f"{registry.host}/sigs"}
    client = await opened(registry, signature_repository=elsewhere)
    registry.login = ("a", "secret")
    registry.private = {"sigs"} if private else {"other"}
    client.keys.known["a", registry.host] = BasicCredential("a", "secret")
    digest = registry.push_image("m/x", "v1")
    registry.attach_signature("sigs", digest, b"payload", "one")
    artifact = await client.resolve("m/x:v1")
    found = await client.found(artifact)
    assert artifact.anonymous
    assert ([b"payload"], not private) == (
        [item.content for item in found.evidence],
        found.anonymous,
    )
    if private:
        with pytest.raises(AccessDenied, match="name a pull secret"):
            await client.found(artifact, namespace="b")


async def test_even_the_absence_of_signatures_is_whose_login_showed_it(
    registry: OciRegistry, opened: Opener
) -> None:
    """Nothing found with a login is no fact for those without one."""
    elsewhere = {f"{registry.host}/m": f"{registry.host}/sigs"}
    client = await opened(registry, signature_repository=elsewhere)
    registry.login, registry.private = ("a", "secret"), {"sigs"}
    client.keys.known["a", registry.host] = BasicCredential("a", "secret")
    registry.push_image("m/x", "v1")
    found = await client.found(await client.resolve("m/x:v1"))
    assert ((), False) == (found.evidence, found.anonymous)


async def test_what_is_shared_is_read_anonymously(registry: OciRegistry, opened: Opener) -> None:
    """Evidence of an anonymous artifact is kept for everybody, and so nobody's login fetches it."""
    client = await opened(registry)
    client.keys.known["a", registry.host] = BasicCredential("a", "secret")
    registry.push_image("m/x", "v1")
    artifact = await client.resolve("m/x:v1")
    registry.login = ("a", "secret")
    registry.private = {"nothing"}
    await client.evidence(artifact)
    assert artifact.anonymous
    assert not any("Authorization" in headers for _, _, headers in registry.seen)


async def test_mirrors_without_signatures(registry: OciRegistry, opened: Opener) -> None:
    """A pull-through mirror has the image and no referrers: the registry itself is asked."""
    mirror = OciRegistry()
    async with mirror.running():
        client = await opened(
            registry,
            rule={"mirrors": (mirror.host,)},
            more_hosts=(HostSettings(mirror.host, plain_http=True),),
        )
        digest = registry.push_image("m/x", "v1")
        mirror.push_image("m/x", "v1")
        registry.attach_bundle("m/x", digest, b"bundle")
        artifact = await client.resolve("m/x:v1")
        assert registry.count == 0
        assert [item.content for item in await client.evidence(artifact)] == [b"bundle"]


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        (BUNDLE, EvidenceKind.SIGSTORE_BUNDLE),
        ("application/vnd.dev.sigstore.bundle+json;version=0.2", EvidenceKind.SIGSTORE_BUNDLE),
        ("application/vnd.dev.cosign.simplesigning.v1+json", EvidenceKind.COSIGN_SIGNATURE),
        ("application/vnd.dsse.envelope.v1+json", EvidenceKind.COSIGN_ATTESTATION),
        ("application/jose+json", EvidenceKind.NOTATION_JWS),
        ("application/cose", None),
        ("application/json", None),
        ("", None),
    ],
)
def test_forms(media_type: str, expected: EvidenceKind | None) -> None:
    """A layer's type says how it is read."""
    assert expected is kind_of(media_type)


async def test_cold_costs(registry: OciRegistry, opened: Opener) -> None:
    """What a signed image by digest costs at the registry, and that nothing is asked twice."""
    client = await opened(registry)
    digest = registry.push_image("m/x", "v1")
    registry.attach_signature("m/x", digest, b"payload", "one")
    artifact = await client.resolve(f"m/x@{digest}")
    await client.evidence(artifact)
    assert max(registry.requests.values()) == 1
    assert registry.count == 5


async def test_an_index_of_nonsense_behind_the_tag(registry: OciRegistry, opened: Opener) -> None:
    """An image where the index of referrers should be is no list."""
    client = await opened(registry)
    registry.referrers_api = False
    digest = registry.push_image("m/x", "v1")
    document = json.loads(registry.manifests["m/x", "v1"][0])
    assert document["mediaType"] == MANIFEST
    registry.put_manifest("m/x", document, f"sha256-{digest.hex}")
    assert await client.evidence(await client.resolve("m/x:v1")) == ()


async def test_a_giant_beside_the_good_one(registry: OciRegistry, opened: Opener) -> None:
    """One line of junk that claims a terabyte does not hide the good signature: what is not read is no burden."""
    client = await opened(registry)
    digest = registry.push_image("m/x", "v1")
    registry.attach_bundle("m/x", digest, b"good")
    giant = registry.attach_bundle("m/x", digest, b"giant")
    document = json.loads(registry.manifests["m/x", str(giant)][0])
    document["layers"][0]["size"] = 10**12
    changed = registry.put_manifest("m/x", document)
    registry.referrers["m/x", str(digest)][1]["digest"] = str(changed)
    found = await client.evidence(await client.resolve("m/x:v1"))
    assert sorted(item.content for item in found) == [b"", b"good"]


@pytest.mark.parametrize("body", [None, b"{}", b"<html>"])
async def test_unreadable_referrers_are_not_silence(
    registry: OciRegistry, opened: Opener, body: bytes | None
) -> None:
    """A referrer that is listed and cannot be read is there to be reported."""
    client = await opened(registry)
    digest = registry.push_image("m/x", "v1")
    registry.attach_bundle("m/x", digest, b"good")
    broken = registry.attach_bundle("m/x", digest, b"broken")
    place = ("m/x", str(broken))
    if body is None:
        del registry.manifests[place]
    else:
        registry.manifests[place] = (body, MANIFEST)
    found = await client.evidence(await client.resolve("m/x:v1"))
    assert [(b"", str(broken)), (b"good", "")] == sorted(
        (item.content, "" if item.content else item.origin) for item in found
    )


@pytest.mark.parametrize("suffix", ["sig", "att"])
async def test_nonsense_behind_a_tag_hides_nothing(
    registry: OciRegistry, opened: Opener, suffix: str
) -> None:
    """Whoever may push a tag cannot make a signed image unsigned with it."""
    client = await opened(registry)
    digest = registry.push_image("m/x", "v1")
    registry.attach_bundle("m/x", digest, b"good")
    tag = f"sha256-{digest.hex}.{suffix}"
    registry.manifests["m/x", tag] = (b"{}", MANIFEST)
    found = await client.evidence(await client.resolve("m/x:v1"))
    assert [(b"", tag), (b"good", "")] == sorted(
        (item.content, "" if item.content else item.origin) for item in found
    )


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_one_repository_without_referrers_says_nothing_about_others(
    registry: OciRegistry, opened: Opener, status: int
) -> None:
    """One host may serve repositories of several kinds, some of which have no referrers API."""
    client = await opened(registry)
    registry.faults.matching = "m/old/referrers"
    registry.faults.status = status
    for name in ("m/old", "m/new"):
        digest = registry.push_image(name, "v1")
        registry.attach_bundle(name, digest, b"bundle")
        registry._index_at_tag(name, digest)
        found = await client.evidence(await client.resolve(f"{name}:v1"))
        assert [item.content for item in found] == [b"bundle"]
    assert [path for _, path, _ in registry.seen if "m/new/referrers" in path]


async def test_pages_beyond_a_redirect_are_not_shown_the_login(
    registry: OciRegistry, opened: Opener
) -> None:
    """Attack: the first page is redirected to another host, which names itself as the place of the second."""
    registry.login = ("a", "secret")
    other = OciRegistry(page_size=1)
    async with other.running():
        client = await opened(registry, more_hosts=(HostSettings(other.host, plain_http=True),))
        client.keys.known["a", registry.host] = BasicCredential("a", "secret")
        digest = registry.push_image("m/x", "v1")
        for number in range(2):
            other.attach_bundle("m/x", digest, b"%d" % number)
        artifact = await client.resolve("m/x:v1")
        registry.faults.matching = "/referrers/"
        registry.faults.redirect = f"{other.url}/v2/m/x/referrers/{digest}"
        found = await client.evidence(artifact)
        assert [b""] * len(found) == [item.content for item in found]
        assert any("continues its list at another host" in item.problem for item in found)
        assert [headers for _, _, headers in other.seen if "Authorization" in headers] == []
        assert other.count == 1


@pytest.mark.parametrize("body", [b"<html></html>", b"[]"])
async def test_nonsense_and_no_tag_is_not_silence(
    registry: OciRegistry, opened: Opener, body: bytes
) -> None:
    """Where the list of referrers cannot be read and there is none behind the tag, that is told."""
    client = await opened(registry)
    registry.push_image("m/x", "v1")
    artifact = await client.resolve("m/x:v1")
    registry.faults.matching = "/referrers/"
    registry.faults.body = body
    (unread,) = await client.evidence(artifact)
    assert "answers the question for referrers with something that cannot be read" in unread.problem


async def test_a_list_of_referrers_too_large_hides_no_signature_at_a_tag(
    registry: OciRegistry, opened: Opener
) -> None:
    """Attack: so many referrers that their list is larger than what is read."""
    client = await opened(registry, limits=Limits(document_bytes=4000))
    registry.page_size = 1000
    digest = registry.push_image("m/x", "v1")
    registry.attach_signature("m/x", digest, b"good", "one")
    for number in range(100):
        registry.attach_bundle("m/x", digest, b"%d" % number)
    unread, found = await client.evidence(await client.resolve("m/x:v1"))
    assert "more than the 4000 bytes" in unread.problem or "at most 4000" in unread.problem
    assert b"good" == found.content


async def test_what_lies_beside_a_digest_needs_no_manifest(
    registry: OciRegistry, opened: Opener
) -> None:
    """The two parts of the evidence are together what both are at once."""
    client = await opened(registry)
    digest = registry.push_model(
        "m/x", "v1", files={"model.safetensors": b"w", "model.sig": b'{"sig": 1}'}
    )
    registry.attach_bundle("m/x", digest, b"bundle")
    artifact = await client.resolve(f"m/x@{digest}")
    scope = CredentialScope("a")
    beside = await client.source.beside(artifact.reference, scope=scope)
    inside = await client.source.inside(artifact, scope=scope)
    assert [b"bundle"] == [item.content for item in beside.evidence]
    assert await client.found(artifact) == beside + inside
