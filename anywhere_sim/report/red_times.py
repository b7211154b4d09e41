"""When a light was red, and what people did in that time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from anywhere_sim.analysis.labels import quantity
from anywhere_sim.analysis.limits import FIVE_MINUTES_S, UNDONE, WAIT
from anywhere_sim.report.findings import RunFindings, clock

MOST = 0.5
"""More than half is "most"."""


def red_windows(found: RunFindings, row: Mapping[str, Any]) -> list[float]:
    """Return the begin of each window in which a light was red, in s, in order."""
    table = found.loads
    own = table[table["thing"].isin(row["things"]) & (table["what"] == row["what"])]
    return sorted({*own.loc[own["value"] > own["limit"], "time_s"].astype(float)})


def longest_spell(found: RunFindings, row: Mapping[str, Any]) -> tuple[float, float]:
    """Return begin and end of the longest unbroken row of windows in which a light was red."""
    longest, begin_s, end_s = (0.0, 0.0), 0.0, -1.0
    for time_s in red_windows(found, row):
        begin_s = begin_s if time_s == end_s else time_s
        end_s = time_s + FIVE_MINUTES_S
        longest = max(longest, (begin_s, end_s), key=lambda each: each[1] - each[0])
    return longest


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
