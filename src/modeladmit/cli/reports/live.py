"""`preview`: live workloads and what a policy would say about them."""

from collections.abc import Iterator, Sequence

import click

from modeladmit.cli.live import LiveWorkload
from modeladmit.cli.reports.json import dump, finding_object
from modeladmit.core.rendering import finding_lines, headline, plain


def as_json(found: Sequence[LiveWorkload]) -> str:
    """One entry a workload, findings as in `check -o json`."""
    return dump(
        {
            "workloads": [
                {
                    "namespace": workload.namespace,
                    "kind": workload.kind,
                    "name": workload.name,
                    "pods": workload.pods,
                    "allowed": workload.verdict.allowed,
                    "findings": [finding_object(finding) for finding in workload.verdict.findings],
                }
                for workload in found
            ]
        }
    )


def text(found: Sequence[LiveWorkload]) -> str:
    """What would be denied, with every finding, then the sum."""
    return "\n".join([*(line for workload in found for line in _workload(workload)), _sum(found)])


def _workload(workload: LiveWorkload) -> Iterator[str]:
    pods = "1 pod" if workload.pods == 1 else f"{workload.pods} pods"
    head = plain(f"{workload.namespace}: {workload.kind}/{workload.name} ({pods})")
    if workload.verdict.allowed:
        yield f"{head}: {click.style('stays allowed', fg='green')}"
    else:
        yield f"{head}: {click.style('would be denied', fg='red', bold=True)}, {headline(workload.verdict.denials)}"
    yield from finding_lines(workload.verdict.denials)


def _sum(found: Sequence[LiveWorkload]) -> str:
    denied = [workload for workload in found if not workload.verdict.allowed]
    pods = sum(workload.pods for workload in found)
    if not found:
        return "no Pod loads a model"
    return f"{len(found)} workloads load models in {pods} pods: {len(denied)} would be denied ({sum(one.pods for one in denied)} pods)"
