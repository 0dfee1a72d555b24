"""`require.pinning`: how strongly the workload itself must name bytes, and the edit that makes it so."""

import re
from collections.abc import Iterator

from modeladmit.core.case import Case
from modeladmit.core.pin import Pin
from modeladmit.core.policy import Mode
from modeladmit.core.reference import Reference, Scheme
from modeladmit.core.verdict import Finding, Outcome

_SHORT_COMMIT = re.compile(r"(?=.*[0-9])[0-9a-f]{7,39}")
"""At least one digit: `feedface` may be a branch, `0e9e39f` is what `git log --oneline` prints."""
_DEFAULTS = {
    Scheme.OCI: "latest",
    Scheme.OLLAMA: "latest",
    Scheme.HF: "main",
    Scheme.MODELSCOPE: "master",
    Scheme.GIT: "HEAD",
}


def check(case: Case) -> Iterator[Finding]:
    """Compare the pin of the whole use with the one asked."""
    asked, use = case.policy.require.pinning, case.use
    if asked is None or use.pin >= asked or not use.reference.resolvable:
        return  # a place without identity is the business of `identity`
    if use.carrier.mutable and use.reference.pin >= asked:
        yield case.fail(
            "MutableCarrier",
            f"{use.reference} is pinned, but its text comes from a {use.carrier} and is read again when the container starts",
            fix="write the reference into the object itself",
            field=use.carrier_field,
        )
        return
    if _is_written(case):
        message = f"{_message(case, asked)}; that is written into each Pod when it is created"
        yield case.finding("MutableReference", Outcome.WARN, message, fix=_fix(case))
        return
    yield case.fail("MutableReference", _message(case, asked), fix=_fix(case))


def _is_written(case: Case) -> bool:
    """Whether `writePins` will cure it: what only produces Pods may stay as GitOps keeps it; the Pods are judged."""
    return (
        case.policy.write_pins
        and case.policy.mode is Mode.ENFORCE
        and case.situation.writes_pins
        and not case.workload.loads_models
        and bool(case.use.pin_edits)
        and case.sheet.artifact is not None
    )


def _message(case: Case, asked: Pin) -> str:
    reference = case.use.reference
    if reference.pin is Pin.REVISION and asked is Pin.DIGEST:
        return f"{reference.uri} is pinned by revision; the policy asks for a content digest"
    text = f"{reference.uri} {_weakness(reference)}"
    today = _today(case)
    return f"{text}; today it is {today}" if today else text


def _weakness(reference: Reference) -> str:
    """Why it is no pin: what it asks for, or the default of its store when it asks for nothing."""
    asked = reference.revision or reference.tag or _DEFAULTS.get(reference.scheme)
    if asked is None:
        return "names no version, so it can change"
    if _SHORT_COMMIT.fullmatch(asked):
        return f'at "{asked}" can change: it is no whole commit'
    return f'at "{asked}" can change'


def _today(case: Case) -> str | None:
    artifact = case.sheet.artifact
    if artifact is None:
        return None
    if case.use.reference.scheme in {Scheme.OCI, Scheme.OLLAMA}:
        return str(artifact.digest) if artifact.digest else None
    return artifact.revision


def _fix(case: Case) -> str | None:
    artifact = case.sheet.artifact
    if artifact is None:
        return "run `modeladmit pin -f FILE` where the store can be reached, and use what it prints"
    shown = [
        edit.text(digest=artifact.digest, revision=artifact.revision) for edit in case.use.pin_edits
    ]
    texts = [text for text in shown if text is not None]
    if texts:
        return " ".join(texts)
    today = _today(case)
    return f"name {artifact.pinned}" if today and artifact.pin > case.use.reference.pin else None
