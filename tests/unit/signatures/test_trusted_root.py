"""What a Sigstore instance is believed by, and until when."""

import json
from datetime import timedelta
from typing import Any

import pytest

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Attestation, Evidence, EvidenceKind, Rejection
from modeladmit.core.trust import SigstoreAnchor
from modeladmit.signatures.public_good import public_good_anchor, public_good_tuf_root
from modeladmit.signatures.trusted_root import parse_trusted_root
from modeladmit.signatures.verifier import verify
from tests.doubles.signing.instance import HONEST, SIGNED, Lies, SigstoreInstance
from tests.doubles.signing.statements import statement

SUBJECT = Digest.sha256(b"manifest")


@pytest.fixture(scope="module")
def instance() -> SigstoreInstance:
    return SigstoreInstance()


def outcome(
    instance: SigstoreInstance,
    anchor: SigstoreAnchor,
    lies: Lies = HONEST,
    form: str = "dsse/0.0.1",
) -> Any:
    content = instance.sign_statement(statement(SUBJECT), lies, form=form)
    return verify(Evidence(EvidenceKind.SIGSTORE_BUNDLE, content, "here"), SUBJECT, anchor)


def test_an_instance_without_certificate_log_is_not_asked_for_one(
    instance: SigstoreInstance,
) -> None:
    """Its root declares none: private instances often run without."""
    result = outcome(
        instance, instance.anchor(certificate_logs=False), Lies(unpromised_certificate=True)
    )
    assert isinstance(result, Attestation)


def test_an_instance_without_logs_needs_trusted_timestamps(instance: SigstoreInstance) -> None:
    """As GitHub's internal instance: no Rekor, but a timestamp authority."""
    anchor = instance.anchor(logs=False)
    stamped = outcome(instance, anchor, Lies(no_entry=True), "hashedrekord/0.0.2")
    assert isinstance(stamped, Attestation)
    bare = outcome(instance, anchor, Lies(no_entry=True))
    assert isinstance(bare, Rejection)
    assert bare.step == "time"


def test_a_promise_of_a_log_that_is_not_trusted_gives_no_time(instance: SigstoreInstance) -> None:
    """Without logs in the root, integrated time is anybody's word."""
    result = outcome(instance, instance.anchor(logs=False))
    assert isinstance(result, Rejection)
    assert result.step == "time"


@pytest.mark.parametrize("form", ["dsse/0.0.1", "hashedrekord/0.0.2"])
@pytest.mark.parametrize("what", ["log_end", "timestamp_end", "authority_end"])
def test_both_ends_of_a_validity_are_included(
    instance: SigstoreInstance, form: str, what: str
) -> None:
    """The last second still counts, the one after does not."""
    assert isinstance(outcome(instance, instance.anchor(**{what: SIGNED}), form=form), Attestation)
    late = outcome(instance, instance.anchor(**{what: SIGNED - timedelta(seconds=1)}), form=form)
    if (what, form) == ("timestamp_end", "dsse/0.0.1"):
        assert isinstance(late, Attestation)  # the promise gives the time
    else:
        assert isinstance(late, Rejection)


def test_nothing_is_trusted_before_its_start(instance: SigstoreInstance) -> None:
    """Logs, authorities and timestamps alike."""
    anchor = instance.anchor(start=SIGNED, certificate_logs=False)
    assert isinstance(outcome(instance, anchor), Attestation)
    late = instance.anchor(start=SIGNED + timedelta(seconds=1), certificate_logs=False)
    assert isinstance(outcome(instance, late), Rejection)


def test_another_instance_of_the_same_shape_is_not_this_one(instance: SigstoreInstance) -> None:
    """Equal names, other keys."""
    result = outcome(instance, SigstoreInstance().anchor())
    assert isinstance(result, Rejection)
    assert result.step == "certificate"


def _without(path: str, root: bytes) -> bytes:
    content = json.loads(root)
    *parents, last = path.split(".")
    node = content
    for key in parents:
        node = node[int(key)] if key.isdigit() else node[key]
    del node[last]
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    "path",
    [
        "mediaType",
        "tlogs.0.publicKey.validFor",
        "tlogs.0.publicKey.validFor.start",
        "tlogs.0.publicKey.rawBytes",
        "tlogs.0.logId",
        "certificateAuthorities.0.certChain",
        "certificateAuthorities.0.validFor",
        "timestampAuthorities.0.validFor.start",
        "ctlogs.0.publicKey.keyDetails",
    ],
)
def test_a_root_that_lacks_something_is_refused_with_the_field(
    instance: SigstoreInstance, path: str
) -> None:
    """Our own trust material: said so, and nothing is verified with the rest."""
    result = outcome(instance, SigstoreAnchor(_without(path, instance.trusted_root())))
    assert isinstance(result, Rejection)
    assert "the trusted root that we were given cannot be used" in result.detail
    assert f"{path.rpartition('.')[2]} is missing" in result.detail


@pytest.mark.parametrize(
    "fields",
    [
        {"mediaType": "application/json"},
        {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=9.9"},
        {"tlogs": "none"},
        {"tlogs": [{}] * 65},
        {
            "certificateAuthorities": [
                {"certChain": {"certificates": []}, "validFor": {"start": "2026-01-01T00:00:00Z"}}
            ]
        },
        {
            "certificateAuthorities": [
                {
                    "certChain": {"certificates": [{"rawBytes": "AAAA"}]},
                    "validFor": {"start": "2026-01-01T00:00:00Z"},
                }
            ]
        },
    ],
)
def test_a_root_that_is_none_is_refused(instance: SigstoreInstance, fields: dict[str, Any]) -> None:
    """Whatever is wrong with it."""
    assert isinstance(outcome(instance, SigstoreAnchor(instance.trusted_root(**fields))), Rejection)


@pytest.mark.parametrize(
    "version",
    ["trustedroot+json;version=0.1", "trustedroot+json;version=0.2", "trustedroot.v0.2+json"],
)
def test_both_versions_of_the_format_are_read(instance: SigstoreInstance, version: str) -> None:
    """In both spellings of the media type."""
    root = instance.trusted_root(mediaType=f"application/vnd.dev.sigstore.{version}")
    assert isinstance(outcome(instance, SigstoreAnchor(root)), Attestation)


def test_the_public_good_root_is_shipped_and_readable() -> None:
    """Authorities, logs of both versions' keys, certificate logs, timestamps; and a TUF root to refresh from."""
    root = parse_trusted_root(public_good_anchor().trusted_root)
    assert all(
        (root.certificate_authorities, root.logs, root.certificate_logs, root.timestamp_authorities)
    )
    assert json.loads(public_good_tuf_root())["signed"]["_type"] == "root"
