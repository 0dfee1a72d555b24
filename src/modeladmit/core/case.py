"""One use before one policy, with everything that is known: what the checks look at."""

from dataclasses import dataclass
from datetime import datetime

from modeladmit.core.catalog import docs_link
from modeladmit.core.evidence import Gap
from modeladmit.core.facts import FactSheet
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.policy import Policy, Reaction
from modeladmit.core.situation import Situation
from modeladmit.core.verdict import Finding, Outcome
from modeladmit.core.workload import ModelUse, Workload


@dataclass(frozen=True, slots=True)
class Case:
    """A use, a policy that covers it, the facts about its reference, and the circumstances."""

    use: ModelUse
    policy: Policy
    sheet: FactSheet
    situation: Situation
    workload: Workload
    now: datetime

    def finding(
        self,
        code: str,
        outcome: Outcome,
        message: str,
        *,
        fix: str | None = None,
        field: FieldPath | None = None,
        fail_open: bool = False,
    ) -> Finding:
        """A finding about this use by this policy."""
        return Finding.by(
            self.policy,
            code,
            outcome,
            message,
            field=field or self.use.field,
            container=self.use.container,
            subject=self.use.reference.uri,
            fix=fix,
            fail_open=fail_open,
        )

    def fail(
        self, code: str, message: str, *, fix: str | None = None, field: FieldPath | None = None
    ) -> Finding:
        """The use violates the policy."""
        return self.finding(code, Outcome.FAIL, message, fix=fix, field=field)

    def unknown(self, gap: Gap) -> Finding:
        """Something could not be found out.

        `onError: Warn` lets pass only transport failures of hosts that the policy names: a host that the author of the
        workload chose must not decide that nobody looks.
        """
        fix = f"see {docs_link(self.situation.docs_url, gap.code)}"
        if not gap.transient:
            return self.finding(gap.code, Outcome.FAIL, gap.detail, fix=fix)
        if self.policy.on_error is Reaction.WARN and self._host_is_named():
            message = f"{gap.detail}; let through unverified, because the policy says onError: Warn"
            return self.finding(gap.code, Outcome.WARN, message, fix=fix, fail_open=True)
        return self.finding(gap.code, Outcome.ERROR, gap.detail, fix=fix)

    def _host_is_named(self) -> bool:
        patterns = (*(self.policy.models or ()), *(self.policy.require.sources or ()))
        return any(
            pattern.matches(self.use.reference, self.situation.namespace) for pattern in patterns
        )
