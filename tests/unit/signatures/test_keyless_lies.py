"""Signatures by a Sigstore instance: every form holds, every lie is refused at its step and named."""

import base64
import json
from dataclasses import fields

import pytest
from cryptography import x509

from modeladmit.core.evidence import (
    Attestation,
    CertificateSigner,
    Evidence,
    EvidenceKind,
    Rejection,
)
from modeladmit.signatures.verifier import verify
from tests.doubles.signing import bundles
from tests.doubles.signing.instance import EMAIL, HONEST, ISSUER, SIGNED, Lies, SigstoreInstance
from tests.doubles.signing.keyless_vectors import FORMS, MANIFEST, SUBJECT, VECTORS, lying, signed
from tests.doubles.signing.rekor import LogLies, TiledLog
from tests.doubles.signing.statements import COSIGN_SIGN, statement


@pytest.fixture(scope="module")
def instance() -> SigstoreInstance:
    return SigstoreInstance()


@pytest.mark.parametrize("form", FORMS)
def test_an_honest_signature_holds(instance: SigstoreInstance, form: str) -> None:
    """Every log entry kind of Rekor v1 and v2, with the signer and the time that were proven."""
    anchor = instance.anchor()
    result = verify(signed(instance, form, HONEST), SUBJECT, anchor)
    assert isinstance(result, Attestation)
    assert isinstance(result.signer, CertificateSigner)
    assert result.signer.key is not None
    signer = CertificateSigner((EMAIL,), ISSUER, anchor.digest, key=result.signer.key)
    predicate = None if form.startswith("hashedrekord/") else COSIGN_SIGN
    expected = (signer, (SUBJECT,), predicate, SIGNED, None)
    assert expected == (
        result.signer,
        result.subjects,
        result.predicate_type,
        result.signed_at,
        result.valid_until,
    )


@pytest.mark.parametrize("media_type", [bundles.V01, bundles.V02, bundles.V03])
def test_every_version_of_the_bundle_holds(instance: SigstoreInstance, media_type: str) -> None:
    """0.1 and 0.2 bring a chain, 0.3 a certificate."""
    content = instance.sign_message(MANIFEST, media_type=media_type)
    result = verify(
        Evidence(EvidenceKind.SIGSTORE_BUNDLE, content, "here"), SUBJECT, instance.anchor()
    )
    assert isinstance(result, Attestation)


@pytest.mark.parametrize(
    ("lie", "refused"),
    [("no_promise", True), ("no_proof", False), ("no_checkpoint", False), ("proof_hash", True)],
)
def test_bundle_0_1_needs_the_promise_and_believes_no_false_proof(
    instance: SigstoreInstance, lie: str, refused
) -> None:
    """Later versions turn it round: the proof is needed, a false promise is not believed."""
    content = instance.sign_message(MANIFEST, lying(f"log.{lie}"), media_type=bundles.V01)
    result = verify(
        Evidence(EvidenceKind.SIGSTORE_BUNDLE, content, "here"), SUBJECT, instance.anchor()
    )
    assert refused is isinstance(result, Rejection)


def test_the_first_entry_of_a_log_has_no_index_in_json(instance: SigstoreInstance) -> None:
    """protobuf leaves out zeros: no index, no hashes in a tree of one."""
    content = json.loads(instance.sign_message(MANIFEST, form="hashedrekord/0.0.2"))
    (entry,) = content["verificationMaterial"]["tlogEntries"]
    log = TiledLog(instance.tiled_log.origin, size=0)
    log.key = instance.tiled_log.key
    first = log.entry(json.loads(base64.b64decode(entry["canonicalizedBody"])), SIGNED, index=0)
    del first["logIndex"], first["inclusionProof"]["logIndex"], first["inclusionProof"]["hashes"]
    content["verificationMaterial"]["tlogEntries"] = [first]
    evidence = Evidence(EvidenceKind.SIGSTORE_BUNDLE, json.dumps(content).encode(), "here")
    assert isinstance(verify(evidence, SUBJECT, instance.anchor()), Attestation)


def test_every_name_and_claim_of_a_certificate_is_told(instance: SigstoreInstance) -> None:
    """What policies ask about: URIs, user names, the workflow's own words."""
    username = x509.OtherName(x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7"), b"\x0c\x04user")
    names = [x509.UniformResourceIdentifier("https://forge.example/w@refs/heads/main"), username]
    claims = {
        9: "https://forge.example/build",
        12: "https://forge.example/acme/models",
        14: "refs/heads/main",
    }
    content = instance.sign_statement(
        statement(SUBJECT), names=names, claims=claims, issuer="https://ci.example"
    )
    result = verify(
        Evidence(EvidenceKind.SIGSTORE_BUNDLE, content, "here"), SUBJECT, instance.anchor()
    )
    assert isinstance(result, Attestation)
    assert isinstance(result.signer, CertificateSigner)
    assert ("https://forge.example/w@refs/heads/main", "user") == result.signer.names
    assert result.signer.issuer == "https://ci.example"
    told = {
        "buildSignerURI": claims[9],
        "sourceRepositoryURI": claims[12],
        "sourceRepositoryRef": claims[14],
    }
    assert told == dict(result.signer.claims)


def test_several_log_entries_must_all_hold(instance: SigstoreInstance) -> None:
    """One lie beside the truth is refused; so are more entries than anybody needs."""
    good, bad = (
        json.loads(instance.sign_message(MANIFEST, lies))
        for lies in (HONEST, lying("log.proof_hash"))
    )
    entries = good["verificationMaterial"]["tlogEntries"]
    entries += bad["verificationMaterial"]["tlogEntries"]
    for listed in (entries, entries[:1] * 9):
        good["verificationMaterial"]["tlogEntries"] = listed
        evidence = Evidence(EvidenceKind.SIGSTORE_BUNDLE, json.dumps(good).encode(), "here")
        assert isinstance(verify(evidence, SUBJECT, instance.anchor()), Rejection)


CASES = [(name, form) for name, vector in VECTORS.items() for form in vector.get("forms", FORMS)]


@pytest.mark.parametrize(("name", "form"), CASES, ids=[f"{name}-{form}" for name, form in CASES])
def test_a_lie_is_refused_at_its_step(instance: SigstoreInstance, name: str, form: str) -> None:
    """The refusal names the step, says what is wrong, and who says to have signed."""
    vector = VECTORS[name]
    result = verify(signed(instance, form, lying(vector["lie"])), SUBJECT, instance.anchor())
    assert isinstance(result, Rejection)
    assert vector["step"] == result.step, result.detail
    assert vector["says"] in result.detail
    if vector["step"] != "parse":
        assert result.signer == EMAIL


def test_every_knob_has_a_vector() -> None:
    """No lie that the simulator can tell goes untested."""
    knobs = {field.name for field in fields(Lies)} - {"log"} | {
        f"log.{field.name}" for field in fields(LogLies)
    }
    assert {vector["lie"] for vector in VECTORS.values()} == knobs
