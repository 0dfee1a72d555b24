"""cosign v2: simple signing and attestations whose verification material lies in annotations."""

import pytest

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Attestation, CertificateSigner, Evidence, KeySigner, Rejection
from modeladmit.signatures.keys import parse_key
from modeladmit.signatures.verifier import verify
from tests.doubles.signing import cosign
from tests.doubles.signing.certificates import ec_key, public_pem
from tests.doubles.signing.instance import SIGNED, Lies, SigstoreInstance
from tests.doubles.signing.rekor import LogLies
from tests.doubles.signing.statements import simple_signing, statement

SUBJECT = Digest.sha256(b"manifest")
KEY = ec_key()
ANCHOR = parse_key(public_pem(KEY))
EVALUATION = "https://in-toto.io/attestation/test-result/v0.1"


@pytest.fixture(scope="module")
def instance() -> SigstoreInstance:
    return SigstoreInstance()


def refused(evidence: Evidence, step: str, says: str, anchor=ANCHOR) -> None:
    result = verify(evidence, SUBJECT, anchor)
    assert isinstance(result, Rejection)
    assert step == result.step, result.detail
    assert says in result.detail


def test_a_key_signature_over_simple_signing() -> None:
    """The payload is signed as stored, and says which manifest."""
    result = verify(cosign.key_signature(simple_signing(SUBJECT), KEY), SUBJECT, ANCHOR)
    assert isinstance(result, Attestation)
    assert (KeySigner(ANCHOR.fingerprint), (SUBJECT,), None) == (
        result.signer,
        result.subjects,
        result.predicate_type,
    )


def test_the_type_that_cosign_3_writes_is_read_too() -> None:
    """Same payload, newer word."""
    payload = simple_signing(SUBJECT, "https://sigstore.dev/cosign/sign/v1")
    assert isinstance(verify(cosign.key_signature(payload, KEY), SUBJECT, ANCHOR), Attestation)


def test_a_key_attestation() -> None:
    """A DSSE envelope as layer."""
    evidence = cosign.key_attestation(statement(SUBJECT, EVALUATION, {"result": "PASSED"}), KEY)
    result = verify(evidence, SUBJECT, ANCHOR)
    assert isinstance(result, Attestation)
    assert (result.predicate_type, result.predicate) == (EVALUATION, {"result": "PASSED"})


def test_annotations_decide_nothing() -> None:
    """A stranger's certificate beside a key signature neither helps nor harms it."""
    stranger = cosign.keyless_signature(SigstoreInstance(), simple_signing(SUBJECT))
    extra = {name: text for name, text in stranger.annotations.items() if name != cosign.SIGNATURE}
    assert isinstance(
        verify(cosign.key_signature(simple_signing(SUBJECT), KEY, **extra), SUBJECT, ANCHOR),
        Attestation,
    )


@pytest.mark.parametrize(
    ("payload", "step", "says"),
    [
        (
            simple_signing(Digest.sha256(b"other")),
            "subject",
            "the signature holds, but it is about",
        ),
        (simple_signing(SUBJECT, "atomic container signature"), "parse", "critical.type"),
        (
            b'{"critical":{"type":"cosign container image signature","image":{}}}',
            "parse",
            "is missing",
        ),
        (simple_signing(SUBJECT).replace(b"sha256:", b"md5:"), "subject", "is not a digest"),
        (b'{"critical":{},"critical":{}}', "parse", "unique keys"),
        (
            simple_signing(SUBJECT).replace(b'"critical": {', b'"critical": {"expires": 1, '),
            "parse",
            "payload.critical holds what is not understood",
        ),
        (
            simple_signing(SUBJECT).replace(b'"image": {', b'"image": {"platform": "arm64", '),
            "parse",
            "payload.critical.image holds what is not understood",
        ),
        (b"[" * 5000, "parse", "not JSON"),
        (b"\xff\xfe", "parse", "not JSON"),
        (b"{}" + b" " * (64 << 10), "parse", "larger than"),
    ],
)
def test_a_signed_payload_that_says_something_else(payload: bytes, step: str, says: str) -> None:
    """The signature holds; what it says does not."""
    refused(cosign.key_signature(payload, KEY), step, says)


@pytest.mark.parametrize(
    ("annotations", "says"),
    [
        ({cosign.SIGNATURE: ""}, "is missing"),
        ({cosign.SIGNATURE: "!!"}, "is not base64"),
        ({cosign.SIGNATURE: "\u00e9"}, "is not ASCII"),
        ({"dev.sigstore.cosign/certificate": "nonsense"}, "PEM certificates"),
        ({"dev.sigstore.cosign/bundle": "{"}, "is not JSON"),
        ({"dev.sigstore.cosign/bundle": "{}"}, "Payload is missing"),
        ({"dev.sigstore.cosign/rfc3161timestamp": "[]"}, "is not an object"),
    ],
)
def test_annotations_that_cannot_be_read(annotations: dict[str, str], says: str) -> None:
    """Named by their place."""
    refused(cosign.key_signature(simple_signing(SUBJECT), KEY, **annotations), "parse", says)


def test_another_key_is_named() -> None:
    """What was looked for, and why it failed."""
    refused(
        cosign.key_signature(simple_signing(SUBJECT), ec_key()),
        "signature",
        f"the key {ANCHOR.fingerprint.short}",
    )


@pytest.mark.parametrize("time", ["promised", "stamped too"])
def test_a_keyless_signature_by_promise(instance: SigstoreInstance, time: str) -> None:
    """The promise gives the time; an inclusion proof never was in annotations."""
    evidence = cosign.keyless_signature(
        instance, simple_signing(SUBJECT), stamped=time == "stamped too"
    )
    result = verify(evidence, SUBJECT, instance.anchor())
    assert isinstance(result, Attestation)
    assert isinstance(result.signer, CertificateSigner)
    assert result.signed_at == SIGNED


@pytest.mark.parametrize("form", ["intoto/0.0.1", "intoto/0.0.2", "dsse/0.0.1"])
@pytest.mark.parametrize("time", ["promised", "stamped too"])
def test_a_keyless_attestation_with_each_kind_of_entry(
    instance: SigstoreInstance, form: str, time: str
) -> None:
    """Whatever release of cosign recorded it."""
    evidence = cosign.keyless_attestation(
        instance, statement(SUBJECT, EVALUATION), form=form, stamped=time == "stamped too"
    )
    result = verify(evidence, SUBJECT, instance.anchor())
    assert isinstance(result, Attestation), result
    assert (result.predicate_type, result.signed_at) == (EVALUATION, SIGNED)


@pytest.mark.parametrize(
    ("lies", "step", "says"),
    [
        (Lies(other_key=True), "signature", "does not verify"),
        (Lies(no_entry=True), "log", "no transparency log entry"),
        (Lies(entry_of_other_content=True), "log", "records another content"),
        (Lies(log=LogLies(forged_promise=True)), "log", "inclusion promise"),
        (Lies(log=LogLies(later_time=True)), "log", "inclusion promise"),
        (Lies(log=LogLies(unknown_log=True)), "log", "not in the trusted root"),
        (Lies(stranger_authority=True), "certificate", "not issued by"),
        (Lies(expired_certificate=True), "time", "but the certificate is valid from"),
        (Lies(unpromised_certificate=True), "certificate", "signed certificate timestamp"),
    ],
)
def test_a_lie_in_annotations_is_refused(
    instance: SigstoreInstance, lies: Lies, step: str, says: str
) -> None:
    """The same rules as in bundles."""
    refused(
        cosign.keyless_signature(instance, simple_signing(SUBJECT), lies),
        step,
        says,
        instance.anchor(),
    )


def test_an_envelope_that_was_stored_otherwise_than_recorded(instance: SigstoreInstance) -> None:
    """intoto/0.0.1 records no signature: the hash of the whole envelope binds it."""
    evidence = cosign.keyless_attestation(
        instance, statement(SUBJECT), Lies(entry_of_other_content=True)
    )
    refused(evidence, "log", "records another envelope", instance.anchor())
