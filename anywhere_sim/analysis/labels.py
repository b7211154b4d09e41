"""Words and numbers of the traces as people read them: the same in figures, reports and lessons."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from numpy import format_float_positional

LABELS: Mapping[str, str] = {
    "tcp": "TCP",
    "https": "HTTPS",
    "offline_ost": "offline file",
    "front_end": "front end",
    "mailbox": "store",
}
"""Labels of words of the trace that are not the word itself with spaces for underscores."""

ROUNDING = 1e-9
"""What a difference of two equal numbers may leave."""


def label(word: object) -> str:
    """Return a word of the trace, or the name of a factor's level, as people write it.

    >>> label("offline_ost"), label("tcp_first"), label("connected_headers")
    ('offline file', 'TCP first', 'connected headers')
    """
    text = str(word)
    return LABELS.get(text) or " ".join(LABELS.get(part, part) for part in text.split("_"))


def capitalized(text: str) -> str:
    """Return the text with its first letter in upper case and the others as they are."""
    return text[:1].upper() + text[1:]


def short(value: float, sign: str = "", digits: int = 3) -> str:
    """Return a number with `digits` significant digits; from 100 on, whole.

    `sign` "+" writes a plus too. NaN is "none"; an infinite quantile is "beyond the run".

    >>> short(0.012345), short(12345.6), short(2.0, "+"), short(float("nan"))
    ('0.0123', '12,346', '+2', 'none')
    """
    if value != value:
        return "none"
    if not isfinite(value):
        return "beyond the run"
    if abs(value) < ROUNDING:
        return f"{sign}0"
    if abs(value) >= 100.0:
        return f"{value:{sign},.0f}"
    text = format_float_positional(value, precision=digits, fractional=False, trim="-")
    return f"+{text}" if sign and value >= 0.0 else text


_LARGER = {
    "s": ((60.0 * 90.0, 3600.0, "h"), (90.0, 60.0, "min"), (0.0, 1.0, "s")),
    "MB": ((1000.0, 1000.0, "GB"), (0.0, 1.0, "MB")),
    "kbit/s": ((1000.0, 1000.0, "Mbit/s"), (0.0, 1.0, "kbit/s")),
}
"""Units by how large a number is: from where on, divided by what, written how."""


def quantity(value: float, unit: str) -> str:
    """Return a number with two significant digits and the unit that fits its size.

    >>> quantity(0.0796, "s"), quantity(1920.0, "s"), quantity(1230.0, "MB"), quantity(87.4, "%")
    ('0.08 s', '32 min', '1.2 GB', '87 %')
    """
    if not isfinite(value):
        return short(value)
    if unit == "%" and 0.0 < abs(value) < 0.1:
        return "<0.1 %"
    for least, divisor, name in _LARGER.get(unit, ()):
        if abs(value) >= least:
            value, unit = value / divisor, name
            break
    text = f"{value:,.0f}" if abs(value) >= 10.0 else short(value, digits=2)
    return f"{text} {'per second' if unit == '1/s' else unit}".strip()


def percent_parts(parts: Mapping[str, float]) -> dict[str, int]:
    """Return parts of a whole in whole percent that add up to 100, the largest rests rounded up.

    >>> percent_parts({"road": 65.5, "office": 23.0, "branch": 11.5})
    {'road': 66, 'office': 23, 'branch': 11}
    """
    total = sum(parts.values())
    exact = {name: 100.0 * part / total for name, part in parts.items()} if total else {}
    whole = {name: int(part) for name, part in exact.items()}
    rests = sorted(exact, key=lambda name: whole[name] - exact[name])
    for name in rests[: 100 - sum(whole.values()) if total else 0]:
        whole[name] += 1
    return whole


def duration(time_s: float) -> str:
    """Return about how long something takes.

    >>> duration(34.0), duration(250.0)
    ('30 s', '4 min')
    """
    if time_s < 95.0:
        return f"{10 * max(1, round(time_s / 10.0))} s"
    return f"{time_s / 60.0:.0f} min" if time_s < 7200.0 else f"{time_s / 3600.0:.0f} h"
