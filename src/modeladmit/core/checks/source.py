"""`require.sources`: where models may come from; look-alikes of trusted names; settings that change what a name means."""

from collections.abc import Iterator

from modeladmit.core.case import Case
from modeladmit.core.lookalike import lookalike
from modeladmit.core.verdict import Finding

_SHOWN = 4


def check(case: Case) -> Iterator[Finding]:
    """The reference must be covered by a pattern, and its name must mean what it says."""
    yield from _endpoints(case)
    sources, reference, namespace = (
        case.policy.require.sources,
        case.use.reference,
        case.situation.namespace,
    )
    if sources is None or any(pattern.matches(reference, namespace) for pattern in sources):
        return
    original = lookalike(reference, sources, namespace)
    if original:
        yield case.fail(
            "Lookalike",
            f"{reference.uri} is not an allowed source, but resembles {original}",
            fix=f"check the spelling: the original is probably {original}",
        )
        return
    shown = ", ".join(str(pattern) for pattern in sources[:_SHOWN])
    more = f" and {len(sources) - _SHOWN} more" if len(sources) > _SHOWN else ""
    yield case.fail(
        "SourceNotAllowed",
        f"{reference.uri} is not from an allowed source ({shown}{more})",
        fix="use a model from an allowed source, or ask the platform team to allow this one",
    )


def _endpoints(case: Case) -> Iterator[Finding]:
    for endpoint in case.use.endpoints:
        if endpoint.value not in case.situation.trusted_endpoints:
            yield case.fail(
                "EndpointOverridden",
                f"{endpoint.setting} changes what {case.use.reference.uri} means",
                fix=f"remove {endpoint.setting}, or have its value listed in the settings",
                field=endpoint.field,
            )
