"""Signatures by an organisation's own certificate authorities, as bundles and as Notation envelopes."""

import json
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import (
    Attestation,
    CertificateSigner,
    Evidence,
    EvidenceKind,
    Rejection,
)
from modeladmit.signatures.verifier import verify
from tests.doubles.signing.organisation import (
    FOUNDED,
    NAME,
    SIGNED,
    CertificateLies,
    Organisation,
    jws_key,
)
from tests.doubles.signing.statements import statement

SUBJECT = Digest.sha256(b"manifest")
VECTORS = yaml.safe_load(
    (Path(__file__).parents[2] / "vectors/signatures/certificate.yaml").read_text()
)
ALGORITHMS = ("ES256", "ES384", "ES512", "PS256", "PS384", "PS512")


@pytest.fixture(scope="module")
def organisation() -> Organisation:
    return Organisation()


def bundled(content: bytes) -> Evidence:
    return Evidence(EvidenceKind.SIGSTORE_BUNDLE, content, "here")


def notation(content: bytes) -> Evidence:
    return Evidence(EvidenceKind.NOTATION_JWS, content, "here")


def test_without_a_timestamp_it_counts_until_the_chain_expires(organisation: Organisation) -> None:
    """The policy of time is ours: nobody trusted vouches, so the certificate must be valid when it is judged."""
    anchor = organisation.anchor()
    result = verify(
        bundled(organisation.sign_statement(statement(SUBJECT), days=90)), SUBJECT, anchor
    )
    assert isinstance(result, Attestation)
    signer = CertificateSigner((NAME,), None, anchor.digest, "CN=signer")
    assert isinstance(result.signer, CertificateSigner)
    assert result.signer.key is not None, "the same key elsewhere is the same voice"
    assert (replace(signer, key=result.signer.key), None, FOUNDED + timedelta(days=90)) == (
        result.signer,
        result.signed_at,
        result.valid_until,
    )


def test_a_timestamp_by_a_given_authority_outlives_the_chain(organisation: Organisation) -> None:
    """Signed while the certificate was valid, and somebody trusted saw it."""
    content = organisation.sign_statement(statement(SUBJECT), stamped=True)
    result = verify(bundled(content), SUBJECT, organisation.anchor(timestamps=True))
    assert isinstance(result, Attestation)
    assert (result.signed_at, result.valid_until) == (SIGNED, None)


def test_a_timestamp_by_a_stranger_adds_nothing(organisation: Organisation) -> None:
    """Anybody can run a timestamp authority."""
    content = organisation.sign_statement(statement(SUBJECT), stamped=True)
    anchor = replace(
        organisation.anchor(),
        timestamp_authorities=Organisation().anchor(timestamps=True).timestamp_authorities,
    )
    result = verify(bundled(content), SUBJECT, anchor)
    assert isinstance(result, Attestation)
    assert result.signed_at is None
    assert result.valid_until is not None


def test_a_certificate_that_is_itself_given_needs_no_issuer(organisation: Organisation) -> None:
    """Given certificates are believed as they are."""
    content = organisation.sign_statement(statement(SUBJECT))
    chain = json.loads(content)["verificationMaterial"]["x509CertificateChain"]["certificates"]
    given = (
        f"-----BEGIN CERTIFICATE-----\n{chain[0]['rawBytes']}\n-----END CERTIFICATE-----\n".encode()
    )
    assert isinstance(
        verify(bundled(content), SUBJECT, replace(organisation.anchor(), roots=given)), Attestation
    )


@pytest.mark.parametrize("name", VECTORS)
def test_a_lie_in_a_bundle_is_refused_at_its_step(organisation: Organisation, name: str) -> None:
    """Step and words, with the certificate's name."""
    vector = VECTORS[name]
    content = organisation.sign_statement(
        statement(SUBJECT), replace(CertificateLies(), **{vector["lie"]: True})
    )
    result = verify(bundled(content), SUBJECT, organisation.anchor(timestamps=True))
    assert isinstance(result, Rejection)
    assert (vector["step"], NAME) == (result.step, result.signer)
    assert vector["says"] in result.detail


@pytest.mark.parametrize("name", VECTORS)
def test_a_lie_in_a_notation_envelope_is_refused_at_its_step(
    organisation: Organisation, name: str
) -> None:
    """The same chains, the same refusals."""
    vector = VECTORS[name]
    content = organisation.sign_notation(
        SUBJECT, lies=replace(CertificateLies(), **{vector["lie"]: True})
    )
    result = verify(notation(content), SUBJECT, organisation.anchor(timestamps=True))
    assert isinstance(result, Rejection)
    assert (vector["step"], NAME) == (result.step, result.signer)
    assert vector["says"] in result.detail


def test_every_knob_has_a_vector() -> None:
    """No lie that the simulator can tell goes untested."""
    assert {vector["lie"] for vector in VECTORS.values()} == {
        field.name for field in fields(CertificateLies)
    }


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_notation_signs_with_every_algorithm_of_its_specification(
    organisation: Organisation, algorithm: str
) -> None:
    """ECDSA in the fixed-size form of JWS, RSA as PSS."""
    result = verify(
        notation(organisation.sign_notation(SUBJECT, algorithm)), SUBJECT, organisation.anchor()
    )
    assert isinstance(result, Attestation)
    assert (result.subjects, result.predicate_type) == ((SUBJECT,), None)


def test_a_notation_timestamp_countersigns_the_signature(organisation: Organisation) -> None:
    """The token alone is kept, without the status that RFC 3161 puts before it."""
    content = organisation.sign_notation(SUBJECT, stamped=True)
    result = verify(notation(content), SUBJECT, organisation.anchor(timestamps=True))
    assert isinstance(result, Attestation)
    assert (result.signed_at, result.valid_until) == (SIGNED, None)


def test_a_notation_expiry_ends_the_signature_even_with_a_timestamp(
    organisation: Organisation,
) -> None:
    """The signer wanted it so."""
    header = {
        "crit": ["io.cncf.notary.signingScheme", "io.cncf.notary.expiry"],
        "io.cncf.notary.expiry": "2026-12-01T00:00:00Z",
    }
    content = organisation.sign_notation(SUBJECT, stamped=True, protected=header)
    result = verify(notation(content), SUBJECT, organisation.anchor(timestamps=True))
    assert isinstance(result, Attestation)
    assert str(result.valid_until) == "2026-12-01 00:00:00+00:00"


@pytest.mark.parametrize(
    ("header", "step", "says"),
    [
        ({"alg": "HS256"}, "parse", "alg is not one of"),
        ({"alg": "none"}, "parse", "alg is not one of"),
        ({"alg": "ES384"}, "parse", "wrong size"),
        ({"alg": "PS256"}, "signature", "does not verify"),
        ({"cty": "application/json"}, "parse", "cty is not"),
        ({"crit": ["io.cncf.notary.signingScheme", "exp"]}, "parse", "not understood"),
        ({"crit": []}, "parse", "must name the signing scheme"),
        (
            {"io.cncf.notary.expiry": "2026-12-01T00:00:00Z"},
            "parse",
            "must name the signing scheme and the expiry",
        ),
        (
            {"io.cncf.notary.signingScheme": "notary.x509.signingAuthority"},
            "parse",
            "not notary.x509",
        ),
        ({"crit": None}, "parse", "crit is missing"),
    ],
)
def test_a_notation_header_that_is_not_understood_is_refused(
    organisation: Organisation, header: dict[str, Any], step: str, says: str
) -> None:
    """What is critical must be understood, and the algorithm is the signer's, not a choice."""
    given = header.get("alg", "ES256")
    key = jws_key("ES256") if given in {"HS256", "none", "ES384", "PS256"} else None
    content = organisation.sign_notation(SUBJECT, protected=header, key=key)
    result = verify(notation(content), SUBJECT, organisation.anchor())
    assert isinstance(result, Rejection)
    assert step == result.step
    assert says in result.detail


@pytest.mark.parametrize("form", ["bundle", "notation"])
def test_a_statement_about_another_digest_is_no_statement_about_this_one(
    organisation: Organisation, form: str
) -> None:
    """A good signature, copied beside another artifact."""
    other = Digest.sha256(b"another")
    content = (
        organisation.sign_notation(other)
        if form == "notation"
        else organisation.sign_statement(statement(other))
    )
    evidence = notation(content) if form == "notation" else bundled(content)
    result = verify(evidence, SUBJECT, organisation.anchor())
    assert isinstance(result, Rejection)
    assert result.step == "subject"
    assert other.short in result.detail


def test_certificates_that_we_were_given_and_cannot_read_are_our_fault(
    organisation: Organisation,
) -> None:
    """Said so, instead of blaming the signer."""
    content = organisation.sign_statement(statement(SUBJECT))
    result = verify(bundled(content), SUBJECT, replace(organisation.anchor(), roots=b"nonsense"))
    assert isinstance(result, Rejection)
    assert "that we were given cannot be used" in result.detail


def test_issuers_of_equal_names_do_not_cost_without_end(organisation: Organisation) -> None:
    """Sixteen certificates that could each have issued each other are a bounded search."""
    content = json.loads(
        organisation.sign_statement(statement(SUBJECT), CertificateLies(no_intermediate=True))
    )
    chain = content["verificationMaterial"]["x509CertificateChain"]["certificates"]
    strangers = [Organisation().sign_statement(b"{}") for _ in range(15)]
    chain += [
        json.loads(item)["verificationMaterial"]["x509CertificateChain"]["certificates"][1]
        for item in strangers
    ]
    result = verify(bundled(json.dumps(content).encode()), SUBJECT, organisation.anchor())
    assert isinstance(result, Rejection)
    assert result.step == "certificate"
