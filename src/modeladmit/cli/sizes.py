"""Sizes for people."""

from typing import Final

_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


def size_text(size: int | None) -> str:
    """Bytes in decimal units, three digits at most."""
    if size is None:
        return "?"
    value, unit = float(size), 0
    while value >= 1000 and unit < len(_UNITS) - 1:  # noqa: PLR2004 - decimal units
        value, unit = value / 1000, unit + 1
    return f"{value:.3g} {_UNITS[unit]}"
