"""Every refusal for want of evidence says what would pass: a command to paste, and as whom."""

from dataclasses import replace
from datetime import timedelta

import pytest

from modeladmit.core.authority import Authority, ExactText, Identity
from modeladmit.core.case import Case
from modeladmit.core.checks import attestation, signature
from modeladmit.core.policy import (
    PROMOTION_PREDICATE,
    AttestationRequirement,
    Requirements,
    Stage,
    StageRequirement,
    Threshold,
)
from modeladmit.core.trust import CertificateAnchor, SigstoreAnchor
from tests.building import (
    DIGEST,
    NOW,
    PINNED,
    SITUATION,
    artifact,
    authority,
    policy,
    sheet,
    use,
    workload,
)
from tests.building import (
    signature as signed,
)

TARGET = f"registry.example.com/models/llama:v1@{DIGEST}"
KIND = "https://in-toto.io/attestation/test-result/v0.1"
CI = Authority(
    "ci",
    (SigstoreAnchor(b"{}"),),
    (Identity(ExactText("https://github.com/acme/m"), ExactText("https://token.example.com")),),
)
PKI = Authority(
    "pki", (CertificateAnchor(b"roots"),), (Identity(ExactText("release@example.com"), None),)
)
ELSEWHERE = authority("elsewhere", "oci://other.example.com/**")
AUTHORITIES = {found.name: found for found in (authority("release"), CI, PKI, ELSEWHERE)}


class Never:
    """A rule that never holds."""

    text = 'predicate.result == "PASSED"'
    message = "evaluation did not pass"

    def holds(self, _predicate):
        return False


def fix(check, uri=PINNED, known=None, **require):
    asked = policy(Requirements(**require), authorities=AUTHORITIES)
    found = use(uri)
    facts = known or sheet(artifact=artifact(uri))
    (finding,) = check(Case(found, asked, facts, SITUATION, workload(found), NOW))
    return finding.fix


@pytest.mark.parametrize(
    ("threshold", "text"),
    [
        (Threshold(1, ("release",)), f"cosign sign --key KEY {TARGET}  # as release (its key)"),
        (
            Threshold(1, ("ci",)),
            f"cosign sign {TARGET}  # as ci (https://github.com/acme/m from https://token.example.com)",
        ),
        (
            Threshold(1, ("pki",)),
            f"cosign sign {TARGET}  # as pki (a certificate for release@example.com)",
        ),
        (
            Threshold(2, ("release", "ci", "elsewhere")),
            f"cosign sign --key KEY {TARGET}  # as 2 of: release (its key), ci (https://github.com/acme/m from https://token.example.com)",
        ),
    ],
    ids=["a key", "keyless", "a certificate", "several, and one that may not vouch for it"],
)
def test_a_signature(threshold, text):
    assert text == fix(signature.check, signatures=threshold)


def test_files_are_signed_by_another_tool():
    """cosign signs nothing on a hub."""
    found = fix(
        signature.check,
        "hf://owner/name",
        sheet(artifact=artifact("hf://owner/name", digest=None, revision="c" * 40)),
        signatures=Threshold(1, ("release",)),
    )
    assert (
        found
        == "model_signing sign, and publish model.sig beside the files  # as release (its key)"
    )


def test_an_attestation():
    """Missing, too old or bad: each names the command that makes a good one."""
    asked = AttestationRequirement(KIND, Threshold(1, ("release",)), timedelta(hours=1), (Never(),))
    command = (
        f"cosign attest --type {KIND} --predicate FILE --key KEY {TARGET}  # as release (its key)"
    )
    told = signed("release", predicate_type=KIND, predicate={}, signed_at=NOW)
    old = replace(told, signed_at=NOW - timedelta(hours=2))
    missing, stale, bad = (
        fix(attestation.attestations, known=facts, attestations=(asked,))
        for facts in (None, sheet(old), sheet(told))
    )
    assert command == missing
    assert stale.endswith(command)
    assert "trusted timestamp" in stale
    assert bad == (
        f'publish a version whose result satisfies predicate.result == "PASSED", and attest it: {command}'
    )


def test_a_promotion():
    asked = StageRequirement(Stage.PRODUCTION, Threshold(1, ("release",)))
    found = fix(attestation.stage, stage=asked)
    predicate = """echo '{"stage":"Production"}' | cosign attest"""
    assert found.startswith(f"{predicate} --type {PROMOTION_PREDICATE} --predicate - --key KEY")
