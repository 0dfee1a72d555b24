"""What the process says about itself."""

import json
import logging

from modeladmit.core.policy import Mode
from modeladmit.core.verdict import Finding, Outcome, Verdict
from modeladmit.telemetry import JsonLines, Metrics
from tests.building import IDENTITY, policy


def samples(metrics: Metrics) -> dict[str, float]:
    lines = metrics.exposition().decode().splitlines()
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")
    }


def finding(code: str = "SignatureMissing", **changes) -> Finding:
    return Finding(code, **{"outcome": Outcome.FAIL, "message": "m", "policy": "p", **changes})


def test_reviews_are_counted_by_entry_and_verdict():
    metrics = Metrics()
    metrics.judged(Verdict.of(IDENTITY, [finding()]), entry="enforced", seconds=0.001)
    metrics.judged(Verdict.of(IDENTITY, []), entry="enforced", seconds=0.001)
    found = samples(metrics)
    assert found['modeladmit_reviews_total{entry="enforced",verdict="denied"}'] == 1
    assert found['modeladmit_reviews_total{entry="enforced",verdict="allowed"}'] == 1
    assert found['modeladmit_findings_total{code="SignatureMissing",outcome="fail"}'] == 1
    assert found['modeladmit_review_duration_seconds_count{entry="enforced"}'] == 2
    assert found["modeladmit_uncovered_total"] == 1


def test_what_audit_lets_through_is_counted_by_policy():
    metrics = Metrics()
    metrics.judged(
        Verdict.of(IDENTITY, [finding(mode=Mode.AUDIT)]), entry="observed", seconds=0.001
    )
    assert samples(metrics)['modeladmit_would_deny_total{mode="Audit",policy="p"}'] == 1


def test_failing_open_is_counted():
    metrics = Metrics()
    opened = finding("SourceUnavailable", outcome=Outcome.WARN, fail_open=True)
    metrics.judged(Verdict.of(IDENTITY, [opened]), entry="enforced", seconds=0.001)
    assert samples(metrics)['modeladmit_fail_open_total{policy="p"}'] == 1


def test_the_generation_of_every_policy_is_shown_and_no_other():
    metrics = Metrics()
    metrics.judging_by([policy(name="a"), policy(name="b", mode=Mode.AUDIT)])
    metrics.judging_by([policy(name="b", mode=Mode.AUDIT)])
    shown = {n: v for n, v in samples(metrics).items() if n.startswith("modeladmit_policy_gen")}
    assert {'modeladmit_policy_generation{mode="Audit",policy="b"}': 3.0} == shown


def test_no_label_holds_text_of_a_workload():
    metrics = Metrics()
    strange = finding(message="SECRET", subject="hf://SECRET", container="SECRET")
    metrics.judged(Verdict.of(IDENTITY, [strange]), entry="enforced", seconds=0.001)
    assert "SECRET" not in metrics.exposition().decode()


def test_log_lines_are_json_with_their_facts():
    record = logging.LogRecord("x", logging.INFO, "f", 1, "hello %s", ("you",), None)
    record.facts = {"id": "7"}
    line = json.loads(JsonLines().format(record))
    assert (line["message"], line["level"], line["id"]) == ("hello you", "INFO", "7")
    assert "\n" not in JsonLines().format(record)
