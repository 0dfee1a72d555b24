"""k of n counts people, never signatures: real evidence, real verification, and the judge's count."""

import base64
from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from modeladmit.core.authority import Authority, ExactText, Identity
from modeladmit.core.evidence import Attestation, Evidence, EvidenceKind
from modeladmit.core.judge import judge
from modeladmit.core.jurisdiction import Jurisdiction
from modeladmit.core.policy import Requirements, Threshold
from modeladmit.core.trust import SigstoreAnchor
from modeladmit.signatures.keys import parse_key
from modeladmit.signatures.verifier import verify
from tests.building import DIGEST, NOW, SITUATION, facts, policy, sheet, use, workload
from tests.doubles.signing import bundles, der
from tests.doubles.signing.certificates import ec_key, public_pem
from tests.doubles.signing.instance import EMAIL, ISSUER, SigstoreInstance
from tests.doubles.signing.organisation import NAME, Organisation
from tests.doubles.signing.statements import pae, statement

ORDER = int("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551", 16)
"""Of the group of P-256 (FIPS 186-4, D.1.2.3)."""


def by_key(key, signature: bytes | None = None) -> bytes:
    payload = statement(DIGEST)
    made = signature or bundles.sign(key, pae(payload))
    return bundles.bundle(bundles.key_material(), bundles.envelope(payload, [made]))


def voices(authorities: Sequence[Authority], *contents: bytes) -> int:
    """How many of the authorities vouch, by every piece of evidence under every anchor."""
    proven = [
        found
        for content in contents
        for authority in authorities
        for anchor in authority.anchors
        if isinstance(
            found := verify(
                Evidence(EvidenceKind.SIGSTORE_BUNDLE, content, "here"), DIGEST, anchor
            ),
            Attestation,
        )
    ]
    assert proven, "the evidence must hold: else nothing is counted"

    def allowed(minimum: int) -> bool:
        names = tuple(authority.name for authority in authorities)
        asked = policy(
            Requirements(signatures=Threshold(minimum, names)),
            authorities={authority.name: authority for authority in authorities},
        )
        known = facts(sheet(*proven))
        return judge(workload(use()), Jurisdiction([asked]), (), known, SITUATION, NOW).allowed

    return max(count for count in range(len(authorities) + 1) if count == 0 or allowed(count))


def keyed(name: str, *pems: bytes) -> Authority:
    return Authority(name, tuple(parse_key(pem) for pem in pems))


def spelled(key, how: str) -> bytes:
    """The same public key, written otherwise."""
    pem, public = public_pem(key), key.public_key()
    match how:
        case "headers":
            return b"Subject: release key\nX: y\n\n" + pem + b"\n# end\n"
        case "line ends":
            return pem.replace(b"\n", b"\r\n")
        case "compressed":
            point = public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
            curve = der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.3.1.7"))
            info = der.sequence(curve, der.tagged(0x03, b"\0" + point))
            lines = base64.encodebytes(info)
            return b"-----BEGIN PUBLIC KEY-----\n" + lines + b"-----END PUBLIC KEY-----\n"
        case "PKCS #1":
            return bytes(public.public_bytes(Encoding.PEM, PublicFormat.PKCS1))
    raise AssertionError(how)


def test_two_keys_are_two_voices() -> None:
    """The count can be reached at all."""
    one, two = ec_key(), ec_key()
    named = [keyed("a", public_pem(one)), keyed("b", public_pem(two))]
    assert voices(named, by_key(one), by_key(two)) == 2


@pytest.mark.parametrize("how", ["headers", "line ends", "compressed", "PKCS #1"])
def test_one_key_under_two_names_is_one_voice(how: str) -> None:
    """However the second name spells it, and however often it signs."""
    key = rsa.generate_private_key(65537, 2048) if how == "PKCS #1" else ec_key()
    named = [keyed("a", public_pem(key)), keyed("b", spelled(key, how))]
    assert voices(named, by_key(key), by_key(key)) == 1


def test_a_signature_that_is_turned_over_is_the_same_voice() -> None:
    """ECDSA: with (r, s) verifies (r, n - s), and nobody needs the key to make it."""
    key = ec_key()
    r, s = decode_dss_signature(bundles.sign(key, pae(statement(DIGEST))))
    one, other = (by_key(key, encode_dss_signature(r, found)) for found in (s, ORDER - s))
    assert one != other
    named = [keyed("a", public_pem(key)), keyed("b", public_pem(key), public_pem(ec_key()))]
    assert voices(named, one, other) == 1


def test_a_key_that_fulcio_certifies_is_still_one_voice() -> None:
    """Fulcio certifies any key that is shown to it: one signature must not speak as the key and as the person."""
    instance, key = SigstoreInstance(), ec_key()
    person = Authority("ci", (instance.anchor(),), (Identity(ExactText(EMAIL), ExactText(ISSUER)),))
    release = keyed("release", public_pem(key))
    certified = instance.sign_statement(statement(DIGEST), key=key)
    assert voices([release, person], certified, by_key(key)) == 1
    fresh = instance.sign_statement(statement(DIGEST))
    assert voices([release, person], fresh, by_key(key)) == 2


def test_a_key_that_an_organisation_certifies_is_still_one_voice() -> None:
    """The same with a chain of one's own."""
    organisation, key = Organisation(), ec_key()
    person = Authority("pki", (organisation.anchor(),), (Identity(ExactText(NAME), None),))
    release = keyed("release", public_pem(key))
    certified = organisation.sign_statement(statement(DIGEST), key=key, days=3650)
    assert voices([release, person], certified, by_key(key)) == 1
    other = organisation.sign_statement(statement(DIGEST), days=3650)
    assert voices([release, person], other, by_key(key)) == 2


def test_one_person_in_two_authorities_and_two_copies_of_a_root_is_one_voice() -> None:
    """Two certificates, two keys, one name and one issuer."""
    instance = SigstoreInstance()
    who = (Identity(ExactText(EMAIL), ExactText(ISSUER)),)
    named = [
        Authority("a", (instance.anchor(),), who),
        Authority("b", (SigstoreAnchor(instance.trusted_root() + b"\n"),), who),
    ]
    signed = [instance.sign_statement(statement(DIGEST)) for _ in range(2)]
    assert voices(named, *signed) == 1
