"""Durations as Kubernetes writes them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeladmit.api.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("720h", timedelta(hours=720)),
        ("1h30m", timedelta(minutes=90)),
        ("90s", timedelta(seconds=90)),
        ("1h1m1s", timedelta(seconds=3661)),
    ],
)
def test_good(text, expected):
    """Hours, minutes and seconds, in this order."""
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["", "7d", "1.5h", "-1h", "30m1h", "h", "0h", "0h0m0s", "1 h", "1000000000h"]
)
def test_bad(text):
    """Nothing else, and never nothing."""
    with pytest.raises(ValueError, match=r"720h|longer than zero"):
        parse_duration(text)


@given(st.integers(0, 999_999), st.integers(0, 999_999), st.integers(1, 999_999))
def test_every_part_counts(hours, minutes, seconds):
    """The parts add up."""
    expected = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    assert parse_duration(f"{hours}h{minutes}m{seconds}s") == expected
