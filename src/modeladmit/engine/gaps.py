"""Inability as a value: the one place where a failure, a bug or a deadline becomes a `Gap`."""

import logging
from typing import Final

from modeladmit.core.evidence import Gap
from modeladmit.core.reference import Reference
from modeladmit.engine import bugs
from modeladmit.engine.ports import Observer
from modeladmit.errors import EvidenceError

_log: Final = logging.getLogger(__name__)


def failure(error: EvidenceError) -> Gap:
    """An expected failure."""
    return Gap(error.code, str(error), error.transient)


def bug(reference: Reference, observer: Observer) -> Gap:
    """The exception that is being handled, by the id that the log has it under."""
    number = bugs.noted(observer, _log, "finding out failed", scheme=reference.scheme.value)
    return Gap("InternalError", f"a bug in modeladmit, id {number}")


def late(reference: Reference, seconds: float, *, transient: bool) -> Gap:
    """The deadline has come first. The work goes on (law 8)."""
    return Gap(
        "DeadlineExceeded",
        f"no answer about {reference.uri} within {max(0.0, seconds):.1f} s; it is still being looked up, try again",
        transient=transient,
    )
