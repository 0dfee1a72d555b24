"""`-o junit`: JUnit XML as Jenkins and GitLab read it: a suite an object, a case a finding."""

from collections.abc import Sequence
from xml.etree.ElementTree import (
    Element,
    SubElement,
    indent,
    tostring,
)  # writing only: no foreign XML is parsed

from modeladmit.cli.reports.judgement import Judgement, title
from modeladmit.core.rendering import finding_line, plain
from modeladmit.core.verdict import Finding, Outcome


def render(judgements: Sequence[Judgement]) -> str:
    """The whole document."""
    root = Element("testsuites", name="modeladmit")
    for judgement in judgements:
        _suite(root, judgement)
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=False)


def _suite(root: Element, judgement: Judgement) -> None:
    findings = judgement.verdict.findings
    name = plain(title(judgement.verdict.identity))
    suite = SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(max(1, len(findings))),
        failures=str(sum(finding.answer is Outcome.FAIL for finding in findings)),
        errors=str(sum(finding.answer is Outcome.ERROR for finding in findings)),
        skipped=str(sum(finding.answer is Outcome.SKIP for finding in findings)),
    )
    if not findings:
        SubElement(
            suite,
            "testcase",
            classname=name,
            name="nothing to judge",
            file=plain(judgement.file),
            line=str(judgement.line),
        )
    for finding in findings:
        _case(suite, name, judgement, finding)


def _case(suite: Element, name: str, judgement: Judgement, finding: Finding) -> None:
    place = " ".join(part for part in (finding.code, str(finding.field), finding.policy) if part)
    case = SubElement(
        suite,
        "testcase",
        classname=name,
        name=plain(place),
        file=plain(judgement.file),
        line=str(judgement.line_of(finding)),
    )
    text = finding_line(finding) + (f"\nfix: {plain(finding.fix)}" if finding.fix else "")
    match finding.answer:
        case Outcome.FAIL:
            SubElement(
                case, "failure", type=finding.code, message=plain(finding.message)
            ).text = text
        case Outcome.ERROR:
            SubElement(case, "error", type=finding.code, message=plain(finding.message)).text = text
        case Outcome.SKIP:
            SubElement(case, "skipped", message=plain(finding.message))
        case Outcome.WARN | Outcome.PASS:
            SubElement(case, "system-out").text = text
