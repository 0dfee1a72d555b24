"""`-o text`: verdicts and inspections for people, the same words as a denial in kubectl."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import click

from modeladmit.cli.reports.judgement import Judgement, title
from modeladmit.core.rendering import finding_lines, headline, plain
from modeladmit.core.verdict import Finding, Outcome
from modeladmit.core.workload import ModelUse, Role, Signal, Workload

_MAX_REASONS: Final = 3


def verdicts(judgements: Sequence[Judgement], *, policies: int) -> str:
    """`check`: one block an object, then a line that sums up."""
    return "\n".join(
        [
            *(line for judgement in judgements for line in _verdict(judgement, policies)),
            _sum(judgements),
        ]
    )


def inspection(found: Sequence[tuple[str, Workload]]) -> str:
    """`inspect`: what each object loads, file by file."""
    return "\n".join(line for file, workload in found for line in _workload(file, workload))


def _verdict(judgement: Judgement, policies: int) -> Iterator[str]:
    verdict = judgement.verdict
    place = f"{judgement.file}:{judgement.line}: {title(verdict.identity)}"
    if not judgement.loads_models and verdict.allowed:
        yield f"{plain(place)}: {click.style('allowed', fg='green')}, loads no model"
    elif verdict.allowed:
        yield f"{plain(place)}: {click.style('allowed', fg='green')}"
    elif judgement.undecided:
        yield f"{plain(place)}: {click.style('could not judge', fg='magenta')}, {headline(verdict.denials)}"
    else:
        yield f"{plain(place)}: {click.style('denied', fg='red', bold=True)}, {headline(verdict.denials)}"
    yield from finding_lines(verdict.denials)
    quiet = [finding for finding in verdict.findings if not finding.denies]
    warned = [finding for finding in quiet if finding.answer is Outcome.WARN]
    if warned:
        yield click.style(f"  warnings, {headline(warned)}", fg="yellow")
        yield from finding_lines(warned, indent="    ")
    yield from _passed(quiet)
    judged = {finding.subject for finding in verdict.findings}
    for use in judgement.workload.uses:
        if use.reference.uri not in judged and (use.role is not Role.RUNTIME):
            yield f"  {_use(use)}" + (", which no policy covers" if policies else "")


def _passed(findings: Sequence[Finding]) -> Iterator[str]:
    skipped = [finding for finding in findings if finding.answer is Outcome.SKIP]
    yield from (f"  [{finding.code}] {plain(finding.message)}" for finding in skipped)
    passed = sorted(
        (finding for finding in findings if finding.answer is Outcome.PASS),
        key=lambda finding: finding.subject or "",
    )
    for subject, same in groupby(passed, key=lambda finding: finding.subject):
        names = sorted({f"TrustPolicy/{finding.policy}" for finding in same})
        yield f"  {plain(subject or '')} satisfies {', '.join(names)}"


def _sum(judgements: Sequence[Judgement]) -> str:
    undecided = sum(judgement.undecided for judgement in judgements)
    denied = sum(not judgement.verdict.allowed for judgement in judgements) - undecided
    parts = [
        f"{len(judgements)} object{'s' if len(judgements) != 1 else ''}: {len(judgements) - denied - undecided} allowed"
    ]
    parts += [f"{denied} denied"] if denied else []
    parts += [f"{undecided} could not be judged"] if undecided else []
    return ", ".join(parts)


def _workload(file: str, workload: Workload) -> Iterator[str]:
    head = f"{file}: {title(workload.identity)}"
    yield plain(
        f"{head}: {'inference' if workload.inference else 'not inference'}{_because(workload.signals)}"
    )
    for use in workload.uses:
        if workload.inference or use.role is not Role.RUNTIME:
            yield f"  {_use(use)}"
    for place in workload.undetermined:
        where = f"{place.field}{f' ({place.container})' if place.container else ''}"
        yield click.style(
            plain(f"  undetermined: {where}: {place.reason}: {place.detail}"), fg="yellow"
        )


def _because(signals: Sequence[Signal]) -> str:
    """The first reasons, the rest counted."""
    reasons = list(dict.fromkeys(f"{signal.kind} {signal.value}" for signal in signals))
    if not reasons:
        return ""
    shown, more = reasons[:_MAX_REASONS], len(reasons) - _MAX_REASONS
    return f", because of {', '.join(shown)}" + (f" and {more} more" if more > 0 else "")


def _use(use: ModelUse) -> str:
    container = f" ({use.container})" if use.container else ""
    carried = f", carried by a {use.carrier}" if use.carrier.mutable else ""
    colour = "green" if use.pin else "yellow"
    pin = click.style(f"pin {use.pin.label}", fg=colour)
    return (
        plain(f"{use.role:<9} {use.reference}")
        + f"  {pin}  "
        + plain(f"{use.field}{container}{carried}")
    )
