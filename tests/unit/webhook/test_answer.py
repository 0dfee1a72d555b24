"""A verdict in the API server's words."""

import json
from typing import Any

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.policy import Mode
from modeladmit.core.verdict import Finding, Outcome, Verdict
from modeladmit.webhook import decision
from modeladmit.webhook.answer import answer
from modeladmit.webhook.entry import Entry
from tests.building import DIGEST, IDENTITY, PINNED
from tests.unit.webhook.reviews import request

FIELD = FieldPath.parse("spec.containers[0].args[3]")


def finding(code: str = "SignatureMissing", **changes) -> Finding:
    defaults = {
        "message": "no signature by any of release-key",
        "outcome": Outcome.FAIL,
        "field": FIELD,
        "container": "vllm",
        "policy": "production",
        "generation": 3,
        "fix": "cosign sign",
    }
    return Finding(code, **{**defaults, **changes})


def response(*findings: Finding, **changes) -> Any:
    verdict = Verdict.of(IDENTITY, findings, **changes)
    review = json.loads(answer("7c1a", verdict))
    assert review["apiVersion"] == "admission.k8s.io/v1"
    assert review["kind"] == "AdmissionReview"
    assert review["response"]["uid"] == "7c1a"
    return review["response"]


def test_a_denial_is_forbidden_with_text_and_causes():
    found = response(finding())
    assert found["allowed"] is False
    status = found["status"]
    assert (status["code"], status["reason"]) == (403, "Forbidden")
    assert status["message"].splitlines() == [
        "1 finding by TrustPolicy/production (generation 3): SignatureMissing",
        "  [SignatureMissing] spec.containers[0].args[3] (vllm): no signature by any of release-key",
        "      fix: cosign sign",
    ]
    assert status["details"]["causes"] == [
        {
            "reason": "SignatureMissing",
            "field": "spec.containers[0].args[3]",
            "message": "no signature by any of release-key",
        }
    ]


def test_an_allowance_has_no_status():
    found = response(finding("Satisfied", outcome=Outcome.PASS))
    assert found["allowed"] is True
    assert "status" not in found
    assert "warnings" not in found


def test_warnings_are_short_lines_and_few():
    warned = [finding(message="x" * 500 + str(n), mode=Mode.WARN) for n in range(40)]
    found = response(*warned)
    assert found["allowed"] is True
    assert len(found["warnings"]) == 16
    assert found["warnings"][-1].endswith("and 25 more")
    assert all(len(line) <= 256 for line in found["warnings"])


def test_audit_is_silent():
    assert "warnings" not in response(finding(mode=Mode.AUDIT))


def test_control_characters_reach_no_terminal():
    """Attack: a model's name that rewrites the line above it."""
    found = response(finding(message="\x1b[2Khf://evil\r\nallowed \u202e"))
    text = found["status"]["message"] + found["status"]["details"]["causes"][0]["message"]
    assert not set(text) & {"\x1b", "\r", "\u202e"}
    assert len(found["status"]["message"].splitlines()) == 3


def test_a_denial_of_any_length_begins_with_what_matters():
    """Events show the first 1,024 bytes."""
    many = [finding(message=f"{n} " + "x" * 900) for n in range(200)]
    errors = [finding("SourceUnavailable", outcome=Outcome.ERROR, message="away")]
    found = response(*errors, *many)
    message = found["status"]["message"]
    assert len(message) < 17_000
    assert "[SignatureMissing]" in message[:1024]
    assert "findings in all" in message
    assert len(found["status"]["details"]["causes"]) == 100


def test_audit_annotations_name_verdict_policies_and_digests():
    found = response(finding(), digests={PINNED: str(DIGEST)}, policies={"production": 3, "x": 1})
    assert found["auditAnnotations"] == {
        "verdict": "denied",
        "policies": "production@3",
        "digests": f"{PINNED}={DIGEST}",
    }


def test_what_warn_or_audit_let_through_is_called_so():
    assert response(finding(mode=Mode.AUDIT))["auditAnnotations"]["verdict"] == "would-deny"


def test_the_decision_line_is_one_line():
    """Who, what, how it was decided, by which policies, about which digests."""
    verdict = Verdict.of(IDENTITY, [finding()], digests={PINNED: str(DIGEST)})
    line = decision.line(Entry.ENFORCED, request(dryRun=True), verdict, 0.00123456)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    record = json.loads(line)
    assert record["decision"] == "denied"
    assert (record["user"], record["groups"]) == ("dev", ["system:authenticated"])
    assert (record["operation"], record["dryRun"]) == ("CREATE", True)
    assert record["object"]["namespace"] == "team-a"
    assert record["policies"] == {"production": 3}
    assert record["digests"] == {PINNED: str(DIGEST)}
    assert record["findings"][0]["code"] == "SignatureMissing"


def test_passes_are_not_listed_in_the_decision_line():
    verdict = Verdict.of(IDENTITY, [finding("Satisfied", outcome=Outcome.PASS)])
    record = json.loads(decision.line(Entry.ENFORCED, request(), verdict, 0))
    assert record["findings"] == []
    assert record["policies"] == {"production": 3}
