"""`deny`: artifacts that are never admitted again."""

from collections.abc import Iterator

from modeladmit.core.case import Case
from modeladmit.core.checks.guard import proven
from modeladmit.core.verdict import Finding


def check(case: Case) -> Iterator[Finding]:
    """Match the reference, its written digest, what it resolved to, and what a guard expects to find."""
    if not case.policy.deny:
        return
    reference, artifact = case.use.reference, case.sheet.artifact
    digests = {reference.digest, *(() if reference.resolvable else proven(case))}
    if artifact is not None:
        digests |= {artifact.digest, *artifact.platforms, *(file.digest for file in artifact.files)}
    for revocation in case.policy.deny:
        hit_digest = revocation.digest is not None and revocation.digest in digests
        hit_name = revocation.pattern is not None and revocation.pattern.matches(
            reference, case.situation.namespace
        )
        if hit_digest or hit_name:
            yield case.fail(
                "Revoked",
                f"{reference.uri} is revoked: {revocation.reason}",
                fix="use another version",
            )
