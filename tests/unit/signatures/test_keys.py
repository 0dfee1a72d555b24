"""Managed keys: which are accepted, with which algorithms, and in which forms of signature."""

import hashlib
import json
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Attestation, Evidence, EvidenceKind, KeySigner, Rejection
from modeladmit.errors import MalformedEvidence, UnsupportedEvidence
from modeladmit.signatures.keys import parse_key
from modeladmit.signatures.verifier import verify
from tests.doubles.signing import bundles
from tests.doubles.signing.certificates import PrivateKey, ec_key, public_der, public_pem
from tests.doubles.signing.entries import hashedrekord_v1, hashedrekord_v2
from tests.doubles.signing.instance import SIGNED, SigstoreInstance
from tests.doubles.signing.rekor import LogLies, b64
from tests.doubles.signing.statements import pae, statement

MANIFEST = b'{"schemaVersion":2}'
SUBJECT = Digest.sha256(MANIFEST)
KEYS: dict[str, tuple[PrivateKey, hashes.HashAlgorithm | None, bool]] = {
    "P-256": (ec_key(), hashes.SHA256(), False),
    "P-384": (ec_key(ec.SECP384R1()), hashes.SHA384(), False),
    "P-384 with SHA-256": (ec_key(ec.SECP384R1()), hashes.SHA256(), False),
    "P-521": (ec_key(ec.SECP521R1()), hashes.SHA512(), False),
    "RSA 2048": (rsa.generate_private_key(65537, 2048), hashes.SHA256(), False),
    "RSA 3072 PSS": (rsa.generate_private_key(65537, 3072), hashes.SHA256(), True),
    "Ed25519": (ed25519.Ed25519PrivateKey.generate(), None, False),
}


def envelope_bundle(key, payload: bytes, **how) -> Evidence:
    content = bundles.bundle(
        bundles.key_material("hint"),
        bundles.envelope(payload, [bundles.sign(key, pae(payload), **how)]),
    )
    return Evidence(EvidenceKind.SIGSTORE_BUNDLE, content, "here")


def message_bundle(key, content: bytes = MANIFEST, digest: bytes | None = None, **how) -> Evidence:
    signature = bundles.sign(key, content, **how)
    return Evidence(
        EvidenceKind.SIGSTORE_BUNDLE,
        bundles.bundle(bundles.key_material(), bundles.message_signature(digest, signature)),
        "here",
    )


@pytest.mark.parametrize("name", KEYS)
def test_every_accepted_key_signs_a_statement(name: str) -> None:
    """And is known by the SHA-256 of its SubjectPublicKeyInfo."""
    key, algorithm, pss = KEYS[name]
    anchor = parse_key(public_pem(key))
    result = verify(
        envelope_bundle(key, statement(SUBJECT), algorithm=algorithm, pss=pss), SUBJECT, anchor
    )
    assert isinstance(result, Attestation)
    assert KeySigner(Digest.sha256(public_der(key))) == result.signer
    assert (result.signed_at, result.valid_until) == (None, None)


@pytest.mark.parametrize("name", ["P-256", "P-384 with SHA-256", "RSA 2048"])
def test_a_signature_over_the_artifact_holds_for_its_digest(name: str) -> None:
    """Only the digest is at hand at admission, and it is enough."""
    key, algorithm, pss = KEYS[name]
    anchor = parse_key(public_pem(key))
    evidence = message_bundle(
        key, digest=hashlib.sha256(MANIFEST).digest(), algorithm=algorithm, pss=pss
    )
    result = verify(evidence, SUBJECT, anchor)
    assert isinstance(result, Attestation)
    assert (result.subjects, result.predicate_type) == ((SUBJECT,), None)


def test_ed25519_over_an_artifact_needs_its_bytes() -> None:
    """Ed25519 hashes the message itself; said so, with what would pass."""
    key = ed25519.Ed25519PrivateKey.generate()
    anchor = parse_key(public_pem(key))
    assert isinstance(verify(message_bundle(key), SUBJECT, anchor, artifact=MANIFEST), Attestation)
    result = verify(message_bundle(key), SUBJECT, anchor)
    assert isinstance(result, Rejection)
    assert "sign a DSSE envelope instead" in result.detail


def test_bytes_that_are_not_the_subject_prove_nothing_about_it() -> None:
    """Bytes and digest of the caller must belong together."""
    key = ec_key()
    result = verify(
        message_bundle(key, b"other"), SUBJECT, parse_key(public_pem(key)), artifact=b"other"
    )
    assert isinstance(result, Rejection)
    assert result.step == "subject"


def test_a_message_digest_that_contradicts_the_artifact_is_refused() -> None:
    """A hint, but it must not lie."""
    key = ec_key()
    result = verify(
        message_bundle(key, digest=hashlib.sha256(b"other").digest()),
        SUBJECT,
        parse_key(public_pem(key)),
    )
    assert isinstance(result, Rejection)
    assert (result.step, "not the digest of the artifact" in result.detail) == ("signature", True)


def test_a_statement_about_another_artifact_is_refused() -> None:
    """Copied beside this one, it stays a statement about that one."""
    key = ec_key()
    result = verify(
        envelope_bundle(key, statement(Digest.sha256(b"other"))),
        SUBJECT,
        parse_key(public_pem(key)),
    )
    assert isinstance(result, Rejection)
    assert result.step == "subject"


def test_another_key_is_refused_and_the_hint_shown() -> None:
    """What was looked for, and what the bundle says of itself."""
    anchor = parse_key(public_pem(ec_key()))
    result = verify(envelope_bundle(ec_key(), statement(SUBJECT)), SUBJECT, anchor)
    assert isinstance(result, Rejection)
    assert (result.step, result.signer) == ("signature", "key hint hint")
    assert anchor.fingerprint.short in result.detail


def test_a_certificate_is_not_a_key() -> None:
    """Said in the field's words."""
    instance = SigstoreInstance()
    evidence = Evidence(
        EvidenceKind.SIGSTORE_BUNDLE, instance.sign_statement(statement(SUBJECT)), "here"
    )
    result = verify(evidence, SUBJECT, parse_key(public_pem(ec_key())))
    assert isinstance(result, Rejection)
    assert (result.step, result.signer) == ("certificate", "release@example.com")


@pytest.mark.parametrize("anchor", ["sigstore", "certificates"])
def test_a_key_is_not_a_certificate(anchor: str) -> None:
    """Nor the other way round."""
    from tests.doubles.signing.organisation import Organisation

    trusted = SigstoreInstance().anchor() if anchor == "sigstore" else Organisation().anchor()
    result = verify(envelope_bundle(ec_key(), statement(SUBJECT)), SUBJECT, trusted)
    assert isinstance(result, Rejection)
    assert result.detail.startswith("signed with a key")


@pytest.mark.parametrize("version", [1, 2])
def test_with_a_trusted_root_a_log_gives_the_time(version: int) -> None:
    """Key signatures carry log entries and timestamps like keyless ones."""
    instance, key = SigstoreInstance(), ec_key()
    signature = bundles.sign(key, MANIFEST)
    digest = hashlib.sha256(MANIFEST).digest()
    if version == 1:
        entry, stamps = (
            instance.log.entry(hashedrekord_v1(digest, signature, public_pem(key)), SIGNED),
            [],
        )
    else:
        verifier = {
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            "publicKey": {"rawBytes": b64(public_der(key))},
        }
        entry = instance.tiled_log.entry(hashedrekord_v2(digest, signature, verifier), SIGNED)
        stamps = [instance.stamp(signature)]
    content = bundles.bundle(
        bundles.key_material(),
        bundles.message_signature(digest, signature),
        entries=[entry],
        timestamps=stamps,
    )
    evidence = Evidence(EvidenceKind.SIGSTORE_BUNDLE, content, "here")
    anchor = replace(parse_key(public_pem(key)), trusted_root=instance.trusted_root())
    result = verify(evidence, SUBJECT, anchor)
    assert isinstance(result, Attestation)
    assert result.signed_at == SIGNED
    # Whoever does not believe that root must not believe this time.
    assert KeySigner(anchor.fingerprint, anchor.digest) == result.signer


def test_with_a_trusted_root_a_lying_log_entry_is_refused() -> None:
    """What came along must hold."""
    instance, key = SigstoreInstance(), ec_key()
    signature, digest = bundles.sign(key, MANIFEST), hashlib.sha256(MANIFEST).digest()
    entry = instance.log.entry(
        hashedrekord_v1(digest, signature, public_pem(key)), SIGNED, LogLies(proof_hash=True)
    )
    content = bundles.bundle(
        bundles.key_material(), bundles.message_signature(digest, signature), entries=[entry]
    )
    evidence = Evidence(EvidenceKind.SIGSTORE_BUNDLE, content, "here")
    anchor = replace(parse_key(public_pem(key)), trusted_root=instance.trusted_root())
    result = verify(evidence, SUBJECT, anchor)
    assert isinstance(result, Rejection)
    assert result.step == "log"


@pytest.mark.parametrize(
    ("key", "error", "says"),
    [
        (ec_key(ec.SECP256K1()), UnsupportedEvidence, "secp256k1"),
        (ec_key(ec.SECP224R1()), UnsupportedEvidence, "P-256"),
        (rsa.generate_private_key(65537, 1024), UnsupportedEvidence, "RSA key of 1024 bits"),  # noqa: S505
        (x25519.X25519PrivateKey.generate(), UnsupportedEvidence, "not accepted"),
        (dsa.generate_private_key(2048), UnsupportedEvidence, "not accepted"),
    ],
)
def test_keys_that_are_too_weak_or_sign_nothing_are_refused(
    key, error: type[Exception], says: str
) -> None:
    """With what would be accepted."""
    with pytest.raises(error, match=says):
        parse_key(public_pem(key))


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"nonsense",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        b"x" * (17 << 10),
    ],
)
def test_text_that_is_no_key_is_refused(pem: bytes) -> None:
    """However it is broken."""
    with pytest.raises(MalformedEvidence):
        parse_key(pem)


def test_a_key_is_the_same_however_its_pem_is_written() -> None:
    """Line ends and comments around it do not matter."""
    pem = public_pem(ec_key())
    assert parse_key(pem) == parse_key(b"comment\r\n" + pem.replace(b"\n", b"\r\n"))


@pytest.mark.parametrize("field", ["payload", "sig"])
def test_one_changed_byte_breaks_a_signature(field: str) -> None:
    """Of the statement or of the signature."""
    key = ec_key()
    evidence = envelope_bundle(key, statement(SUBJECT))
    content = json.loads(evidence.content)
    envelope = content["dsseEnvelope"]
    if field == "payload":
        envelope["payload"] = b64(statement(SUBJECT, predicate={"changed": True}))
    else:
        envelope["signatures"][0]["sig"] = b64(bundles.sign(key, b"other"))
    changed = Evidence(evidence.kind, json.dumps(content).encode(), "here")
    assert isinstance(verify(changed, SUBJECT, parse_key(public_pem(key))), Rejection)
