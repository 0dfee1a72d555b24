"""The API server's `?timeout=`, less a margin."""

import pytest

from modeladmit.webhook.deadline import Deadline, allowance


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10s", 9.5),
        ("5s", 4.5),
        ("1m", 29.5),
        ("1m30s", 29.5),
        ("2.5s", 2.0),
        ("1500ms", 1.0),
        ("100ms", 0.05),
        ("0s", 0.05),
        (None, 9.5),
        ("", 9.5),
        ("soon", 9.5),
        ("-5s", 9.5),
        ("999999999s", 9.5),
        ("1h", 9.5),
    ],
)
def test_seconds(text, seconds):
    """Nonsense counts as the API server's default; nothing is longer than its maximum of thirty."""
    assert seconds == pytest.approx(allowance(text, 0.5))


def test_what_is_left_is_never_negative():
    assert Deadline(-1).left == 0
