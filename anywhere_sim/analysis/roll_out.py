"""How far first synchronisations and roll-outs have come in a run, and when the last will end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, takewhile
from typing import Any

import numpy as np
import pandas as pd

from anywhere_sim.analysis.live_mail import CLOSED
from anywhere_sim.analysis.output_analysis import censored_quantile
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.group import Group
from anywhere_sim.scenario.quantities import DAY_S
from anywhere_sim.scenario.roll_out import Step
from anywhere_sim.scenario.spec import WEEKDAYS
from anywhere_sim.traces import Run

MEGABYTE = 1e6
COPY_OF_MAILBOX = 1.05
"""Bytes that a first synchronisation moves for each byte of the mailbox, until one is complete."""
BOOK_OF_ENTRY = 1_050.0
"""Bytes that a download of the whole address book moves for each of its entries."""
WORKDAYS = WEEKDAYS[:5]
MOST_DAYS = 3_650
"""Nothing is forecast beyond ten years."""
INFINITE, NAN = float("inf"), float("nan")

Row = dict[str, Any]
COPIES = (
    "group", "planned", "begun", "complete", "begin_s", "half_s", "last_s", "megabytes",
    "forecast_s", "pauses", "median_s",
)  # fmt: skip
BOOKS = ("group", "begun", "complete", "last_s", "pauses")
STEPS = (
    "group", "step", "begin_s", "end_s", "mailboxes", "begun", "complete", "last_s", "forecast",
    "late", "first_late_s", "closed",
)  # fmt: skip


def first_copies(run: Run, scenario: Scenario) -> pd.DataFrame:
    """Return a row per group that fetched copies for the first time: how far it came.

    Columns: `group`, `planned` (mailboxes: the whole group if it is rolled out in steps, else those
    begun), `begun` and `complete`, `begin_s`, `half_s` and `last_s` (when half and all of those
    planned were complete, NaN if never in the run), `megabytes` fetched, and `forecast_s`: when the
    last will be complete if it goes on at the rate so far, each step of a roll-out in its turn, in
    hours in which Outlook is open (`pauses`: whether it is closed meanwhile); without `days` of the
    group, as on the first day from Monday to Friday. A copy is complete when all folders that were
    begun are done; `median_s` is how long one takes (infinite: half of them go on at the end).

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:01")
    >>> len(first_copies(aw.simulate(office), office))  # nobody begins a copy
    0
    """
    steps = roll_out_steps(run, scenario)
    end_s = float(run.states["end_s"].max())
    rows = []
    every = _copies(run)
    groups = dict.fromkeys([*sorted(every["group"].unique()), *steps["group"]])
    for group in groups:
        copies = every[every["group"] == group]
        complete_s = copies["complete_s"].sort_values().to_numpy()
        later = steps.loc[steps["group"] == group]
        planned = int(later["mailboxes"].sum()) or len(copies)
        complete = int(np.isfinite(complete_s).sum())
        last_s = float(complete_s[-1]) if complete == planned else NAN
        forecast_s, pauses = last_s, False
        if len(later):
            forecast_s = float(later["last_s"].max())
        elif complete < planned:
            spec = scenario.groups[str(group)]
            pace = _Pace.of(copies, spec, end_s)
            seconds = pace.seconds(pace.left_bytes(copies))
            forecast_s = _open_for(spec, end_s, seconds)
            pauses = forecast_s > end_s + seconds + 1.0
        half = -(-planned // 2)
        rows.append(
            {
                "group": group, "planned": planned, "begun": len(copies), "complete": complete,
                "begin_s": float(copies["begin_s"].min()),
                "half_s": float(complete_s[half - 1]) if half <= complete else NAN,
                "last_s": last_s, "megabytes": float(copies["bytes"].sum()) / MEGABYTE,
                "forecast_s": forecast_s, "pauses": pauses,
                "median_s": censored_quantile(
                    copies["complete_s"].fillna(end_s) - copies["begin_s"],
                    copies["complete_s"].notna(), 0.5,
                ) if len(copies) else NAN,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=[*COPIES])


def roll_out_steps(run: Run, scenario: Scenario) -> pd.DataFrame:
    """Return a row per step (night) of each group that is rolled out in steps to cached mode.

    Columns: `group`, `step` (from 1), `begin_s` and `end_s` of its window, `mailboxes`, `begun` and
    `complete` of them in the run, and `last_s`: when the last of them is complete. Where
    `forecast` is true that lies beyond the run: the rest at the mean rate while copies were
    fetched, after what is left of earlier steps, while Outlook is open, and no sooner after the
    window's begin than in the step before. Infinite where nothing has been fetched yet. `late`
    counts the copies that were begun after the window, as Outlook was closed in it, the first at
    `first_late_s`; `closed` the mailboxes of the step whose Outlook was closed, or away, in all of
    the window that was run.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:01")
    >>> len(roll_out_steps(aw.simulate(office), office))  # no group is rolled out in steps
    0
    """
    copies = _copies(run)
    end_s = float(run.states["end_s"].max())
    rows: list[Row] = []
    for name, group in scenario.groups.items():
        plan = group.roll_out
        if plan is None or plan.to != "cached":
            continue
        own = copies[copies["group"] == name]
        numbers = np.array([int(each.rpartition("/")[2]) - 1 for each in own.index], dtype=int)
        pace = _Pace.of(own, group, end_s)
        before_s, delay_s = end_s, 0.0
        for number, step in enumerate(plan.steps(group.mailboxes, scenario.start), start=1):
            begun = own[(numbers >= step.first) & (numbers < step.last)]
            mailboxes, complete = step.last - step.first, int(begun["complete_s"].notna().sum())
            forecast = complete < mailboxes
            if forecast:
                left = pace.left_bytes(begun) + (mailboxes - len(begun)) * pace.copy_bytes
                last_s = max(
                    _open_for(group, max(before_s, step.begin_s), pace.seconds(left)),
                    step.begin_s + delay_s, step.end_s,
                )  # fmt: skip
                before_s = last_s
            else:
                last_s = float(begun["complete_s"].max())
            delay_s = last_s - step.begin_s  # a later step takes as long, if it begins by then
            late_s = begun.loc[begun["begin_s"] > step.end_s, "begin_s"]
            rows.append(
                {
                    "group": name, "step": number, "begin_s": step.begin_s, "end_s": step.end_s,
                    "mailboxes": mailboxes, "begun": len(begun), "complete": complete,
                    "last_s": last_s, "forecast": forecast, "late": len(late_s),
                    "first_late_s": float(late_s.min()),
                    "closed": _closed(run, name, step, end_s),
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=[*STEPS])


def whole_books(run: Run, scenario: Scenario) -> pd.DataFrame:
    """Return a row per event that lets a group fetch the whole address book: how far it came.

    Columns: `group`, `begun` (mailboxes), `complete` of them, and `last_s`: when the last is, if it
    goes on at the rate so far while Outlook is open (`pauses`: whether that is closed meanwhile);
    infinite where nothing has come. One that is cut is begun again.

    >>> import anywhere_sim as aw
    >>> office = aw.Scenario.load("office-day").with_(end="08:01")
    >>> len(whole_books(aw.simulate(office), office))  # no such event
    0
    """
    syncs = run.syncs[run.syncs["kind"].astype(str) == "address_book"]
    end_s = float(run.states["end_s"].max())
    entries = scenario.directory_entries or sum(
        group.mailboxes for group in scenario.groups.values()
    )
    whole_bytes = float(entries * BOOK_OF_ENTRY)
    rows: list[Row] = []
    for event in scenario.events:
        own = syncs[(syncs["group"].astype(str) == event.group) & (syncs["start_s"] >= event.at)]
        if event.do != "whole_book" or own.empty:
            continue
        mailboxes = own["mailbox"].astype(str)
        done_s = own["end_s"].where(own["outcome"].astype(str) == "done").groupby(mailboxes).min()
        lacks = done_s.index[done_s.isna()]
        last_s, pauses = float(done_s.max()), False
        if len(lacks):
            come = own["bytes"].groupby(mailboxes).last().loc[lacks].clip(upper=whole_bytes)
            spec = scenario.groups[str(event.group)]
            busy_s = _open_between(spec, float(own["start_s"].min()), end_s)
            bytes_per_s = float(own["bytes"].sum()) / max(busy_s, 1.0)
            left = float((whole_bytes - come).sum())
            seconds = left / bytes_per_s if bytes_per_s else INFINITE
            last_s = _open_for(spec, end_s, seconds)
            pauses = end_s + seconds + 1.0 < last_s < INFINITE
        rows.append(
            {
                "group": event.group, "begun": len(done_s), "complete": len(done_s) - len(lacks),
                "last_s": last_s, "pauses": pauses,
            }
        )  # fmt: skip
    return pd.DataFrame(rows, columns=[*BOOKS])


def _closed(run: Run, group: str, step: Step, end_s: float) -> int:
    """Return how many mailboxes of a step nobody had open in its window, as far as that was run."""
    until_s = min(step.end_s, end_s)
    if until_s <= step.begin_s:
        return 0
    states = run.states[run.states["group"].astype(str) == group]
    then = states[(states["start_s"] < until_s) & (states["end_s"] > step.begin_s)]
    is_open = ~then["state"].astype(str).isin(CLOSED)
    opened = {int(each.rpartition("/")[2]) - 1 for each in then.loc[is_open, "mailbox"].astype(str)}
    return sum(number not in opened for number in range(step.first, step.last))


def _copies(run: Run) -> pd.DataFrame:
    """Return a row per mailbox (the index) that began to fetch a copy.

    Columns: `group`, `begin_s`, `complete_s` (NaN when it is not complete in the run), `bytes`.
    """
    first = run.syncs[run.syncs["kind"].astype(str) == "first"]
    mailboxes = first["mailbox"].astype(str)
    done_s = first["end_s"].where(first["outcome"].astype(str) == "done")
    folders = done_s.groupby([mailboxes, first["folder"].astype(str)]).min()
    return pd.DataFrame(
        {
            "group": first["group"].astype(str).groupby(mailboxes).first(),
            "begin_s": first["start_s"].groupby(mailboxes).min(),
            "complete_s": folders.groupby(level=0).agg(lambda ends: ends.max(skipna=False)),
            "bytes": first["bytes"].groupby(mailboxes).sum().astype(float),
        }
    )


@dataclass(frozen=True, slots=True)
class _Pace:
    """What a copy of a group takes in bytes, and how many come per second while any is fetched."""

    copy_bytes: float
    bytes_per_s: float

    @classmethod
    def of(cls, copies: pd.DataFrame, group: Group, end_s: float) -> _Pace:
        ends_s = copies["complete_s"].fillna(end_s).to_numpy()
        fetched = list(_together(copies["begin_s"].to_numpy(), ends_s))
        busy_s = sum(_open_between(group, *span) for span in fetched)
        busy_s = busy_s or sum(end_s - begin_s for begin_s, end_s in fetched)
        copy_bytes = COPY_OF_MAILBOX * MEGABYTE * group.mailbox_mb
        return cls(copy_bytes, float(copies["bytes"].sum()) / max(busy_s, 1.0))

    def left_bytes(self, copies: pd.DataFrame) -> float:
        """Return what the copies begun still lack."""
        left = (self.copy_bytes - copies["bytes"]).clip(lower=0.0)
        return float(left[copies["complete_s"].isna()].sum())

    def seconds(self, left_bytes: float) -> float:
        if left_bytes == 0.0:
            return 0.0
        return left_bytes / self.bytes_per_s if self.bytes_per_s else INFINITE


def _open_for(group: Group, from_s: float, seconds: float) -> float:
    """Return when a group has had Outlook open for some seconds after a time; infinite for never.

    Where the group says nothing of days, what it does on the first is done from Monday to Friday.
    """
    if not 0.0 < seconds < INFINITE:
        return from_s + seconds
    for begin_s, end_s in _spans(group):
        open_s = max(0.0, end_s - max(begin_s, from_s))
        if open_s >= seconds:
            return max(begin_s, from_s) + seconds
        seconds -= open_s
    return INFINITE


def _open_between(group: Group, from_s: float, until_s: float) -> float:
    """Return for how many seconds between two times a group has Outlook open."""
    spans = takewhile(lambda span: span[0] < until_s, _spans(group))
    return sum(max(0.0, min(end_s, until_s) - max(begin_s, from_s)) for begin_s, end_s in spans)


def _spans(group: Group) -> Iterator[tuple[float, float]]:
    """Yield from when to when a group has Outlook open, place by place, day after day."""
    for (begin_s, place), (end_s, _) in pairwise(_stays(group)):
        if place not in CLOSED:
            yield begin_s, end_s


def _stays(group: Group) -> Iterator[tuple[float, str]]:
    """Yield when a group goes where, day after day."""
    if group.itinerary[-1][0] >= DAY_S:
        yield from (*group.itinerary, (INFINITE, ""))
        return
    for day in range(MOST_DAYS):
        if WEEKDAYS[day % len(WEEKDAYS)] in (group.days or WORKDAYS):
            for time_s, place in group.itinerary:
                yield day * DAY_S + time_s, place


def _together(begins_s: np.ndarray, ends_s: np.ndarray) -> Iterator[tuple[float, float]]:
    """Yield the spans that intervals cover together, one that goes on in parts."""
    until_s = -INFINITE
    for begin_s, end_s in sorted(zip(begins_s, ends_s, strict=True)):
        if end_s > until_s:
            yield max(begin_s, until_s), end_s
            until_s = end_s
