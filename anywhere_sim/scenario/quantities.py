"""Quantities as people write them: times of day, and numbers that look like another unit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from operator import index
from typing import Annotated, Final

from pydantic import BeforeValidator, ValidationInfo, WithJsonSchema

HOUR_S: Final = 3600.0
DAY_S: Final = 86_400.0
BYTES_PER_KBIT: Final = 125.0
MAX_S = 366 * DAY_S
MAX_KBPS = 1e8
"""No time or rate of a scenario or recording is above these: a year, 100 Gbit/s."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WITH_DAY = re.compile(rf"^({'|'.join(_DAYS)})[a-z]* +(\d{{1,2}}):([0-5]\d)", re.IGNORECASE)
_PATTERN = re.compile(r"^(\d{1,3}):([0-5]\d)(?::([0-5]\d))?$")


def parse_time(text: object) -> float:
    """Return the seconds since midnight of day 1 that `text` means.

    It is "HH:MM" or "HH:MM:SS"; hours above 23 are later days.

    Raises ValueError for anything else.
    """
    match = _PATTERN.match(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(
            f"{text!r} is not a time of day; write one like '08:30' or '08:30:15'{_hours(text)}"
        )
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * HOUR_S + minutes * 60.0 + seconds


def _hours(text: object) -> str:
    """Return how a weekday and a time are written, "" for other text; day 1 is a Monday."""
    found = _WITH_DAY.match(text) if isinstance(text, str) else None
    if found is None:
        return "; hours go on from day to day, so that '32:00' is 08:00 of the second one"
    day, hour, minute = found.groups()
    hours = 24 * _DAYS.index(day.lower()) + int(hour)
    return f", and this one as '{hours:02d}:{minute}' (hours since the midnight of Monday, day 1)"


def format_time(time_s: float, *, seconds: bool = True) -> str:
    """Return seconds since midnight of day 1 as "HH:MM:SS", or to the nearest minute as "HH:MM".

    >>> format_time(30_615.0), format_time(30_615.0, seconds=False)
    ('08:30:15', '08:30')
    """
    whole = int(time_s) if seconds else 60 * round(time_s / 60.0)
    minutes, second = divmod(whole, 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{second:02d}" if seconds else text


IN_SECONDS = "times in seconds"
"""What the context of a validation is where times are numbers, as a run's manifest has them."""


def _time_of_day(given: object, info: ValidationInfo) -> float:
    if info.context == IN_SECONDS and isinstance(given, int | float):
        return float(given)
    return parse_time(given)


TimeOfDay = Annotated[
    float,
    BeforeValidator(_time_of_day),
    WithJsonSchema(
        {"type": "string", "pattern": r"^\d{1,3}:[0-5]\d(:[0-5]\d)?$", "examples": ["08:30"]}
    ),
]


FACTOR = 500.0
"""A number this many times above or below the usual one is taken for a wrong unit.

Units that are mistaken for each other differ by 1,000 or more.
"""

# what is likely to have been given by its unit: (when the number is far too big, far too small)
_GUESSES: Mapping[str, tuple[str, str]] = {
    "kbps": ("bit/s", "Mbit/s"), "ms": ("microseconds", "seconds"),
    "s": ("milliseconds", "hours or minutes"), "bytes": ("bits", "KB or MB"),
    "mb": ("KB or bytes", "GB"), "kb": ("bytes", "MB"), "mhz": ("Hz", "GHz"),
    "mcycles": ("cycles", "Gcycles"),
}  # fmt: skip
# what varies by more than the factor in earnest: the numbers that are allowed; None is the rule
_ALLOWED: Mapping[str, tuple[float | None, float]] = {
    "adapter_kbps": (4.8, 10_000_000.0), "rtt_ms": (None, 10_000.0),
    "cut_every_s": (10.0, 1_000_000.0), "connection_memory_bytes": (50_000.0, 1e12),
    "idle_timeout_high_s": (1.0, 40_000_000.0),
}  # fmt: skip


def complaint(name: str, given: float, usual: float) -> str:
    """Return a sentence for a number that is probably in another unit than its name says, or ""."""
    parts = reversed(name.partition("_per_")[0].split("_"))
    unit = next((part for part in parts if part in _GUESSES), "")
    if not unit or given <= 0.0 or usual <= 0.0:
        return ""
    given_low, high = _ALLOWED.get(name, (None, usual * FACTOR))
    low = usual / FACTOR if given_low is None else given_low
    if low <= given <= high:
        return ""
    guess = _GUESSES[unit][given < low]
    allowed = f"between {low:,.3g} and {high:,.10g} is allowed here (usual: {usual:,.6g})"
    return f"{name} = {given:,.10g}: {allowed}; was it given in {guess}?"


def whole_number(name: str, given: object, below: int) -> int:
    """Return an integer of any type (also one of numpy's) as an int from 0 to `below` - 1.

    Raises ValueError with one sentence for anything else; True is no number here.
    """
    if not type(given).__name__.startswith("bool"):  # numpy 2.1 takes its own for a number too
        with suppress(TypeError):
            number = index(given)  # type: ignore[arg-type]
            if 0 <= number < below:
                return number
    try:
        shown = repr(given)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        shown = "a number of thousands of digits"
    shown = shown if len(shown) <= 40 else f"{shown[:40]}..."
    raise ValueError(
        f"{name} = {shown}: must be a whole number from 0 to {below - 1}; try {name}=7"
    )
