"""Evidence that its store could not give."""

import pytest

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Evidence, EvidenceKind, Rejection
from modeladmit.core.trust import CertificateAnchor
from modeladmit.signatures.verifier import verify


@pytest.mark.parametrize("kind", EvidenceKind)
def test_it_is_a_rejection_that_says_why(kind: EvidenceKind) -> None:
    """Whatever its form, people read where it lies and what is wrong with it, instead of `not JSON`."""
    unread = Evidence.unread(kind, "sha256-1.sig", "it is larger than what is read")
    found = verify(unread, Digest.sha256(b""), CertificateAnchor(b""))
    expected = Rejection("sha256-1.sig", "read", "sha256-1.sig: it is larger than what is read")
    assert expected == found


def test_two_that_cannot_be_read_are_two() -> None:
    """Each is a fact of its own, for caches and for people."""
    kind = EvidenceKind.SIGSTORE_BUNDLE
    digests = {Evidence.unread(kind, origin, "it is gone").digest for origin in ("one", "two")}
    assert 2 == len(digests)
