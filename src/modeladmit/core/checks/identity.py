"""What must be known of an artifact before anything else can be asked of it: which bytes it is.

Places without an identity at admission take the one that a load-time guard will prove, where only the identity is asked;
what is inside them nobody can say.
"""

from collections.abc import Iterator

from modeladmit.core.case import Case
from modeladmit.core.checks import guard
from modeladmit.core.policy import Policy
from modeladmit.core.verdict import Finding


def check(case: Case) -> Iterator[Finding]:
    """An artifact that could not be found out, or that has no identity."""
    uri, gap = case.use.reference.uri, case.sheet.gap
    if case.use.reference.resolvable:
        if gap is not None and (_asks_content(case.policy) or _denies_digests(case.policy)):
            yield case.unknown(gap)
    elif _asks_content(case.policy):
        yield case.fail(
            "NotResolvable",
            f"{uri} has no identity at admission, so nobody can say what is in it or vouch for it",
            fix="load the model from a registry by digest",
        )
    elif case.policy.require.pinning is not None and not guard.proven(case):
        yield case.fail(
            "NotResolvable",
            f"{uri} has no identity at admission: whoever can write there decides what runs",
            fix="load the model from a registry by digest, or put the load-time guard in front of it",
        )


def _asks_content(policy: Policy) -> bool:
    require = policy.require
    return (
        bool(require.thresholds)
        or require.formats is not None
        or require.remote_code is not None
        or require.model_ref
    )


def _denies_digests(policy: Policy) -> bool:
    """An artifact that nobody could look at may be the revoked one."""
    return any(revocation.digest is not None for revocation in policy.deny)
