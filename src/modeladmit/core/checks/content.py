"""`require.formats` and `require.remoteCode`: what is inside the artifact, and whether it runs."""

from collections.abc import Iterator

from modeladmit.core.case import Case
from modeladmit.core.evidence import Format
from modeladmit.core.pin import Pin
from modeladmit.core.policy import RemoteCode
from modeladmit.core.verdict import Finding
from modeladmit.core.workload import Role

_SHOWN = 3
_CODE_KINDS = frozenset({"auto_map", "custom-code"})


def formats(case: Case) -> Iterator[Finding]:
    """Every file that is loaded must be in an allowed format."""
    allowed, artifact = case.policy.require.formats, case.sheet.artifact
    if allowed is None or artifact is None or case.use.role in {Role.CODE, Role.RUNTIME}:
        return
    if not artifact.files:
        yield case.fail(
            "FormatNotAllowed",
            f"{case.use.reference.uri} does not say which files it holds",
            fix="publish the model in a form that lists its files, such as an OCI artifact or a hub repository",
        )
        return
    # Code is the business of `remoteCode`; documentation and configuration have no format that loads weights.
    bad = [
        file for file in artifact.files if file.format not in {*allowed, Format.DATA, Format.CODE}
    ]
    if bad:
        names = ", ".join(file.name for file in bad[:_SHOWN]) + (
            f" and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        )
        kinds = ", ".join(sorted({file.format for file in bad}))
        yield case.fail(
            "FormatNotAllowed",
            f"{case.use.reference.uri} holds {kinds} ({names}); allowed are {', '.join(sorted(allowed))}",
            fix="publish the weights in an allowed format, without the other files",
        )


def remote_code(case: Case) -> Iterator[Finding]:
    """Code from the artifact, or from another repository that it names."""
    asked, use, artifact = case.policy.require.remote_code, case.use, case.sheet.artifact
    if asked is None:
        return
    if use.role is Role.CODE or use.runs_code:
        if asked is RemoteCode.DENY:
            yield case.fail(
                "RemoteCode",
                f"{use.reference.uri} may run its own code in the server",
                fix="remove the flag that allows it",
            )
        elif use.pin < Pin.REVISION:
            yield case.fail(
                "UnpinnedCode",
                f"code from {use.reference.uri} runs and can change",
                fix="pin it by commit or digest",
            )
    if artifact is None:
        return
    for executable in artifact.executables:
        if executable.elsewhere:  # whatever the publisher writes there, it pins nothing
            yield case.fail(
                "UnpinnedCode" if asked is RemoteCode.PINNED else "RemoteCode",
                f"{executable.file} loads code from another repository, {executable.elsewhere}",
                fix="vendor the code into the model's repository",
            )
        elif (
            asked is RemoteCode.DENY
            and executable.kind in _CODE_KINDS
            and use.role is not Role.CODE
        ):
            yield case.fail(
                "RemoteCode",
                f"{use.reference.uri} brings code: {executable.file} ({executable.kind})",
                fix="use a model without custom code",
            )
