"""Attacks on verification by whoever may store a signature: each is refused, or changes nothing that is believed."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Attestation, Evidence, EvidenceKind, Rejection
from modeladmit.core.trust import CertificateAnchor
from modeladmit.signatures.keys import parse_key
from modeladmit.signatures.transparency.entry import LogEntry
from modeladmit.signatures.verifier import verify
from tests.doubles.signing import bundles
from tests.doubles.signing.certificates import Issued, ec_key, pem, public_pem
from tests.doubles.signing.instance import SIGNED, SigstoreInstance
from tests.doubles.signing.keyless_vectors import MANIFEST, SUBJECT
from tests.doubles.signing.organisation import FOUNDED, Organisation
from tests.doubles.signing.statements import pae, statement

KEY = ec_key()
ANCHOR = parse_key(public_pem(KEY))
OTHER = Digest.sha256(b"another manifest")


def evidence(content: bytes) -> Evidence:
    return Evidence(EvidenceKind.SIGSTORE_BUNDLE, content, "here")


def by_key(payload: bytes, payload_type: str = "application/vnd.in-toto+json", **how) -> bytes:
    signature = bundles.sign(KEY, pae(payload, payload_type))
    return bundles.bundle(
        bundles.key_material(), bundles.envelope(payload, [signature], payload_type), **how
    )


def about(subjects: object) -> bytes:
    return json.dumps(json.loads(statement(SUBJECT)) | {"subject": subjects}).encode()


def refused(content: bytes, says: str, anchor=ANCHOR) -> None:
    found = verify(evidence(content), SUBJECT, anchor)
    assert isinstance(found, Rejection), found
    assert says in found.detail


@pytest.fixture(scope="module")
def instance() -> SigstoreInstance:
    return SigstoreInstance()


def edited(content: bytes, edit: Callable[[dict[str, Any]], object]) -> bytes:
    found = json.loads(content)
    edit(found)
    return json.dumps(found).encode()


def entries_of(content: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(content)["verificationMaterial"]["tlogEntries"]
    return found


# JSON


@pytest.mark.parametrize("key", ["dsseEnvelope", "dsse\\u0045nvelope"])
def test_a_key_twice_is_refused_however_it_is_written(key: str) -> None:
    """One reader takes the first, another the last."""
    good = by_key(statement(SUBJECT))
    twice = good[:-1] + f', "{key}": null}}'.encode()
    refused(twice, "unique keys")


@pytest.mark.parametrize(
    "part", ['{"subject": [], "subject": []}', '{"predicate": {"a": 1, "\\u0061": 2}}']
)
def test_a_key_twice_in_what_is_signed_is_refused(part: str) -> None:
    """Signed or not: what a person read is not what is judged."""
    refused(by_key(part.encode()), "unique keys")


@pytest.mark.parametrize("number", ["1" + "0" * 5000, "1e999", "-1e999", "NaN", "Infinity"])
def test_numbers_that_no_two_readers_read_alike_are_refused(number: str) -> None:
    """Too long for an integer, too large for a float, or none."""
    payload = statement(SUBJECT).replace(b'"predicate": {}', f'"predicate": {number}'.encode())
    refused(by_key(payload), "not JSON")


@pytest.mark.parametrize("value", ["-1", -1, "1e3", 1.5, "0x10", str(1 << 63), "1" * 30, True, []])
@pytest.mark.parametrize("place", ["integratedTime", "logIndex"])
def test_times_and_indices_are_whole_and_not_negative(
    instance: SigstoreInstance, place: str, value: object
) -> None:
    """`integratedTime` is a time that is believed with a promise."""

    def edit(found: dict[str, Any]) -> None:
        found["verificationMaterial"]["tlogEntries"][0][place] = value

    refused(
        edited(instance.sign_message(MANIFEST), edit),
        f"{place} is not a non-negative integer",
        instance.anchor(),
    )


@pytest.mark.parametrize("seconds", [1 << 40, (1 << 63) - 1])
def test_a_promised_time_out_of_range_is_refused(instance: SigstoreInstance, seconds: int) -> None:
    """Promised by the log itself, in some millennium."""
    content = instance.sign_message(MANIFEST)
    (entry,) = entries_of(content)
    body = base64.b64decode(entry["canonicalizedBody"])
    promise = instance.log.promise(body, seconds, int(entry["logIndex"]))

    def edit(found: dict[str, Any]) -> None:
        (listed,) = found["verificationMaterial"]["tlogEntries"]
        listed["integratedTime"] = str(seconds)
        listed["inclusionPromise"]["signedEntryTimestamp"] = base64.b64encode(promise).decode()

    refused(edited(content, edit), "", instance.anchor())


@pytest.mark.parametrize("how", ["padding", "url-safe", "line end"])
def test_base64_has_one_spelling_for_each_signature(how: str) -> None:
    """Another spelling of the same bytes is no second signature, and broken ones are refused."""
    good = json.loads(by_key(statement(SUBJECT)))
    (signature,) = good["dsseEnvelope"]["signatures"]
    text = signature["sig"]
    signature["sig"] = {
        "padding": text + "=",
        "url-safe": text.replace("+", "-").replace("/", "_"),
        "line end": text[:10] + "\n" + text[10:],
    }[how]
    found = verify(evidence(json.dumps(good).encode()), SUBJECT, ANCHOR)
    assert isinstance(found, Attestation) is (how == "url-safe")


# DSSE and statements


def test_bytes_after_a_signature_are_refused() -> None:
    """DER ends where it says."""
    payload = statement(SUBJECT)
    signature = bundles.sign(KEY, pae(payload)) + b"\0"
    content = bundles.bundle(bundles.key_material(), bundles.envelope(payload, [signature]))
    refused(content, "does not verify")


@pytest.mark.parametrize("order", [0, 1])
def test_a_second_signature_in_an_envelope_is_refused_good_or_bad(order: int) -> None:
    """Which of them counts would depend on the reader."""
    payload = statement(SUBJECT)
    pair = [bundles.sign(KEY, pae(payload)), bundles.sign(ec_key(), pae(payload))]
    content = bundles.bundle(
        bundles.key_material(), bundles.envelope(payload, pair[:: 1 - 2 * order])
    )
    refused(content, "2 signatures")


@pytest.mark.parametrize("kind", ["application/json", "", "application/vnd.in-toto+json "])
def test_another_payload_type_is_no_statement(kind: str) -> None:
    """Signed as something else, it was meant as something else."""
    refused(by_key(statement(SUBJECT), kind), "payload type is not")


@pytest.mark.parametrize(
    ("subjects", "says"),
    [
        ([], "about nothing"),
        ([{"digest": {"sha1": "0" * 40}}], "about nothing"),
        ([{"digest": {"sha256": SUBJECT.hex, "sha512": "00"}}], "is not a sha512 digest"),
        ([{"digest": {"sha256": SUBJECT.hex.upper()}}], "is not a sha256 digest"),
        ([{"digest": {"sha256": [SUBJECT.hex]}}], "is not a string"),
        ([{"digest": SUBJECT.hex}], "is not an object"),
        ([{"digest": {"sha256": OTHER.hex}, "name": str(SUBJECT)}], "not sha256:"),
        ([{"digest": {"sha256": OTHER.hex}}] * 1025, "more than 1024"),
        ({"digest": {"sha256": SUBJECT.hex}}, "is not a list"),
    ],
)
def test_a_subject_that_is_not_the_artifact(subjects: object, says: str) -> None:
    """Weak, broken, too many, or named where a digest should stand."""
    refused(by_key(about(subjects)), says)


def test_one_of_many_subjects_is_enough() -> None:
    """A statement about several artifacts is one about each (in-toto, statement.md)."""
    listed = [{"digest": {"sha256": f"{number:064x}"}} for number in range(1000)]
    payload = about([*listed, {"digest": {"sha256": SUBJECT.hex}}])
    assert isinstance(verify(evidence(by_key(payload)), SUBJECT, ANCHOR), Attestation)


def test_a_digest_of_another_algorithm_is_not_this_one() -> None:
    """Equal digits under another name prove nothing."""
    payload = about([{"digest": {"sha512": SUBJECT.hex * 2}}])
    refused(by_key(payload), "it is about sha512:")


# Logs


def test_a_proof_of_inclusion_in_another_tree(instance: SigstoreInstance) -> None:
    """A true proof, a true checkpoint, both of another entry of the same log."""
    one, other = (instance.sign_message(MANIFEST) for _ in range(2))
    (borrowed,) = entries_of(other)

    def edit(found: dict[str, Any]) -> None:
        found["verificationMaterial"]["tlogEntries"][0]["inclusionProof"] = borrowed[
            "inclusionProof"
        ]

    refused(edited(one, edit), "the hashes do not lead to the root", instance.anchor())


def test_a_proof_of_another_log_of_the_same_root(instance: SigstoreInstance) -> None:
    """Rekor v2's checkpoint does not vouch for Rekor v1's entry."""
    one = instance.sign_message(MANIFEST)
    (borrowed,) = entries_of(instance.sign_message(MANIFEST, form="hashedrekord/0.0.2"))

    def edit(found: dict[str, Any]) -> None:
        entry = found["verificationMaterial"]["tlogEntries"][0]
        entry["inclusionProof"]["checkpoint"] = borrowed["inclusionProof"]["checkpoint"]

    refused(edited(one, edit), "checkpoint", instance.anchor())


@pytest.mark.parametrize("first", [True, False])
def test_an_entry_of_somebody_elses_signature_beside_the_own_one(
    instance: SigstoreInstance, first
) -> None:
    """A true entry, and one that lends its time: every one must record this very signature."""
    content, foreign = instance.sign_message(MANIFEST), instance.sign_message(b"other")
    (lent,) = entries_of(foreign)

    def edit(found: dict[str, Any]) -> None:
        found["verificationMaterial"]["tlogEntries"].insert(0 if first else 1, lent)

    refused(edited(content, edit), "", instance.anchor())


# Certificates and times


def looped() -> tuple[bytes, CertificateAnchor]:
    """Two authorities that certify each other, many times over, and neither is trusted."""
    one, two = (Issued.root(name, FOUNDED) for name in ("one", "two"))
    crossed = []
    for _ in range(7):
        for below, above in ((one, two), (two, one)):
            again = above.authority(below.name, FOUNDED, path_length=None)
            crossed.append(Issued(again.certificate, below.key, above).certificate)
    leaf = one.leaf(ec_key(), FOUNDED, FOUNDED + timedelta(days=3650), name="signer")
    payload = statement(SUBJECT)
    material = bundles.certificate_material(leaf.certificate, *crossed, as_chain=True)
    signature = bundles.sign(leaf.key, pae(payload))
    content = bundles.bundle(material, bundles.envelope(payload, [signature]))
    return content, CertificateAnchor(pem(Issued.root("three", FOUNDED).certificate))


def test_authorities_that_certify_each_other_lead_nowhere() -> None:
    """A walk in circles ends."""
    content, anchor = looped()
    refused(content, "does not chain to the given roots", anchor)


def test_a_chain_that_holds_itself_a_hundred_times_is_too_long() -> None:
    """Bounded before anything is verified."""
    organisation = Organisation()
    content = organisation.sign_statement(statement(SUBJECT))

    def edit(found: dict[str, Any]) -> None:
        chain = found["verificationMaterial"]["x509CertificateChain"]
        chain["certificates"] = chain["certificates"] * 100

    refused(edited(content, edit), "more than 16", organisation.anchor())


@pytest.mark.parametrize(("stamped", "holds"), [(True, True), (False, False)])
def test_an_expired_root_counts_for_what_was_stamped_before(stamped, holds) -> None:
    """With a timestamp from when it was valid: for good. Without: until it expired, and not after."""
    organisation = Organisation()
    content = organisation.sign_statement(statement(SUBJECT), stamped=stamped, days=365)
    found = verify(evidence(content), SUBJECT, organisation.anchor(timestamps=True))
    assert isinstance(found, Attestation)
    assert (found.signed_at == SIGNED) is holds
    assert (found.valid_until is None) is holds


@pytest.mark.parametrize(
    "when", [datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)]
)
def test_a_trusted_stamp_from_outside_of_every_validity_is_no_time(
    instance: SigstoreInstance, when: datetime
) -> None:
    """An authority is believed for its own time only: before it began, or a millennium later, it is nobody."""
    content = instance.sign_message(MANIFEST, form="hashedrekord/0.0.2")
    signature = base64.b64decode(json.loads(content)["messageSignature"]["signature"])
    stamp = base64.b64encode(instance.timestamps.stamp(signature, when)).decode()

    def edit(found: dict[str, Any]) -> None:
        data = found["verificationMaterial"]["timestampVerificationData"]
        data["rfc3161Timestamps"] = [{"signedTimestamp": stamp}]

    refused(edited(content, edit), "", instance.anchor())


# Libraries


class PanicException(BaseException):
    """What a panic in Rust becomes in Python."""


@pytest.mark.parametrize("failure", [PanicException, RecursionError, MemoryError, KeyError])
def test_a_library_that_breaks_is_a_refusal(
    monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    """Of this piece of evidence, and of no other."""

    def broken(*_: object) -> None:
        raise failure

    monkeypatch.setattr(LogEntry, "parse", broken)
    refused(by_key(statement(SUBJECT), entries=[{}]), "the evidence cannot be read")


def test_who_interrupts_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is no evidence."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LogEntry, "parse", interrupted)
    with pytest.raises(KeyboardInterrupt):
        verify(evidence(by_key(statement(SUBJECT), entries=[{}])), SUBJECT, ANCHOR)
