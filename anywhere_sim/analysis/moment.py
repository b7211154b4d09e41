"""One instant of a run: who is connected, who waits, how near the limits the five minutes around
it are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from anywhere_sim.analysis.limits import (
    FIVE_MINUTES_S,
    STANDARD,
    UNDONE,
    WAIT,
    ServiceLevel,
    loads,
)
from anywhere_sim.analysis.live_mail import WISHING, without_mail
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.scenario import Event
from anywhere_sim.traces import Run

SHORTEST_S = 30.0
"""Two readings of counters."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a run says of an instant.

    `people` has a row per group: `mailboxes`, `connected`, `without` (a mail connection that they
    want and that carries anything), `unnoticed` (of them, those whose Outlook does not know it
    yet), `closed` (Outlook, or away from it), `waiting` (people whose action is under way), each at
    `time_s`; `actions` begun from `begin_s` to `end_s`, their waits `p50_s` and `p95_s`, and
    `failed` of them (with those that were given up); the waits are those of the others. `events`
    are those that last then, `asleep` counts the machines of those closed that sleep. `limits`
    has a row per thing and limit, the fullest first: `thing`, `what`, `unit`, `limit`, `value` over
    the same window, `share`.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:01")
    >>> moment(aw.simulate(office, seed=7), office, 8 * 3600.0 + 30.0).people["group"].tolist()
    ['cached', 'online']
    """

    time_s: float
    begin_s: float
    end_s: float
    people: pd.DataFrame
    limits: pd.DataFrame
    events: tuple[Event, ...] = ()
    asleep: int = 0


def moment(run: Run, scenario: Scenario, time_s: float, level: ServiceLevel = STANDARD) -> Moment:
    """Return the figures of a run at a time, in s since midnight of day 1.

    Loads and waits are those of the five minutes around it, cut at the run's ends and where an
    event begins or ends, so that before and after are not mixed. Raises ValueError for a time
    outside the run.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:05")
    >>> found = moment(aw.simulate(office, seed=7), office, 8 * 3600.0 + 60.0)
    >>> (found.begin_s - 28_800.0, found.end_s - 28_800.0)
    (0.0, 210.0)
    """
    if not scenario.start <= time_s < scenario.end:
        raise ValueError(
            f"time_s = {time_s:g} is not in the run; try one from {scenario.start:g} up to, not "
            f"including, {scenario.end:g} s"
        )
    begin_s, end_s = _around(scenario, time_s)
    table = loads(run, scenario, level, window_s=end_s - begin_s, begin_s=begin_s)
    limits = table[(table["time_s"] == begin_s) & (table["what"] != WAIT)]
    limits = limits.assign(share=limits["value"] / limits["limit"])
    return Moment(
        time_s, begin_s, end_s, _people(run, scenario, time_s, begin_s, end_s),
        limits[["thing", "what", "unit", "limit", "value", "share"]].sort_values(
            "share", ascending=False, ignore_index=True, kind="stable"
        ),
        tuple(each for each in scenario.events if each.at <= time_s < _end_s(each)),
        _asleep(run, time_s),
    )  # fmt: skip


def _around(scenario: Scenario, time_s: float) -> tuple[float, float]:
    """Return the five minutes around a time, cut where an event begins or ends; not cut where less
    than two readings would be left.
    """
    half_s = FIVE_MINUTES_S / 2.0
    begin_s, end_s = max(scenario.start, time_s - half_s), min(scenario.end, time_s + half_s)
    turns_s = {each.at for each in scenario.events} | {_end_s(each) for each in scenario.events}
    first_s = max([begin_s, *(each for each in turns_s if each <= time_s)])
    last_s = min([end_s, *(each for each in turns_s if each > time_s)])
    return (first_s, last_s) if last_s - first_s >= SHORTEST_S else (begin_s, end_s)


def _end_s(event: Event) -> float:
    return event.at + float(event.for_s or event.spread_s)


def _people(
    run: Run, scenario: Scenario, time_s: float, begin_s: float, end_s: float
) -> pd.DataFrame:
    states, actions = run.states, run.operations
    mailboxes = states.groupby(states["group"].astype(str))["mailbox"].nunique()
    now = states[(states["start_s"] <= time_s) & (states["end_s"] > time_s)]
    of_state = now["state"].astype(str)
    without = without_mail(run, scenario)
    without = without[(without["start_s"] <= time_s) & (without["end_s"] > time_s)]
    wishing = now[of_state.isin(WISHING)]
    wait_end_s = actions["start_s"] + actions["wait_s"]
    under_way = actions[(actions["start_s"] <= time_s) & (wait_end_s > time_s)]
    begun = actions[(actions["start_s"] >= begin_s) & (actions["start_s"] < end_s)]
    groups = begun.groupby(begun["group"].astype(str))
    undone = begun["outcome"].astype(str).isin(UNDONE)
    lost, done = begun[undone], begun[~undone]
    waits_s = done["wait_s"].groupby(done["group"].astype(str))
    table = pd.DataFrame(
        {
            "mailboxes": mailboxes,
            "connected": _counted(
                wishing[~wishing["mailbox"].astype(str).isin(without["mailbox"])]
            ),
            "without": _counted(without),
            "unnoticed": _counted(without[~without["noticed"]]),
            "waiting": _counted(under_way),
            "actions": groups.size(),
            "p50_s": waits_s.median(),
            "p95_s": waits_s.quantile(0.95),
            "failed": lost.groupby(lost["group"].astype(str)).size(),
        },
        index=mailboxes.index,
    )
    counts = ["connected", "without", "unnoticed", "waiting", "actions", "failed"]
    table[counts] = table[counts].fillna(0).astype(np.int64)
    closed = table["mailboxes"] - table["connected"] - table["without"]
    table.insert(3, "closed", closed)
    return table.rename_axis("group").reset_index()


def _asleep(run: Run, time_s: float) -> int:
    states = run.states
    now = (states["start_s"] <= time_s) & (states["end_s"] > time_s)
    return int((states["state"].astype(str)[now] == "asleep").sum())


def _counted(rows: pd.DataFrame) -> pd.Series:
    return rows["mailbox"].groupby(rows["group"].astype(str)).nunique()


__all__ = ["Moment", "moment"]
