"""Times of day as people write them ("08:30", "08:30:15"), as seconds since midnight of day 1."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

_PATTERN = re.compile(r"^(\d{1,3}):([0-5]\d)(?::([0-5]\d))?$")


def parse_time(text: object) -> float:
    """Return the seconds since midnight of day 1 that `text` ("HH:MM" or "HH:MM:SS", hours above 23 are later days) means.

    Raises ValueError for anything else.
    """
    match = _PATTERN.match(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is no time of day; write one like '08:30' or '08:30:15'")
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return hours * 3600.0 + minutes * 60.0 + seconds


def format_time(time_s: float) -> str:
    """Return `time_s` (seconds since midnight of day 1) as "HH:MM:SS"."""
    whole = int(time_s)
    return f"{whole // 3600:02d}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


TimeOfDay = Annotated[
    float,
    BeforeValidator(parse_time),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,3}:[0-5]\d(:[0-5]\d)?$", "examples": ["08:30"]}),
]
