"""Numbers as people read them."""

from __future__ import annotations

from math import isfinite

from numpy import format_float_positional

NOTHING = 1e-9  # what is left of a difference of two equal numbers


def short(value: float, sign: str = "", digits: int = 3) -> str:
    """Return a number with that many digits, hundreds whole; one that isn't there and a quantile that lies beyond the run say so."""
    if value != value:
        return "none"
    if not isfinite(value):
        return "beyond the run"
    if abs(value) < NOTHING:
        return f"{sign}0"
    if abs(value) >= 100.0:
        return f"{value:{sign},.0f}"
    text = format_float_positional(value, precision=digits, fractional=False, trim="-")
    return f"+{text}" if sign and value >= 0.0 else text
