"""OpenSSF model signatures: which manifests are read, and which prove nothing."""

import json
from typing import Any

import pytest

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Attestation, Evidence, EvidenceKind, ManifestEntry, Rejection
from modeladmit.signatures.keys import parse_key
from modeladmit.signatures.verifier import VerifiedModel, verify, verify_model
from tests.doubles.signing import bundles
from tests.doubles.signing.certificates import ec_key, public_pem
from tests.doubles.signing.statements import model_statement, pae, statement

KEY = ec_key()
ANCHOR = parse_key(public_pem(KEY))
FILES = {"config.json": b"{}", "model.safetensors": b"weights", "sub/tokenizer.json": b"[]"}


def signed(payload: bytes, kind: EvidenceKind = EvidenceKind.MODEL_SIGNATURE) -> Evidence:
    envelope = bundles.envelope(payload, [bundles.sign(KEY, pae(payload))])
    return Evidence(kind, bundles.bundle(bundles.key_material(), envelope), "model.sig")


def changed(payload: bytes, **predicate: Any) -> bytes:
    content = json.loads(payload)
    content["predicate"] |= predicate
    return json.dumps(content).encode()


def serialized(payload: bytes, **serialization: Any) -> bytes:
    content = json.loads(payload)
    content["predicate"]["serialization"] |= serialization
    return json.dumps(content).encode()


def test_a_manifest_of_whole_files() -> None:
    """Names and digests, sorted; what the signer left out is told."""
    result = verify(
        signed(model_statement(FILES, ignore_paths=["model.sig", ".git"])), None, ANCHOR
    )
    assert isinstance(result, Attestation)
    expected = tuple(
        ManifestEntry(name, Digest.sha256(content)) for name, content in sorted(FILES.items())
    )
    assert (expected, ("model.sig", ".git"), ()) == (
        result.manifest,
        result.ignored_paths,
        result.subjects,
    )


def test_attached_to_an_artifact_it_still_speaks_of_files() -> None:
    """Stored as a referrer, its subject is no OCI digest."""
    result = verify(
        signed(model_statement(FILES), EvidenceKind.SIGSTORE_BUNDLE),
        Digest.sha256(b"manifest"),
        ANCHOR,
    )
    assert isinstance(result, Attestation)
    assert len(FILES) == len(result.manifest)


@pytest.mark.parametrize(
    ("algorithm", "shard_size"),
    [("sha256", 4), ("blake2b", None), ("blake2", None), ("blake3", None), ("blake3", 4)],
)
def test_what_no_store_asserts_needs_the_bytes(algorithm: str, shard_size: int | None) -> None:
    """Shards and BLAKE are good signatures that admission cannot compare: said so, and read for files on disk."""
    hashed = "blake2b" if algorithm == "blake2" else algorithm
    payload = serialized(
        model_statement(FILES, algorithm=hashed, shard_size=shard_size), hash_type=algorithm
    )
    result = verify(signed(payload), None, ANCHOR)
    assert isinstance(result, Rejection)
    assert "only the bytes can be compared" in result.detail
    assert isinstance(verify_model(signed(payload), ANCHOR), VerifiedModel)


WHOLE = model_statement(FILES)
SHARDS = model_statement(FILES, shard_size=4)


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (model_statement({}), "covers no file at all"),
        (
            model_statement(FILES, predicateType="https://model_signing/Digests/v0.1"),
            "sign again with model-signing 1.0",
        ),
        (
            model_statement(FILES, predicateType="https://example.com/other/v1"),
            "predicateType is not",
        ),
        (model_statement(FILES, _type="https://example.com/Statement"), "not an in-toto Statement"),
        (model_statement(FILES, subject=[]), "one subject, not 0"),
        (model_statement(FILES, subject=json.loads(WHOLE)["subject"] * 2), "one subject, not 2"),
        (model_statement(FILES, root="0" * 64), "not that of the listed resources"),
        (model_statement({"/etc/passwd": b""}), "not a relative path"),
        (model_statement({"a/../../b": b""}), "not a relative path"),
        (model_statement({"a//b": b""}), "not a relative path"),
        (model_statement({"./a": b""}), "not a relative path"),
        (model_statement({"": b""}), "not a relative path"),
        (model_statement({"a\0b": b""}), "not a relative path"),
        (model_statement({".": b"", "a": b""}), "not a relative path"),
        (model_statement([("a", b"1"), ("a", b"2")]), "listed twice"),
        (serialized(WHOLE, method="trees"), "neither files nor shards"),
        (serialized(WHOLE, hash_type="md5"), "is not one of"),
        (serialized(WHOLE, hash_type="sha512"), "not the one of the serialization"),
        (serialized(SHARDS, shard_size=0), "out of range"),
        (serialized(SHARDS, shard_size=5), "not the one of the serialization"),
        (
            changed(WHOLE, resources=[{"name": "a", "algorithm": "sha256", "digest": "AB" * 32}]),
            "not a sha256 digest",
        ),
        (
            changed(WHOLE, resources=[{"name": "a", "algorithm": "sha256", "digest": "ab"}]),
            "not a sha256 digest",
        ),
        (changed(WHOLE, resources="none"), "is not a list"),
        (changed(WHOLE, serialization=None), "is missing"),
        (statement(Digest.sha256(b"x")), "predicateType is not"),
    ],
)
def test_a_manifest_that_proves_nothing_is_refused(payload: bytes, says: str) -> None:
    """By the same words whoever asks: at admission and with the files at hand."""
    for result in (verify(signed(payload), None, ANCHOR), verify_model(signed(payload), ANCHOR)):
        assert isinstance(result, Rejection)
        assert says in result.detail


@pytest.mark.parametrize(
    "spans",
    [
        [(0, 4), (5, 8)],
        [(1, 4)],
        [(0, 4), (2, 6)],
        [(0, 4), (0, 4)],
        [(0, 3), (3, 7)],
        [(4, 4)],
        [(0, 5)],
    ],
)
def test_shards_must_cover_a_file_without_holes(spans: list[tuple[int, int]]) -> None:
    """What lies in a hole would be signed by nobody."""
    resources = [
        {"name": f"a:{start}:{end}", "algorithm": "sha256-sharded-4", "digest": "0" * 64}
        for start, end in spans
    ]
    root = Digest.sha256(bytes(32) * len(spans)).hex
    payload = model_statement({}, shard_size=4, root=root)
    assert isinstance(
        verify_model(signed(changed(payload, resources=resources)), ANCHOR), Rejection
    )


def test_colons_in_names_of_shards() -> None:
    """The offsets are the last two fields."""
    result = verify_model(signed(model_statement({"a:b:c": b"12345"}, shard_size=4)), ANCHOR)
    assert isinstance(result, VerifiedModel)
    assert {"a:b:c"} == {resource.name for resource in result.manifest.resources}


def test_a_single_file_by_its_old_name() -> None:
    """Releases up to 1.1.1 call it `.`."""
    result = verify(signed(model_statement({".": b"weights"})), None, ANCHOR)
    assert isinstance(result, Attestation)
    assert [entry.name for entry in result.manifest] == ["."]


def test_a_signature_over_bytes_is_no_model_signature() -> None:
    """A manifest is what a model signature signs."""
    content = bundles.bundle(
        bundles.key_material(), bundles.message_signature(None, bundles.sign(KEY, b"weights"))
    )
    evidence = Evidence(EvidenceKind.MODEL_SIGNATURE, content, "model.sig")
    assert isinstance(verify(evidence, None, ANCHOR), Rejection)
    assert isinstance(verify_model(evidence, ANCHOR), Rejection)
