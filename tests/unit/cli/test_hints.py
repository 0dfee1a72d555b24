"""Every inability that a command line can do something about says what."""

import pytest

from modeladmit.cli.hints import hint
from modeladmit.errors import (
    AccessDenied,
    ArtifactNotFound,
    DeadlineExceeded,
    EvidenceError,
    HostForbidden,
    RateLimited,
)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (HostForbidden("x"), "--registry"),
        (AccessDenied("x"), "docker login"),
        (DeadlineExceeded("x"), "--timeout"),
        (RateLimited("x"), "--timeout"),
    ],
)
def test_options(error: EvidenceError, expected: str) -> None:
    """The option or the command stands in the line."""
    assert expected in (hint(error) or "")


def test_what_has_no_option_has_no_hint() -> None:
    """The message itself has said it."""
    assert hint(ArtifactNotFound("x")) is None
