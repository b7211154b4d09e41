"""What a lesson asks in one line: of a person, a message, two sets of runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from anywhere_sim.analysis import intervals
from anywhere_sim.analysis.labels import label
from anywhere_sim.analysis.mail_ages import median_age_s, message_ages
from anywhere_sim.analysis.user_performance import time_to_connect_s
from anywhere_sim.lab import scenes
from anywhere_sim.report.text import noticed
from anywhere_sim.scenario.quantities import format_time
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces import Run
from anywhere_sim.traces.schema import TABLES


def waits_by_place(run: Run, mailbox: str) -> pd.DataFrame:
    """Return, for each place of one person in the order of the day, how many things they did, how
    many could not be done, and the seconds waited: in all and the longest.

    >>> lab.waits_by_place(run, "online/1").columns.tolist()
    ['things done', 'failed', 'waited in all, s', 'longest wait, s']
    """
    mine = rows_of(run.operations, mailbox)
    failed = mine["outcome"].astype(str) == "failed"
    return (
        mine.assign(failed=failed)
        .groupby(mine["place"].astype(str), sort=False)
        .agg(
            **{
                "things done": ("failed", lambda rows: int((~rows).sum())),
                "failed": ("failed", "sum"),
                "waited in all, s": ("wait_s", "sum"),
                "longest wait, s": ("wait_s", "max"),
            }
        )
        .round(1)
    )


INSTANTS = {"on_server_s"} | {
    column.name
    for table in TABLES.values()
    for column in table.columns
    if "midnight" in column.unit
}
"""Columns that hold seconds since midnight: those of the traces, and of `follow_action`."""


def rows_of(table: pd.DataFrame, mailbox: str) -> pd.DataFrame:
    """Return the rows of a table that are about one mailbox, like "sales/7".

    >>> lab.rows_of(run.operations, "online/1")["mailbox"].unique().tolist()
    ['online/1']
    """
    return table[table["mailbox"] == mailbox]


def clock(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose instants read as times of day, like 07:08:18; durations stay seconds.

    To compute, take the table itself.

    >>> lab.clock(run.operations[["mailbox", "start_s"]]).columns.tolist()
    ['mailbox', 'start']
    """
    told = {
        name.removesuffix("_s") if name in INSTANTS else name: table[name]
        .astype(float)
        .map(_time_of_day)
        if name in INSTANTS
        else table[name]
        for name in table.columns
    }
    return pd.DataFrame(told, index=table.index)


def _time_of_day(time_s: float) -> str:
    return format_time(time_s) if math.isfinite(time_s) else "-"


def difference(first: Sequence[float], second: Sequence[float], what: str) -> str:
    """Return in words how much `first` differs from `second`, pair by pair, with the 95 %
    interval.

    >>> lab.difference([3.0, 4.0, 5.0], [1.0, 2.0, 3.5], "waits")
    'waits: +1.83 [+1.12, +2.55] (more; 95 % interval of 3 pairs)'
    """
    comparison = intervals.paired(first, second)
    difference = comparison.difference
    numbers = f"{difference.mean:+,.3g} [{difference.low:+,.3g}, {difference.high:+,.3g}]"
    return f"{what}: {numbers} ({comparison.word}; 95 % interval of {len(first)} pairs)"


def cell_means(table: pd.DataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Return some measures of `Results.table()`, each cell's mean and half interval in one column:
    a table that fits a lesson's page.

    >>> lab.cell_means(results.table(), ["RPC calls"]).columns.tolist()
    ['online', 'cached']
    """
    rows = table.loc[list(measures)]
    means, around = (rows.xs(kind, axis=1, level=-1) for kind in ("mean", "±"))
    text = means.map("{:.3g}".format) + " ± " + around.map("{:.2g}".format)
    cells = (cell if isinstance(cell, tuple) else (cell,) for cell in text.columns)
    text.columns = pd.Index([", ".join(map(label, cell)) for cell in cells])
    text.index = pd.Index(
        [f"{measure}, {unit}" if unit else measure for measure, unit in text.index]
    )
    return text


def as_noticed(contrasts: pd.DataFrame) -> pd.DataFrame:
    """Return contrasts as a study's page words them: *negligible* is what nobody would notice.

    >>> contrasts = results.contrasts()
    >>> set(lab.as_noticed(contrasts)["word"]) <= set(contrasts["word"]) | {"negligible"}
    True
    """
    return contrasts.assign(word=contrasts.apply(noticed, axis=1))


def in_reach(states: pd.DataFrame, from_s: float, to_s: float) -> float:
    """Return the share of a span of time in which clients believed to be connected, mean over all.

    >>> 0.0 <= lab.in_reach(run.states, 29_700.0, 30_000.0) <= 1.0
    True
    """
    known = states[states["state"].astype(str) == "connected"]
    inside_s = known["end_s"].clip(upper=to_s) - known["start_s"].clip(lower=from_s)
    clients = states["mailbox"].nunique()
    return float(inside_s.clip(lower=0.0).sum() / (clients * (to_s - from_s)))


def mail_connected_s(
    place: str, *, https_first_on_fast: bool = False, https_first_on_slow: bool = True
) -> float:
    """Return how long after the first attempt the first mail connection of an Outlook that starts
    at a place stands, in seconds.

    >>> lab.mail_connected_s("customer, port 135 dropped") > 20
    True
    """
    scenario = scenes.launch(
        place,
        https_first_on_fast=https_first_on_fast,
        https_first_on_slow=https_first_on_slow,
        threshold_kbps=128,
        authentication="ntlm",
    )
    return float(time_to_connect_s(simulate(scenario, seed=7), "one").min())


def hold_off_curve(seconds: Iterable[float] = (1, 10, 30, 120, 300)) -> pd.DataFrame:
    """Return, for each hold-off on new mail, how often a person's copy synchronises in an office
    day and how old mail gets.

    >>> lab.hold_off_curve([30]).index.tolist()
    [30]
    """
    rows = []
    for hold_off_s in seconds:
        policy = {"hold_off_down_s": float(hold_off_s), "hold_off_max_s": max(60.0, hold_off_s)}
        run = simulate(
            scenes.working_day("office all day", "cached", people=8).with_(
                groups__people__policy=policy
            ),
            seed=7,
        )
        down = run.syncs[(run.syncs["kind"] == "incremental") & (run.syncs["direction"] == "down")]
        age_s = median_age_s(message_ages(run))
        rows.append(
            {
                "hold-off, s": hold_off_s,
                "synchronisations per person and day": len(down) / 8,
                "median age of a message, s": age_s,
            }
        )
    return pd.DataFrame(rows).set_index("hold-off, s")


STEPS = ["written_s", "delivered_s", "reached_s", "seen_s"]


def follow_message(runs: Mapping[str, Run], mailbox: str, after_s: float) -> pd.DataFrame:
    """Return a row per run with the times at which one message was written, delivered, on the
    client, and read.

    It is the first message to `mailbox` that was delivered after `after_s` in every run. Raises
    ValueError where there is none.

    >>> list(lab.follow_message(runs, "cached/2", after_s=-40_000.0).columns)
    ['written_s', 'delivered_s', 'reached_s', 'seen_s']
    """
    came = {
        mode: run.messages[run.messages["recipient"] == mailbox]
        .set_index("message")
        .sort_values("delivered_s")
        for mode, run in runs.items()
    }
    later = [set(rows.index[rows["delivered_s"] > after_s]) for rows in came.values()]
    in_all = (
        message
        for message in next(iter(came.values())).index
        if all(message in known for known in later)
    )
    first = next(in_all, None)
    if first is None:
        raise ValueError(
            f"no message to {mailbox!r} was delivered after {format_time(after_s)} in every run; "
            "try an earlier time or another mailbox"
        )
    return pd.DataFrame({mode: rows.loc[first, STEPS] for mode, rows in came.items()}).T.astype(
        float
    )


def follow_action(runs: Mapping[str, Run], mailbox: str, kind: str, after_s: float) -> pd.DataFrame:
    """Return a row per run about the person's first action of a kind after an instant: when, in
    which state, how it went, and when it was on the server. Raises ValueError where there is none.

    >>> lab.follow_action(runs, "cached/1", "read", 0.0).index.tolist()
    ['online', 'cached']
    """
    rows = {}
    for mode, run in runs.items():
        of_person = rows_of(run.operations, mailbox)
        later = of_person[(of_person["kind"] == kind) & (of_person["start_s"] > after_s)]
        if later.empty:
            kinds = ", ".join(sorted(of_person["kind"].astype(str).unique())) or "none at all"
            raise ValueError(
                f"{mode}: no action {kind!r} of {mailbox!r} after {format_time(after_s)}; "
                f"it has {kinds}"
            )
        done = later.sort_values("start_s").iloc[0]
        up = rows_of(run.changes, mailbox).query("operation == @done.operation")["uploaded_s"]
        rows[mode] = {
            "done_s": done["start_s"],
            "state of Outlook": done["state"],
            "outcome": done["outcome"],
            "on_server_s": float(up.iloc[0]) if len(up) else float("nan"),
        }
    return pd.DataFrame(rows).T
