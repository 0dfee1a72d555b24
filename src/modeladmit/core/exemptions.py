"""PolicyExemptions at work: what an unexpired one excuses becomes a skip that names it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from modeladmit.core.catalog import EXEMPTIBLE
from modeladmit.core.facts import FactSheet
from modeladmit.core.policy import Exemption
from modeladmit.core.situation import Situation
from modeladmit.core.verdict import Finding, Outcome
from modeladmit.core.workload import ModelUse


class Exemptions:
    """Those that hold in one namespace at one moment."""

    def __init__(
        self, exemptions: Sequence[Exemption], situation: Situation, now: datetime
    ) -> None:
        self._namespace = situation.namespace
        self._valid = tuple(
            exemption
            for exemption in exemptions
            if now < exemption.expires_at
            and (not exemption.namespaces or situation.namespace in exemption.namespaces)
        )

    def applied(
        self, findings: Iterable[Finding], use: ModelUse, sheet: FactSheet
    ) -> Iterator[Finding]:
        """The findings about one use, those that are excused as skips.

        The use itself is compared, never its URI: two revisions of one repository share a URI.
        """
        naming: tuple[Exemption, ...] | None = None
        for finding in findings:
            if not finding.would_deny or finding.code not in EXEMPTIBLE:
                yield finding
                continue
            if naming is None:
                naming = tuple(found for found in self._valid if self._names(found, use, sheet))
            exemption = next((found for found in naming if _excuses(found, finding)), None)
            yield finding if exemption is None else _skip(finding, exemption)

    def _names(self, exemption: Exemption, use: ModelUse, sheet: FactSheet) -> bool:
        digest = sheet.artifact.digest if sheet.artifact is not None else use.reference.digest
        return (digest is not None and digest in exemption.digests) or any(
            pattern.matches(use.reference, self._namespace) for pattern in exemption.patterns
        )


def _excuses(exemption: Exemption, finding: Finding) -> bool:
    """An exemption of named policies does not speak for the rule of closed namespaces, which is nobody's policy."""
    return finding.code in exemption.codes and (
        not exemption.policies or finding.policy in exemption.policies
    )


def _skip(finding: Finding, exemption: Exemption) -> Finding:
    until = f"{exemption.expires_at:%Y-%m-%dT%H:%MZ}"
    return replace(
        finding,
        code="Exempted",
        outcome=Outcome.SKIP,
        message=f"{finding.code} is exempted by PolicyExemption/{exemption.name} until {until} ({exemption.reason}): {finding.message}",
    )
