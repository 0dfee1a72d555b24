"""Whatever lies beside an artifact: an answer, never an exception, and never a signature that nobody made."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Attestation, Evidence, EvidenceKind, Rejection
from modeladmit.signatures.keys import parse_key
from modeladmit.signatures.verifier import verify
from tests.doubles.signing import bundles, cosign
from tests.doubles.signing.certificates import ec_key, public_pem
from tests.doubles.signing.instance import SigstoreInstance
from tests.doubles.signing.organisation import Organisation
from tests.doubles.signing.statements import model_statement, pae, simple_signing, statement

SUBJECT = Digest.sha256(b"manifest")
INSTANCE, ORGANISATION, KEY = SigstoreInstance(), Organisation(), ec_key()
ANCHORS = (parse_key(public_pem(KEY)), INSTANCE.anchor(), ORGANISATION.anchor(timestamps=True))

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.just("AAAA"),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def _key_envelope(payload: bytes) -> bytes:
    return bundles.bundle(
        bundles.key_material("x"), bundles.envelope(payload, [bundles.sign(KEY, pae(payload))])
    )


HONEST = (
    Evidence(EvidenceKind.SIGSTORE_BUNDLE, INSTANCE.sign_statement(statement(SUBJECT)), "a"),
    Evidence(
        EvidenceKind.SIGSTORE_BUNDLE,
        INSTANCE.sign_statement(statement(SUBJECT), form="hashedrekord/0.0.2"),
        "b",
    ),
    Evidence(EvidenceKind.SIGSTORE_BUNDLE, _key_envelope(statement(SUBJECT)), "c"),
    Evidence(EvidenceKind.MODEL_SIGNATURE, _key_envelope(model_statement({"a": b"1"})), "d"),
    Evidence(
        EvidenceKind.SIGSTORE_BUNDLE,
        ORGANISATION.sign_statement(statement(SUBJECT), stamped=True),
        "e",
    ),
    Evidence(EvidenceKind.NOTATION_JWS, ORGANISATION.sign_notation(SUBJECT, stamped=True), "f"),
    cosign.key_attestation(statement(SUBJECT), KEY),
    cosign.keyless_attestation(INSTANCE, statement(SUBJECT)),
)
LAYERS = (
    cosign.key_signature(simple_signing(SUBJECT), KEY),
    cosign.keyless_signature(INSTANCE, simple_signing(SUBJECT)),
)


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    children = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, child in children:
        found += places(child, (*path, key))
    return found


def replaced(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = replaced(node[path[0]], path[1:], value)
    return copy


@given(
    st.sampled_from(EvidenceKind),
    st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(ANCHORS),
)
def test_noise_is_refused(kind: EvidenceKind, content: bytes, anchor) -> None:
    """Bytes and JSON of any shape."""
    assert isinstance(verify(Evidence(kind, content, "here"), SUBJECT, anchor), Rejection)


@given(st.sampled_from(HONEST), st.data(), JSON)
def test_any_member_may_be_anything(evidence: Evidence, data: st.DataObject, value: Any) -> None:
    """One member of a good document replaced: an answer, and if it still verifies, it says what it said before."""
    document = json.loads(evidence.content)
    path = data.draw(st.sampled_from(places(document)))
    changed = Evidence(
        evidence.kind,
        json.dumps(replaced(document, path, value)).encode(),
        "here",
        evidence.annotations,
    )
    for anchor in ANCHORS:
        before, after = verify(evidence, SUBJECT, anchor), verify(changed, SUBJECT, anchor)
        assert isinstance(after, (Attestation, Rejection))
        if isinstance(after, Attestation):
            assert isinstance(before, Attestation)
            assert (before.signer, before.subjects, before.predicate, before.manifest) == (
                after.signer,
                after.subjects,
                after.predicate,
                after.manifest,
            )


@given(st.sampled_from(HONEST), st.data())
def test_any_byte_may_be_flipped(evidence: Evidence, data: st.DataObject) -> None:
    """The same of single bits in base64, certificates, timestamps and proofs."""
    position = data.draw(st.integers(0, len(evidence.content) - 1))
    content = bytearray(evidence.content)
    content[position] ^= 1 << data.draw(st.integers(0, 7))
    for anchor in ANCHORS:
        before = verify(evidence, SUBJECT, anchor)
        after = verify(
            Evidence(evidence.kind, bytes(content), "here", evidence.annotations), SUBJECT, anchor
        )
        if isinstance(after, Attestation):
            assert isinstance(before, Attestation)
            assert (before.signer, before.subjects, before.manifest) == (
                after.signer,
                after.subjects,
                after.manifest,
            )


@given(
    st.sampled_from(LAYERS),
    st.sampled_from(["signature", "certificate", "chain", "bundle", "rfc3161timestamp"]),
    st.text(max_size=40),
)
def test_annotations_may_hold_anything(evidence: Evidence, name: str, text: str) -> None:
    """Nobody signs them."""
    prefix = "dev.cosignproject.cosign" if name == "signature" else "dev.sigstore.cosign"
    changed = Evidence(
        evidence.kind,
        evidence.content,
        "here",
        dict(evidence.annotations) | {f"{prefix}/{name}": text},
    )
    for anchor in ANCHORS:
        assert isinstance(verify(changed, SUBJECT, anchor), (Attestation, Rejection))
