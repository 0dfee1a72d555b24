"""Beside sigstore-python: the same bundles, the same verdicts, where it reads the form at all."""

from pathlib import Path

import pytest
from cryptography.x509 import ExtensionNotFound
from sigstore.errors import Error
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import UnsafeNoOp
from sigstore_models.trustroot import v1 as trustroot

from modeladmit.core.digest import Digest
from modeladmit.core.evidence import Attestation, Evidence, EvidenceKind
from modeladmit.core.trust import SigstoreAnchor
from modeladmit.signatures.verifier import verify
from tests.doubles.signing.instance import HONEST, Lies, SigstoreInstance
from tests.doubles.signing.keyless_vectors import MANIFEST, SUBJECT, VECTORS, lying, signed
from tests.doubles.signing.statements import statement

FORMS = ("hashedrekord/0.0.1", "hashedrekord/0.0.2", "dsse/0.0.1", "dsse-hashedrekord/0.0.2")
"""`intoto/0.0.2` is not read by sigstore-python."""
CASES = [
    (name, form)
    for name, vector in VECTORS.items()
    for form in vector.get("forms", FORMS)
    if form in FORMS
]


@pytest.fixture(scope="module")
def instance() -> SigstoreInstance:
    return SigstoreInstance()


def accepted_by_sigstore(bundle: bytes, root: bytes) -> bool:
    """sigstore-python's verdict, whoever signed."""
    verifier = Verifier(trusted_root=TrustedRoot(trustroot.TrustedRoot.from_json(root)))
    try:
        parsed = Bundle.from_json(bundle)
        if b'"dsseEnvelope"' in bundle:
            verifier.verify_dsse(parsed, UnsafeNoOp())
        else:
            verifier.verify_artifact(MANIFEST, parsed, UnsafeNoOp())
    except (Error, ValueError, AssertionError, ExtensionNotFound):
        return False
    return True


@pytest.mark.parametrize("form", FORMS)
def test_honest_signatures_of_the_simulator_are_real_ones(
    instance: SigstoreInstance, form: str
) -> None:
    """The simulator speaks the format: another implementation believes it."""
    assert accepted_by_sigstore(signed(instance, form, HONEST).content, instance.trusted_root())


@pytest.mark.parametrize(("name", "form"), CASES, ids=[f"{name}-{form}" for name, form in CASES])
def test_what_sigstore_python_refuses_is_refused(
    instance: SigstoreInstance, name: str, form: str
) -> None:
    """No lie passes here that another implementation sees."""
    evidence = signed(instance, form, lying(VECTORS[name]["lie"]))
    ours = isinstance(verify(evidence, SUBJECT, instance.anchor()), Attestation)
    theirs = accepted_by_sigstore(evidence.content, instance.trusted_root())
    assert not ours
    # Roots brought along, sizes of checkpoints, and stamps beside a promise: stricter here, never laxer.
    stricter = {"brings-its-own-root", "checkpoint-of-other-size"}
    assert not theirs or name in stricter


def test_sigstore_python_and_the_conformance_bundles(shared: Path) -> None:
    """On public data: everything that it verifies is verified here, but for cases that must fail."""
    folder = shared / "vectors/sigstore-conformance"
    different = []
    for case in sorted(item for item in folder.iterdir() if item.is_dir()):
        root = case / "trusted_root.json"
        trusted = (
            root if root.exists() else shared / "vectors/public-good-trusted-root.json"
        ).read_bytes()
        bundle = (case / "bundle.sigstore.json").read_bytes()
        artifact = case / "artifact"
        content = (artifact if artifact.exists() else folder / "a.txt").read_bytes()
        try:
            verifier = Verifier(trusted_root=TrustedRoot(trustroot.TrustedRoot.from_json(trusted)))
            parsed = Bundle.from_json(bundle)
            if b'"dsseEnvelope"' in bundle:
                verifier.verify_dsse(parsed, UnsafeNoOp())
            else:
                verifier.verify_artifact(content, parsed, UnsafeNoOp())
        except (Error, ValueError, AssertionError, ExtensionNotFound):
            continue
        evidence = Evidence(EvidenceKind.SIGSTORE_BUNDLE, bundle, case.name)
        if not isinstance(
            verify(evidence, Digest.sha256(content), SigstoreAnchor(trusted)), Attestation
        ):
            different.append(case.name)
    assert different == []


def test_a_statement_about_something_else_is_the_caller_s_business_there_and_ours_here(
    instance: SigstoreInstance,
) -> None:
    """sigstore-python hands the payload out; here the subject must match."""
    content = instance.sign_statement(statement(Digest.sha256(b"other")), Lies())
    assert accepted_by_sigstore(content, instance.trusted_root())
    evidence = Evidence(EvidenceKind.SIGSTORE_BUNDLE, content, "here")
    assert not isinstance(verify(evidence, SUBJECT, instance.anchor()), Attestation)
