"""What the page of a run is made of, and how its things and times are called."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import pandas as pd

from anywhere_sim.analysis.labels import label, quantity
from anywhere_sim.analysis.limits import (
    DISKS,
    LATENCY,
    LINE,
    MEMORY,
    NOT_DONE,
    PORTS,
    PROCESSOR,
    QUEUE,
    REFUSED,
    REQUESTS,
    STANDARD,
    THREADS,
    WAIT,
    ServiceLevel,
)
from anywhere_sim.analysis.overview import not_done, run_lights, unserved
from anywhere_sim.analysis.recovery import recoveries
from anywhere_sim.analysis.roll_out import first_copies, roll_out_steps
from anywhere_sim.report.story import STAGES
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.quantities import DAY_S, format_time
from anywhere_sim.scenario.scenario import Event
from anywhere_sim.scenario.spec import WEEKDAYS
from anywhere_sim.traces import Run

SYMPTOMS = (NOT_DONE, WAIT, LATENCY, REFUSED)
"""What is beyond its limit because something else is full, or because of what people do."""
IN_WORDS = {REFUSED: "refusals", NOT_DONE: "undone actions"}
"""Limits that are called otherwise in a sentence."""
EXPLAINED: Mapping[str, str] = {
    PROCESSOR: "busy part of the server's cores, mean of five minutes",
    LATENCY: "RPC Averaged Latency of perfmon: mean time of a call in the store",
    DISKS: "busy part of the disks of the database, mean of five minutes",
    THREADS: "calls that are in the store at once; beyond its threads they wait",
    QUEUE: "calls that wait for the front end's processor; beyond the limit it refuses",
    REQUESTS: "HTTP requests open at once; each connection over HTTPS is two, IN and OUT",
    PORTS: "TCP ports towards the stores, one for each open request",
    MEMORY: "non-paged memory of the clients' connections",
    REFUSED: "calls and connections refused in five minutes, per hundred users connected",
    WAIT: "what a person waits for an action: 95 % of the actions take no longer; of fewer than a "
    "hundred in five minutes the sixth longest wait",
    NOT_DONE: "actions that failed or that the person gave up, of those begun in five minutes",
    LINE: "part of the time in which the shared line moves something, mean of five minutes",
}
"""What a limit is of."""


@dataclass(frozen=True, slots=True)
class RunFindings:
    """What the page shows: readings per five minutes, lights, first copies, what was not done, who
    was back when after an event, and when walls were full.
    """

    run: Run
    scenario: Scenario
    loads: pd.DataFrame
    lights: pd.DataFrame
    copies: pd.DataFrame
    steps: pd.DataFrame
    not_done: pd.DataFrame
    unserved: pd.DataFrame
    recoveries: pd.DataFrame
    full: pd.DataFrame

    @classmethod
    def of(cls, run: Run, scenario: Scenario, level: ServiceLevel = STANDARD) -> RunFindings:
        """Return the findings of a run of that scenario at a service level."""
        table, every, full = run_lights(run, scenario, level)
        return cls(
            run, scenario, table, in_order(every),
            first_copies(run, scenario), roll_out_steps(run, scenario), not_done(run, scenario),
            unserved(run, scenario),
            recoveries(run, scenario), full,
        )  # fmt: skip


def in_order(every: pd.DataFrame) -> pd.DataFrame:
    """Return lights in the order in which sentences and tables have them: what is full, the one
    that was so first on top; then the symptoms that are beyond their limit, then the others, the
    fullest first.
    """
    beyond = every["light"] == "beyond"
    symptom = every["what"].isin(SYMPTOMS)
    full = every[beyond & ~symptom].sort_values("reached_s", kind="stable")
    return pd.concat([full, every[beyond & symptom], every[~beyond]], ignore_index=True)


def named(light: Mapping[str, Any]) -> str:
    """Return what a light is of, as part of a sentence.

    >>> named({"what": "line", "thing": "branch down"})
    'the line down of branch'
    >>> named({"what": "line", "thing": "branch down and branch up"})
    'the lines down of branch and up of branch'
    """
    what, thing = str(light["what"]), str(light["thing"])
    if what == LINE:
        parts = [each.rpartition(" ") for each in re.split(", | and ", thing)]
        lines = [
            f"{direction} of {place}" if direction != "more" else f"{place} more"
            for place, _, direction in parts
        ]
        return f"the line{'s' if len(lines) > 1 else ''} {listed(lines, len(lines))}"
    return f"the {IN_WORDS.get(what, what)} of {thing}"


def limit_said(limit: float, unit: str) -> str:
    """Return a limit in brackets beside its value: without the unit where that is a long one.

    >>> limit_said(2.0, "s"), limit_said(1.0, "per 100 users in 5 min")
    ('limit 2 s', 'limit 1')
    """
    return f"limit {quantity(limit, '' if ' ' in unit else unit)}"


def clock(time_s: float) -> str:
    """Return a time in s since midnight of day 1 as people say it; day 1 is a Monday.

    >>> clock(30_600.0), clock(108_000.0)
    ('08:30', 'Tue 06:00')
    """
    if not isfinite(time_s):
        return "no time that can be told"
    day, rest_s = divmod(time_s, DAY_S)
    text = format_time(rest_s, seconds=bool(round(time_s) % 60))
    weekday = WEEKDAYS[int(day) % len(WEEKDAYS)].capitalize()
    if not day:
        return text
    return f"{weekday} {text}" + (f" (day {int(day) + 1})" if day >= len(WEEKDAYS) else "")


def event_words(event: Event) -> str:
    """Return what an event does, for the axis.

    >>> event_words(Event(at="09:00", do="crash", server="fe1", for_s=600))
    'crash of fe1, 10 min'
    """
    length = quantity(event.for_s, "s") if event.for_s else ""
    spread = f"over {quantity(event.spread_s, 's')}" if event.spread_s else ""
    return ", ".join(filter(None, [event_name(event), length, spread]))


def event_name(event: Event) -> str:
    """Return an event as part of a sentence: "crash of fe1"."""
    return f"{event.do.replace('_', ' ')} of {event.server or event.place or event.group}"


def cause(row: Mapping[str, Any], scenario: Scenario) -> str:
    """Return why something of `not_done` did not come about: the event, and the stage if it failed
    at one.
    """
    why = STAGES.get(str(row["why"]), str(row["why"]).replace("_", " "))
    if row["event"] < 0:
        return why
    event = scenario.events[row["event"]]
    return f"{event_name(event)} at {clock(event.at)} ({why})"


def in_vain(row: Mapping[str, Any], scenario: Scenario) -> str:
    """Return why no path gave a connection, of a row of `unserved`: each try's path and reason."""
    tries = [each.partition(" ") for each in str(row["why"]).split(", ")]
    text = ", ".join(f"over {label(path)} {STAGES.get(stage, stage)}" for path, _, stage in tries)
    if row["event"] < 0:
        return text
    event = scenario.events[row["event"]]
    return f"{event_name(event)} at {clock(event.at)}: {text}"


def listed(names: list[str], most: int = 3) -> str:
    """Return names as a part of a sentence, those beyond `most` as their number.

    >>> listed(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    shown = names[:most] + ([f"{len(names) - most} more"] if len(names) > most else [])
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
