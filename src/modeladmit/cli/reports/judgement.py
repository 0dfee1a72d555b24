"""One object's verdict with the file it came from: what every report is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.verdict import Finding, Outcome, Verdict
from modeladmit.core.workload import ObjectIdentity, Workload


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
        """Denied only because nobody could find out: a registry is away, a deadline passed."""
        denials = self.verdict.denials
        return bool(denials) and all(finding.outcome is Outcome.ERROR for finding in denials)

    @property
    def loads_models(self) -> bool:
        """Whether there was anything to judge."""
        return bool(self.workload.uses or self.workload.undetermined)

    def line_of(self, finding: Finding) -> int:
        """The line a finding points at."""
        return self.lines.get(finding.field, self.line)


def title(identity: ObjectIdentity) -> str:
    """`Deployment/llama`, or `Deployment/llama in team-a`."""
    name = f"{identity.kind or 'object'}/{identity.name or '(no name)'}"
    return f"{name} in {identity.namespace}" if identity.namespace else name
