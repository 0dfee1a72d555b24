"""Findings and the verdict that they add up to.

`Verdict` is a monoid: adding a finding never turns a denial into an allowance. `allowed` is derived, never stored.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

from modeladmit.core.fieldpath import ROOT, FieldPath
from modeladmit.core.policy import Mode, Policy
from modeladmit.core.workload import ObjectIdentity


class Outcome(StrEnum):
    """What a finding says, worst first; the words of the WG-Policy report."""

    FAIL = "fail"
    ERROR = "error"
    """It could not be found out, for a reason that nobody under review caused."""
    WARN = "warn"
    SKIP = "skip"
    """Deliberately not judged now: unchanged in an update, exempted, a mirror Pod."""
    PASS = "pass"


_SEVERITY = {outcome: rank for rank, outcome in enumerate(Outcome)}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that judging found, where, and how to put it right."""

    code: str
    """An entry of `core.catalog`."""
    outcome: Outcome
    message: str
    field: FieldPath = ROOT
    container: str | None = None
    subject: str | None = None
    """Canonical URI of the artifact."""
    policy: str | None = None
    generation: int | None = None
    mode: Mode = Mode.ENFORCE
    """Mode of the policy: the judgement is the same in all, only the answer differs."""
    fix: str | None = None
    """The exact text to paste, or what to do."""
    fail_open: bool = False
    """An error that the policy asks to let through: counted."""

    @classmethod
    def by(
        cls,
        policy: Policy,
        code: str,
        outcome: Outcome,
        message: str,
        *,
        field: FieldPath = ROOT,
        container: str | None = None,
        subject: str | None = None,
        fix: str | None = None,
        fail_open: bool = False,
    ) -> Self:
        """What a policy finds, in its mode and as it was at this generation."""
        return cls(
            code,
            outcome,
            message,
            field,
            container,
            subject,
            policy.name,
            policy.generation,
            policy.mode,
            fix,
            fail_open,
        )

    @property
    def denies(self) -> bool:
        """Whether it alone is reason to deny."""
        return self.would_deny and self.mode is Mode.ENFORCE

    @property
    def would_deny(self) -> bool:
        """Whether it would deny if its policy were enforced."""
        return self.outcome in {Outcome.FAIL, Outcome.ERROR}

    @property
    def answer(self) -> Outcome:
        """The outcome as it is answered: under Warn and Audit a failure is a warning."""
        return self.outcome if self.denies or not self.would_deny else Outcome.WARN

    @property
    def order(self) -> tuple[object, ...]:
        """Sort key: denials first, most severe first, then by place; total, so that equal verdicts print equally."""
        return (
            not self.denies,
            _SEVERITY[self.outcome],
            self.field.order,
            self.code,
            self.policy or "",
            self.message,
            self.mode,
            self.container or "",
            self.fix or "",
            self.fail_open,
            self.generation or 0,
        )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything found about one object."""

    identity: ObjectIdentity
    findings: tuple[Finding, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)
    """Canonical URI as written to the pin that was resolved and judged: law 5, one resolution per reference."""
    policies: Mapping[str, int] = field(default_factory=dict)
    """Policies that were asked, with the generation they were judged by."""
    inference: bool = True

    @classmethod
    def of(
        cls,
        identity: ObjectIdentity,
        findings: Iterable[Finding],
        *,
        digests: Mapping[str, str] | None = None,
        policies: Mapping[str, int] | None = None,
        inference: bool = True,
    ) -> Self:
        """Sort findings, drop repetitions."""
        unique = tuple(sorted(dict.fromkeys(findings), key=lambda finding: finding.order))
        return cls(identity, unique, dict(digests or {}), dict(policies or {}), inference)

    @property
    def allowed(self) -> bool:
        """False as soon as one finding denies."""
        return not any(finding.denies for finding in self.findings)

    @property
    def denials(self) -> tuple[Finding, ...]:
        """The findings that deny, most severe first."""
        return tuple(finding for finding in self.findings if finding.denies)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What the person should see although it does not deny: failures under Warn, and warnings. Audit is silent."""
        return tuple(
            finding
            for finding in self.findings
            if not finding.denies
            and finding.answer is Outcome.WARN
            and finding.mode is not Mode.AUDIT
        )

    @property
    def would_deny(self) -> tuple[Finding, ...]:
        """Failures that Warn and Audit policies let through."""
        return tuple(
            finding for finding in self.findings if finding.would_deny and not finding.denies
        )

    def adding(self, findings: Iterable[Finding]) -> Self:
        """The same verdict with more findings."""
        unique = tuple(
            sorted(dict.fromkeys((*self.findings, *findings)), key=lambda finding: finding.order)
        )
        return replace(self, findings=unique)
