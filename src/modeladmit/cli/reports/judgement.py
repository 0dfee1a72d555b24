"""One object's verdict with the file it came from: what every report is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.verdict import Finding, Outcome, Verdict
from modeladmit.core.workload import ObjectIdentity, Role, Workload


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, and where a person finds what it is about."""

    workload: Workload
    verdict: Verdict
    file: str
    line: int = 1
    """Line of the object."""
    lines: Mapping[FieldPath, int] = field(default_factory=dict)
    """Lines of the findings' fields."""

    @property
    def undecided(self) -> bool:
        """Whether it is no verdict about the object."""
        return undecided(self.verdict)

    @property
    def loads_models(self) -> bool:
        """Whether there was anything to judge."""
        models = any(use.role is not Role.RUNTIME for use in self.workload.uses)
        return models or bool(self.workload.undetermined)

    def line_of(self, finding: Finding) -> int:
        """The line a finding points at."""
        return self.lines.get(finding.field, self.line)


def undecided(verdict: Verdict) -> bool:
    """Denied only because nobody could find out: a registry is away, a deadline passed."""
    return bool(verdict.denials) and all(
        finding.outcome is Outcome.ERROR for finding in verdict.denials
    )


def title(identity: ObjectIdentity) -> str:
    """`Deployment/llama`, or `Deployment/llama in team-a`."""
    name = f"{identity.kind or 'object'}/{identity.name or '(no name)'}"
    return f"{name} in {identity.namespace}" if identity.namespace else name
