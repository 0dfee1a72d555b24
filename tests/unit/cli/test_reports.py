"""Text, JSON, SARIF and JUnit say the same about the same verdicts."""

import json
from dataclasses import replace
from xml.etree.ElementTree import fromstring

import click
import pytest

from modeladmit.cli.reports import json as json_report
from modeladmit.cli.reports import junit, sarif, text
from modeladmit.cli.reports.judgement import Judgement
from tests.unit.cli.verdicts import (
    AUDITED,
    AWAY,
    HUB,
    MUTABLE,
    PASSED,
    SKIPPED,
    UNSIGNED,
    WARNED,
    judgement,
)

EVERYTHING = judgement(MUTABLE, UNSIGNED, AWAY, WARNED, AUDITED, SKIPPED, PASSED)
DOCS = "https://modeladmit.io/findings"


def plain(*judgements: Judgement, policies: int = 1) -> str:
    """Text as a file gets it."""
    return click.unstyle(text.verdicts(judgements, policies=policies))


class TestText:
    def test_a_denial_reads_as_in_kubectl(self):
        """Every finding with its place, and the text to paste below it."""
        lines = plain(judgement(MUTABLE, UNSIGNED)).splitlines()
        assert lines == [
            "deploy/llama.yaml:3: Pod/llama in team-a: denied, 2 findings by TrustPolicy/production-models",
            f'  [MutableReference] spec.containers[0].args[3] (vllm): {HUB} at "main" can change',
            f"      fix: {MUTABLE.fix}",
            "  [SignatureMissing] spec.volumes[0].image.reference: no signature by any of release-key, ci",
            "1 object: 0 allowed, 1 denied",
        ]

    def test_an_outage_is_no_denial(self):
        """Whoever could not find out says so, and does not blame the model."""
        assert (
            plain(judgement(AWAY))
            .splitlines()[0]
            .endswith("could not judge, 1 finding by TrustPolicy/production-models")
        )

    def test_audit_is_shown_although_it_allows(self):
        """On the command line people want to see what a policy would deny."""
        shown = plain(judgement(AUDITED))
        assert "allowed" in shown
        assert "[RemoteCode]" in shown

    def test_what_no_policy_covers_is_named(self):
        """An allowance that rests on nothing must not look like one that was earned."""
        assert (
            f"{HUB} at main  pin None  spec.containers[0].args[3] (vllm), which no policy covers"
            in plain(judgement())
        )

    def test_control_characters_do_not_reach_the_terminal(self):
        """A file name or message with an escape sequence cannot repaint what was printed."""
        assert "\x1b" not in plain(judgement(file="a\x1b[2K.yaml"))


class TestJson:
    def test_shape(self):
        """The shape is a contract with every script that reads it."""
        found = json.loads(json_report.verdicts([judgement(MUTABLE)]))
        assert found == {
            "verdicts": [
                {
                    "object": {
                        "apiVersion": "v1",
                        "kind": "Pod",
                        "namespace": "team-a",
                        "name": "llama",
                    },
                    "allowed": False,
                    "findings": [
                        {
                            "code": "MutableReference",
                            "outcome": "fail",
                            "field": "spec.containers[0].args[3]",
                            "subject": HUB,
                            "policy": "production-models",
                            "message": MUTABLE.message,
                            "fix": MUTABLE.fix,
                        }
                    ],
                }
            ]
        }

    @pytest.mark.parametrize(
        ("finding", "outcome"),
        [
            (MUTABLE, "fail"),
            (AWAY, "error"),
            (WARNED, "warn"),
            (AUDITED, "warn"),
            (SKIPPED, "skip"),
            (PASSED, "pass"),
        ],
    )
    def test_outcomes(self, finding, outcome):
        """Outcomes are as they are answered: what does not deny is never called `fail`."""
        found = json.loads(json_report.verdicts([judgement(finding)]))
        assert [entry["outcome"] for entry in found["verdicts"][0]["findings"]] == [outcome]


class TestSarif:
    run = json.loads(sarif.render([EVERYTHING], docs_url=DOCS))["runs"][0]

    def test_levels(self):
        """Denials are errors, warnings are warnings, what passed is not a result."""
        levels = {result["ruleId"]: result["level"] for result in self.run["results"]}
        assert levels == {
            "MutableReference": "error",
            "SignatureMissing": "error",
            "SourceUnavailable": "error",
            "Undetermined": "warning",
            "RemoteCode": "warning",
            "Exempted": "none",
        }

    def test_rules_are_those_that_occur(self):
        """Every result names its rule by id and by a valid index (SARIF 3.27.6)."""
        rules = self.run["tool"]["driver"]["rules"]
        assert all(
            rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in self.run["results"]
        )
        assert len(rules) == len({result["ruleId"] for result in self.run["results"]})

    def test_location(self):
        """A result points at the file, the line and the field."""
        found = next(
            result for result in self.run["results"] if result["ruleId"] == "MutableReference"
        )
        assert found["locations"] == [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "deploy/llama.yaml"},
                    "region": {"startLine": 14},
                },
                "logicalLocations": [
                    {
                        "fullyQualifiedName": "team-a/Pod/llama:spec.containers[0].args[3]",
                        "kind": "member",
                    }
                ],
            }
        ]

    def test_fingerprints_outlive_edits_above(self):
        """The same finding on another line is the same alert."""
        moved = json.loads(sarif.render([judgement(MUTABLE, lines={})], docs_url=DOCS))["runs"][0][
            "results"
        ][0]
        still = json.loads(sarif.render([judgement(MUTABLE)], docs_url=DOCS))["runs"][0]["results"][
            0
        ]
        assert moved["locations"] != still["locations"]
        assert moved["partialFingerprints"] == still["partialFingerprints"]

    def test_any_text_is_json(self):
        """A lone surrogate in a message does not break the report."""
        found = judgement(replace(MUTABLE, message="a\ud800b"))
        assert json.loads(sarif.render([found], docs_url=DOCS))["version"] == "2.1.0"
        assert (
            json.loads(json_report.verdicts([found]))["verdicts"][0]["findings"][0]["message"]
            == "a\ud800b"
        )

    def test_standard_input_has_a_uri(self):
        """`<stdin>` is no URI reference."""
        found = json.loads(sarif.render([judgement(MUTABLE, file="<stdin>")], docs_url=DOCS))
        location = found["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        assert location["artifactLocation"]["uri"] == "stdin"


class TestJunit:
    def test_counts(self):
        """Attributes count what the elements hold."""
        root = fromstring(junit.render([EVERYTHING, judgement()]))  # noqa: S314 - our own text
        assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
            "tests": "8",
            "failures": "2",
            "errors": "1",
            "skipped": "1",
        }
        assert [
            len(root.findall(f".//{kind}")) for kind in ("testcase", "failure", "error", "skipped")
        ] == [8, 2, 1, 1]

    def test_a_failure_says_all(self):
        """The failure's text has the place and the fix."""
        root = fromstring(junit.render([judgement(MUTABLE)]))  # noqa: S314 - our own text
        failure = root.find(".//failure")
        assert failure is not None
        assert (failure.get("type"), failure.get("message")) == (
            "MutableReference",
            MUTABLE.message,
        )
        assert str(MUTABLE.fix) in (failure.text or "")

    def test_any_text_is_xml(self):
        """Characters that XML 1.0 forbids do not break the report."""
        found = judgement(MUTABLE, file="a\x00\ufffe\ud800<&.yaml")
        assert fromstring(junit.render([found])).get("failures") == "1"  # noqa: S314 - our own text
