"""ModelRef, TrustRoot and PolicyExemption as core values."""

from datetime import UTC, datetime, timedelta

import pytest

from modeladmit.api.compile import (
    NOTHING,
    MappedReferents,
    compile_exemption,
    compile_model_ref,
    compile_trust_root,
)
from modeladmit.core.digest import Digest
from modeladmit.core.trust import CertificateAnchor, SigstoreAnchor
from tests.policy_vectors import TRUSTED_ROOT, certificate, good

DIGEST = Digest("sha256", "a" * 64)
COMMIT = "0e9e39f249a16976918f6564b8830bc894c89659"


def test_a_model_ref_declares_what_its_spec_says():
    """Reference, digest and revision; pull secrets and interval for whoever resolves it."""
    value = compile_model_ref(good("model-ref")).value
    assert (value.namespace, value.name, value.pull_secrets) == ("default", "llama", ("hub",))
    assert value.interval == timedelta(minutes=30)
    assert value.evidence.uri == "oci://registry.example.com/signatures/llama"
    assert (value.declared.digest, value.declared.revision) == (DIGEST, COMMIT)


@pytest.mark.parametrize("revision", ["main", None, COMMIT[:7]])
def test_a_mutable_revision_declares_no_identity(revision):
    """Only an immutable id of the spec counts; a status never does."""
    document = good("model-ref")
    document["spec"].update(revision=revision, digest=None)
    document["status"] = {"resolved": {"digest": str(DIGEST), "revision": COMMIT}}
    declared = compile_model_ref(document).value.declared
    assert (declared.digest, declared.revision) == (None, None)


def test_a_model_ref_cannot_name_two_digests():
    """One in the URI and another beside it."""
    document = good("model-ref")
    document["spec"] = {
        "uri": f"oci://registry.example.com/m@sha256:{'b' * 64}",
        "digest": str(DIGEST),
    }
    (problem,) = compile_model_ref(document).problems
    assert problem.field == "spec.digest"


def test_exemptions():
    """Codes, reason and end; patterns with a namespace."""
    value = compile_exemption(good("exemption")).value
    assert value.codes == {"SignatureMissing", "MutableReference"}
    assert value.expires_at == datetime(2027, 3, 31, tzinfo=UTC)
    assert [str(pattern) for pattern in value.patterns] == ["oci://registry.example.com/legacy/**"]
    assert (value.policies, value.namespaces) == ({"full"}, {"team-a"})


def test_an_exemption_without_time_zone_is_refused():
    """Midnight somewhere is no time."""
    document = good("exemption")
    document["spec"]["expiresAt"] = "2027-03-31T00:00:00"
    (problem,) = compile_exemption(document).problems
    assert problem.field == "spec.expiresAt"


def sigstore(**spec):
    document = good("trust-root-sigstore")
    document["spec"]["sigstore"] = spec
    return document


def test_a_sigstore_inline():
    """The bytes as they are."""
    value = compile_trust_root(good("trust-root-sigstore"), keys=NOTHING).value
    assert (value.name, value.anchor) == ("corp", SigstoreAnchor(TRUSTED_ROOT.encode()))


def test_a_sigstore_in_a_config_map():
    """Of the release namespace; not there is a problem."""
    document = sigstore(configMapRef={"name": "roots", "key": "root.json"})
    known = MappedReferents(config_maps={("roots", "root.json"): TRUSTED_ROOT.encode()})
    assert (
        compile_trust_root(document, keys=known).value.anchor.trusted_root == TRUSTED_ROOT.encode()
    )
    (problem,) = compile_trust_root(document, keys=NOTHING).problems
    assert problem.field == "spec.sigstore.configMapRef"


def test_a_sigstore_from_a_repository():
    """Whoever fetches it hands the verified target in; until then the root is not usable."""
    document = sigstore(tuf={"mirror": "https://tuf.example.com", "root": "{}"})
    asked = []

    def tuf(spec):
        asked.append((spec.mirror, spec.target, spec.interval))
        return TRUSTED_ROOT.encode()

    assert compile_trust_root(document, keys=NOTHING, tuf=tuf).value is not None
    assert asked == [("https://tuf.example.com", "trusted_root.json", "24h")]
    (problem,) = compile_trust_root(document, keys=NOTHING).problems
    assert problem.field == "spec.sigstore.tuf"


def test_certificates_with_timestamp_authorities():
    """Both are PEM, and both are read."""
    value = compile_trust_root(good("trust-root-certificates"), keys=NOTHING).value
    pem = certificate().encode()
    assert value.anchor == CertificateAnchor(pem, pem)
    document = good("trust-root-certificates")
    document["spec"]["certificates"]["timestampAuthorities"] = "x"
    (problem,) = compile_trust_root(document, keys=NOTHING).problems
    assert problem.field == "spec.certificates.timestampAuthorities"
