"""Signatures by a Sigstore instance: every form holds, every lie is refused at its step and named."""

from dataclasses import fields, replace
from pathlib import Path

import pytest
import yaml
from tests.doubles.signing.instance import EMAIL, ISSUER, SIGNED, Lies, SigstoreInstance
from tests.doubles.signing.rekor import LogLies
from tests.doubles.signing.statements import COSIGN_SIGN, statement

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import (
    Attestation,
    CertificateSigner,
    Evidence,
    EvidenceKind,
    Rejection,
)
from modeladmit.signatures.verifier import verify

MANIFEST = b'{"schemaVersion":2}'
SUBJECT = Digest.sha256(MANIFEST)
FORMS = (
    "hashedrekord/0.0.1",
    "hashedrekord/0.0.2",
    "dsse/0.0.1",
    "intoto/0.0.2",
    "dsse-hashedrekord/0.0.2",
)
VECTORS = yaml.safe_load(
    (Path(__file__).parents[2] / "vectors/signatures/keyless.yaml").read_text()
)


def signed(instance: SigstoreInstance, form: str, lies: Lies) -> Evidence:
    if form.startswith("hashedrekord/"):
        content = instance.sign_message(MANIFEST, lies, form=form)
    else:
        content = instance.sign_statement(statement(SUBJECT), lies, form=form.removeprefix("dsse-"))
    return Evidence(EvidenceKind.SIGSTORE_BUNDLE, content, "here")


def lying(name: str) -> Lies:
    if name.startswith("log."):
        return Lies(log=replace(LogLies(), **{name.removeprefix("log."): True}))
    return replace(Lies(), **{name: True})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def instance() -> SigstoreInstance:
    return SigstoreInstance()


@pytest.mark.parametrize("form", FORMS)
def test_an_honest_signature_holds(instance: SigstoreInstance, form: str) -> None:
    """Every log entry kind of Rekor v1 and v2, with the signer and the time that were proven."""
    anchor = instance.anchor()
    result = verify(signed(instance, form, Lies()), SUBJECT, anchor)
    assert isinstance(result, Attestation)
    signer = CertificateSigner((EMAIL,), ISSUER, anchor.digest)
    predicate = None if form.startswith("hashedrekord/") else COSIGN_SIGN
    expected = (signer, (SUBJECT,), predicate, SIGNED, None)
    assert expected == (
        result.signer,
        result.subjects,
        result.predicate_type,
        result.signed_at,
        result.valid_until,
    )


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
