"""When a light was red, and what people did in that time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from anywhere_sim.analysis.labels import quantity
from anywhere_sim.analysis.limits import FIVE_MINUTES_S, UNDONE, WAIT
from anywhere_sim.report.findings import RunFindings, clock, listed
from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.scenario.spec import WEEKDAYS

MOST = 0.5
"""More than half is "most"."""
APART_S = 10 * 3600.0
"""A light that is not red for so long is red on another day, or in another night."""
ALIKE_S = 2 * 3600.0
"""Days on which it turns red within so long are alike."""


def red_windows(found: RunFindings, row: Mapping[str, Any]) -> list[float]:
    """Return the begin of each window in which a light was red, in s, in order."""
    table = found.loads
    own = table[table["thing"].isin(row["things"]) & (table["what"] == row["what"])]
    red = sorted({*own.loc[own["value"] > own["limit"], "time_s"].astype(float)})
    if not red and is_of_the_run(found, row):
        return [*np.arange(found.scenario.start, found.scenario.end, FIVE_MINUTES_S)]
    return red


def is_of_the_run(found: RunFindings, row: Mapping[str, Any]) -> bool:
    """Return whether a light is red over the whole run, though in no five minutes by itself."""
    own = found.loads[found.loads["thing"].isin(row["things"]) & (found.loads["what"] == WAIT)]
    red = row["what"] == WAIT and row.get("light") == "beyond"
    return red and not (own["value"] > own["limit"]).any()


def longest_spell(found: RunFindings, row: Mapping[str, Any]) -> tuple[float, float]:
    """Return begin and end of the longest unbroken row of windows in which a light was red."""
    longest, begin_s, end_s = (0.0, 0.0), 0.0, -1.0
    for time_s in red_windows(found, row):
        begin_s = begin_s if time_s == end_s else time_s
        end_s = time_s + FIVE_MINUTES_S
        longest = max(longest, (begin_s, end_s), key=lambda each: each[1] - each[0])
    return longest


def days_said(found: RunFindings, row: Mapping[str, Any]) -> str:
    """Return on which days a light was red, and between what times; "" where it was so on one."""
    days = _of_days([*_spells(found, row)])
    if len(days) < 2:
        return ""
    begins = [begin_s % DAY_S for begin_s, _, _ in days]
    lasts = [end_s - begin_s // DAY_S * DAY_S for begin_s, end_s, _ in days]
    names = [WEEKDAYS[int(begin_s // DAY_S) % len(WEEKDAYS)].capitalize() for begin_s, _, _ in days]
    total = f"{quantity(sum(length_s for *_, length_s in days), 's')} in all"
    if max(begins) - min(begins) > ALIKE_S:
        parts = [
            f"{name} {clock(begin_s)} to {clock(end_s % DAY_S)}"
            for name, begin_s, end_s in zip(names, begins, lasts, strict=True)
        ]
        return f"on {len(days)} days ({listed(parts)}; {total})"
    on = listed(names) if len(names) <= 3 else f"{len(days)} days ({names[0]} to {names[-1]})"
    return f"on {on}, each between {clock(min(begins))} and {clock(max(lasts) % DAY_S)} ({total})"


def _spells(found: RunFindings, row: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    """Yield each unbroken time in which a light was red: of a wall by its readings."""
    full = found.full
    own = full[full["thing"].isin(row["things"]) & (full["what"] == row["what"])]
    if len(own):
        yield from sorted(zip(own["from_s"], own["to_s"], strict=True))
        return
    for time_s in red_windows(found, row):
        yield time_s, min(time_s + FIVE_MINUTES_S, found.scenario.end)


def _of_days(spells: list[tuple[float, float]]) -> list[tuple[float, float, float]]:
    """Return begin, end and length of what lies together; a long pause is that between two days."""
    days: list[tuple[float, float, float]] = []
    for begin_s, end_s in spells:
        if days and begin_s - days[-1][1] < APART_S:
            first_s, last_s, length_s = days[-1]
            more_s = max(0.0, end_s - max(begin_s, last_s))
            days[-1] = (first_s, max(last_s, end_s), length_s + more_s)
        else:
            days.append((begin_s, end_s, end_s - begin_s))
    return days


def mostly(found: RunFindings, row: Mapping[str, Any], times_s: pd.Series) -> bool:
    """Return whether most of what makes a light red is in some windows: of a wait the slow actions,
    of all else the time.
    """
    red = pd.Series(red_windows(found, row))
    if row["what"] == WAIT:
        slow = slow_actions(found, row, float(row["reached_s"]), float(row["until_s"]))
        begin_s = found.scenario.start
        red = begin_s + FIVE_MINUTES_S * ((slow["start_s"] - begin_s) // FIVE_MINUTES_S)
    return bool(red.isin(times_s).sum() > MOST * len(red))


def only(found: RunFindings, row: Mapping[str, Any], times_s: pd.Series) -> str:
    """Return in how much of the time in which a light was red something else was nearly full."""
    both = times_s[times_s.isin(red_windows(found, row))]
    if both.empty:
        return "just before"
    span = f"from {clock(both.min())} to {clock(both.max() + FIVE_MINUTES_S)} only"
    length_s = FIVE_MINUTES_S * len(both)
    whole = both.max() + FIVE_MINUTES_S - both.min() <= length_s
    return span if whole else f"for {quantity(length_s, 's')} in all {span}"


def slow_actions(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> pd.DataFrame:
    """Return the actions of a group that took longer than the limit, begun in its red windows."""
    actions = found.run.operations
    begin_s = found.scenario.start
    windows = begin_s + FIVE_MINUTES_S * ((actions["start_s"] - begin_s) // FIVE_MINUTES_S)
    return actions[
        (actions["group"].astype(str) == str(row["thing"])) & windows.isin(red_windows(found, row))
        & actions["start_s"].between(from_s, until_s) & (actions["wait_s"] > row["limit"])
    ]  # fmt: skip


def begun_actions(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> pd.DataFrame:
    """Return the actions of a group that were begun in this time."""
    actions = found.run.operations
    return actions[
        (actions["group"].astype(str) == str(row["thing"]))
        & (actions["start_s"] >= from_s) & (actions["start_s"] < until_s)
    ]  # fmt: skip


def undone_actions(
    found: RunFindings, row: Mapping[str, Any], from_s: float, until_s: float
) -> pd.DataFrame:
    """Return the actions of a group that came to nothing."""
    then = begun_actions(found, row, from_s, until_s)
    return then[then["outcome"].astype(str).isin(UNDONE)]
