"""What the platform team reads when a policy is wrong: the field, and what to write instead, in plain words."""

from collections.abc import Mapping
from typing import Any

import jsonpatch
import pytest

from modeladmit.api.compile import MappedReferents, compile_exemption, compile_policy
from tests.policy_vectors import public_key

KEYS = MappedReferents({}, {})
POLICY: Mapping[str, Any] = {
    "apiVersion": "modeladmit.io/v1alpha1",
    "kind": "TrustPolicy",
    "metadata": {"name": "production-models"},
    "spec": {
        "mode": "Enforce",
        "require": {"pinning": "Revision", "signatures": {"min": 1, "of": ["release-key"]}},
        "authorities": [{"name": "release-key", "key": {"pem": public_key("release")}}],
    },
}
ATTESTATION = {
    "predicateType": "https://example.com/test/v1",
    "signedBy": {"min": 1, "of": ["release-key"]},
}
KEYLESS = "/spec/authorities/0"


def rule(cel: str) -> dict[str, Any]:
    return {**ATTESTATION, "rules": [{"cel": cel, "message": "no"}]}


def keyless(**identity: str) -> dict[str, Any]:
    return {"name": "release-key", "keyless": {"identities": [identity]}}


MISTAKES = [
    ("/spec/requires", {}, "spec.requires: is not a field of this kind; did you mean require?"),
    (
        "/spec/require/pining",
        "Digest",
        "spec.require.pining: is not a field of this kind; did you mean pinning?",
    ),
    ("/spec/match", {"objectSelector": {}}, "spec.match.objectSelector: is not a field of"),
    ("/spec/mode", "enforce", "spec.mode: must be 'Enforce', 'Warn' or 'Audit'"),
    ("/spec/require", {}, "spec.require: ask for something"),
    ("/spec/require/remoteCode", True, "spec.require.remoteCode: must be 'Deny' or 'Pinned'"),
    (
        "/spec/require/sources",
        [],
        "spec.require.sources: must have at least 1 entry, and has 0",
    ),
    (
        "/spec/require/sources",
        ["registry.example.com/x"],
        "spec.require.sources[0]: a pattern needs one of our schemes, such as oci:// or hf://",
    ),
    ("/spec/require/sources", ["oci://**"], "spec.require.sources[0]: name the host"),
    ("/spec/require/sources", ["oci://*.com/**"], "stand before two whole names"),
    ("/spec/require/sources", ["https://hf.co/a/*"], "are named hf://owner/name"),
    ("/spec/require/sources", "hf://a/*", "spec.require.sources: must be a list"),
    ("/spec/match", {"models": ["oci://r.example.com/m:v1"]}, "without tag, digest and revision"),
    ("/spec/match", {"models": ["hf://o/${user}"]}, "holds more than names, `*`, `?`"),
    ("/spec/match", {"roles": ["weights"]}, "spec.match.roles[0]: must be 'Weights', "),
    (
        "/spec/match",
        {"namespaceSelector": "prod"},
        "spec.match.namespaceSelector: must be a mapping",
    ),
    ("/spec/require/signatures/of", ["nobody"], "an authority that the policy does not define"),
    ("/spec/require/signatures/min", 2, "min is larger than the number of authorities"),
    ("/spec/require/signatures/min", 0, "spec.require.signatures.min: must be at least 1"),
    ("/spec/authorities/0/key/pem", "hello", "not a public key in PEM"),
    (
        "/spec/authorities/0/key/pem",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "this is a private key; give the public one, and treat the private one as leaked",
    ),
    (KEYLESS, keyless(subject="x"), "issuer is required: the same subject at another issuer"),
    (KEYLESS, keyless(issuer="https://a", subjectRegExp="("), "not a regular expression in RE2"),
    ("/spec/require/attestations", [rule("predicate.result = 1")], "not CEL: <input>:1:18"),
    (
        "/spec/require/attestations",
        [rule("predicat.result == 1")],
        "undeclared reference to 'predicat.result'; a rule speaks of `predicate`",
    ),
    (
        "/spec/require/attestations",
        [{**ATTESTATION, "maxAge": "30d"}],
        "maxAge: must be hours, minutes and seconds, such as 720h, 1h30m or 90s (there are no days)",
    ),
    (
        "/spec/deny",
        [{"digest": "sha256:abc", "reason": "bad"}],
        "spec.deny[0].digest: must be a whole digest",
    ),
    ("/spec/deny", [{"uri": "hf://a/b"}], "spec.deny[0].reason: is required"),
    ("/metadata/name", "Production_Models", "metadata.name: must be a name: lower-case letters"),
    ("/metadata", {}, "metadata.name: is required"),
    ("/apiVersion", "modeladmit.io/v1", "apiVersion: must be modeladmit.io/v1alpha1"),
]


@pytest.mark.parametrize(("path", "value", "says"), MISTAKES)
def test_a_mistake_in_a_policy_is_told_where_it_stands(path, value, says):
    wrong = jsonpatch.apply_patch(POLICY, [{"op": "add", "path": path, "value": value}])
    problems = [
        str(problem) for problem in compile_policy(wrong, trust_roots={}, keys=KEYS).problems
    ]
    assert any(says in problem for problem in problems), problems
    assert not any("Tuple" in problem or "Spec" in problem for problem in problems)


def test_the_policy_without_a_mistake_compiles():
    """Or the mistakes above would prove nothing."""
    assert () == compile_policy(POLICY, trust_roots={}, keys=KEYS).problems


@pytest.mark.parametrize("code", ["Undetermined", "InvalidReference", "Revoked", "SignatureMising"])
def test_a_code_that_no_exemption_can_excuse_is_refused(code):
    """What would be written and do nothing must not look like a permission."""
    found = compile_exemption(
        {
            "apiVersion": "modeladmit.io/v1alpha1",
            "kind": "PolicyExemption",
            "metadata": {"name": "migration"},
            "spec": {
                "uris": ["hf://a/b"],
                "codes": [code],
                "reason": "r",
                "expiresAt": "2027-01-01T00:00:00Z",
            },
        }
    )
    assert ["spec.codes[0]"] == [problem.field for problem in found.problems]
