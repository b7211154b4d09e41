"""Which windows of a day a search for a size looks at: those in which the limits are nearest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import pandas as pd

from anywhere_sim.analysis.limits import (
    FIVE_MINUTES_S,
    LATENCY,
    MEMORY,
    PORTS,
    REQUESTS,
    WAIT,
    WALLS,
    shares,
)
from anywhere_sim.experiments.size_search import FLAT
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.group import CLOSED, Group
from anywhere_sim.scenario.quantities import DAY_S, HOUR_S
from anywhere_sim.scenario.spec import WEEKDAYS

FIVES = 3
QUARTER_S = FIVES * FIVE_MINUTES_S
WARM_UP_S = 300.0
"""From a settled beginning on, so much of a run is left out: queues fill within seconds."""
LOGON_S = 1800.0
"""Who opens Outlook so long before a window, or within it, is simulated from there on."""
MOST_QUARTERS = 2
STEADY = 1.1
"""A mean over a quarter of an hour is beyond that of the hour by so much through noise alone."""
STANDING = (REQUESTS, PORTS, MEMORY)
"""What connections hold as long as they stand: such a peak is no noise."""
TIMES = (WAIT, LATENCY)
"""What may be beyond its limit whatever the size; it explodes where something else is full."""
COVERED = 0.9
"""A window in which a limit comes so near to its worst is looked at for it too."""


@dataclass(frozen=True, slots=True)
class Window:
    """A window that is measured, in s since midnight; `start_s` is where its runs begin.

    `limit` is the one that comes nearest there, "" for the busiest hour. Of what is steady, since
    nobody comes, goes or moves within it, a part tells as much; nothing else is shortened.
    """

    start_s: float
    begin_s: float
    end_s: float
    limit: str = ""
    is_steady: bool = False


def first_day(scenario: Scenario) -> tuple[float, float]:
    """Return begin and end of what a search looks at, in s: the first day, to its midnight."""
    end_s = scenario.end if scenario.start >= DAY_S else min(scenario.end, DAY_S)
    return scenario.start, end_s


def has_quarters(scenario: Scenario) -> bool:
    """Return whether there is more to choose from than the whole."""
    begin_s, end_s = first_day(scenario)
    return end_s - begin_s >= 2.0 * QUARTER_S


def busiest_hour(scenario: Scenario) -> Window:
    """Return the busiest hour of a scenario's first day.

    That is the full hour with the most mail, folder views and old items opened by people who have
    Outlook open then; the whole of a scenario that has no full hour.
    """
    first, last = -(-scenario.start // HOUR_S), min(scenario.end, DAY_S) // HOUR_S
    hours = range(int(first), int(last))
    if not hours:
        return _window(scenario, scenario.start, scenario.end)
    busiest = max(hours, key=lambda hour: activity(scenario, hour))
    return _window(scenario, busiest * HOUR_S, (busiest + 1) * HOUR_S)


def quarter_shares(readings: pd.DataFrame) -> pd.DataFrame:
    """Return the share of each limit (columns) in each quarter of an hour (index: its begin in s).

    `readings` are `analysis.limits.loads` in five minutes; a quarter begins at each of these.
    """
    rows = {begin_s: shares(own) for begin_s, own in readings.groupby("time_s")}
    fives = pd.DataFrame.from_dict(rows, orient="index").fillna(0.0).sort_index()
    rolled = fives.rolling(FIVES)
    ends = pd.DataFrame(
        {
            name: rolled[name].max() if _what(name) in WALLS else rolled[name].mean()
            for name in fives
            if _what(name) not in TIMES
        }
    )
    return ends.shift(1 - FIVES).dropna()


def busy_windows(scenario: Scenario, few: pd.DataFrame, many: pd.DataFrame) -> list[Window]:
    """Return the windows in which the limits are nearest, the one that comes first on top.

    `few` and `many` are `quarter_shares` of two runs of the day, the second with four times as
    many mailboxes: what hardly grows from one to the other is no matter of the size. At most two
    quarters of an hour, and always the busiest hour; if that is not steady, its quarters are as
    good as others, and a third of them stands for it.
    """
    hour = busiest_hour(scenario)
    grown = many.where(few.reindex_like(many).fillna(0.0) < FLAT * many, 0.0)
    middle_s = grown.index + QUARTER_S / 2.0
    within = (middle_s > hour.begin_s) & (middle_s < hour.end_s) & hour.is_steady
    candidates = grown[~within].copy()
    if within.any():
        candidates.loc[hour.begin_s] = [_of_an_hour(grown.loc[within, name]) for name in grown]
    chosen: dict[float, str] = {}
    for name in candidates.max().sort_values(ascending=False).index:
        column = candidates[name].copy()
        if hour.begin_s in column.index and _what(name) not in STANDING:
            column[hour.begin_s] *= STEADY
        if column.max() > max([column[begin_s] for begin_s in chosen], default=0.0) / COVERED:
            chosen[float(column.idxmax())] = str(name)
    return _chosen(scenario, hour, chosen)


def _chosen(scenario: Scenario, hour: Window, chosen: dict[float, str]) -> list[Window]:
    """Return the first quarters and the hour, in the order in which they were chosen."""
    windows: list[Window] = []
    most, quarters = MOST_QUARTERS + (not hour.is_steady), 0
    for begin_s, limit in chosen.items():
        if begin_s == hour.begin_s and hour.is_steady:
            windows.append(hour)
        elif quarters < most:
            windows.append(_window(scenario, begin_s, begin_s + QUARTER_S, limit))
            quarters += 1
    return windows if hour in windows or (windows and not hour.is_steady) else [*windows, hour]


def _of_an_hour(quarters: pd.Series) -> float:
    """Return a limit's share in the hour: of a wall the highest, else the mean."""
    wall = _what(quarters.name) in WALLS
    return float(quarters.max() if wall else quarters.mean())


def _what(name: object) -> str:
    return str(name).rpartition(": ")[2]


def _window(scenario: Scenario, begin_s: float, end_s: float, limit: str = "") -> Window:
    """Return a window whose runs begin with a warm-up; a quarter of an hour's, with the wave of
    people who open Outlook, if there is one within half an hour before it or in it.

    The hour stands for a settled state, from which its runs begin; what the waves do is seen in the
    quarters. (Of three thousand in cached mode, 09:00 to 10:00 with 1,200 mailboxes, run with the
    wave before it and without: open requests 19.4 and 19.4 % of their limit, processor 3.6 and 3.6,
    latency 45.2 and 45.1.)
    """
    if not limit:
        steady = not any(_changes(scenario, begin_s, end_s))
        return Window(max(0.0, begin_s - WARM_UP_S), begin_s, end_s, is_steady=steady)
    waves = [
        since_s
        for group in scenario.groups.values()
        for since_s, until_s in _opened(group)
        if until_s > begin_s - LOGON_S and since_s < end_s
    ]
    wave_s = max(scenario.start, begin_s - LOGON_S, min(waves, default=inf))
    return Window(max(0.0, min(begin_s - WARM_UP_S, wave_s)), begin_s, end_s, limit)


def _changes(scenario: Scenario, begin_s: float, end_s: float) -> Iterator[bool]:
    """Yield whether a window has another hour of the day in it, and whether people of each stay of
    an itinerary may come, go or move within it.
    """
    yield begin_s // HOUR_S != (end_s - 1.0) // HOUR_S
    for group in scenario.groups.values():
        half_s = group.itinerary_spread_s / 2.0
        for time_s, _ in group.itinerary:
            yield time_s > 0.0 and time_s - half_s < end_s and time_s + half_s > begin_s


def _opened(group: Group) -> Iterator[tuple[float, float]]:
    """Yield the spans in which a group's people open Outlook, in s since midnight."""
    half_s = group.itinerary_spread_s / 2.0
    for (_, before), (time_s, place) in pairwise([(0.0, CLOSED[0]), *group.itinerary]):
        if place not in CLOSED and before in CLOSED and time_s > 0.0:
            yield time_s - half_s, time_s + half_s


def activity(scenario: Scenario, hour: int) -> float:
    """Return what people do in an hour of a run, counted from midnight of day 1: mail, views of
    folders and old items of those who have Outlook open.
    """
    return sum(
        group.mailboxes * _rate(group) * _open_share(group, hour)
        * scenario.community(group.community).day_shape[hour % 24]
        for group in scenario.groups.values()
    )  # fmt: skip


def _rate(group: Group) -> float:
    habits = group.habits
    mail = habits.new_messages + habits.outside_messages
    return mail + habits.folder_views + habits.old_items_opened


def _open_share(group: Group, hour: int) -> float:
    """Return the share of an hour of a run in which the itinerary has Outlook open."""
    if group.days and WEEKDAYS[hour // 24 % len(WEEKDAYS)] not in group.days:
        return 0.0
    begin_s = HOUR_S * (hour % 24 if group.days else hour)
    end_s = begin_s + HOUR_S
    stays = [*group.itinerary, (inf, "")]
    open_s = sum(
        max(0.0, min(end_s, until_s) - max(begin_s, since_s))
        for (since_s, place), (until_s, _) in pairwise(stays)
        if place not in CLOSED
    )
    return open_s / (end_s - begin_s)
