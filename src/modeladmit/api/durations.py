"""Durations as Kubernetes writes them (Go's time.Duration, without fractions): `720h`, `1h30m`, `90s`."""

import re
from datetime import timedelta
from typing import Final

_DURATION: Final = re.compile(r"(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?")


def parse_duration(text: str) -> timedelta:
    """Read a duration longer than zero. Raises ValueError."""
    match = _DURATION.fullmatch(text)
    if not text or not match:
        raise ValueError("write hours, minutes and seconds, such as 720h or 1h30m")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    duration = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    if not duration:
        raise ValueError("must be longer than zero")
    return duration
