"""Signatures by a Sigstore instance: every form holds, every lie is refused at its step and named."""

from dataclasses import fields

import pytest

from modeladmit.core.evidence import (
    Attestation,
    CertificateSigner,
    Rejection,
)
from modeladmit.signatures.verifier import verify
from tests.doubles.signing.instance import EMAIL, HONEST, ISSUER, SIGNED, Lies, SigstoreInstance
from tests.doubles.signing.keyless_vectors import FORMS, SUBJECT, VECTORS, lying, signed
from tests.doubles.signing.rekor import LogLies
from tests.doubles.signing.statements import COSIGN_SIGN


@pytest.fixture(scope="module")
def instance() -> SigstoreInstance:
    return SigstoreInstance()


@pytest.mark.parametrize("form", FORMS)
def test_an_honest_signature_holds(instance: SigstoreInstance, form: str) -> None:
    """Every log entry kind of Rekor v1 and v2, with the signer and the time that were proven."""
    anchor = instance.anchor()
    result = verify(signed(instance, form, HONEST), SUBJECT, anchor)
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
