"""What people see: a day on one axis, how old mail gets, one message's way, trade-offs."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from anywhere_sim.analysis.labels import label
from anywhere_sim.analysis.mail_ages import median_age_s
from anywhere_sim.figures.sheet import COLOURS, STATES, Sheet, readable, say, show_time_of_day
from anywhere_sim.scenario.quantities import format_time
from anywhere_sim.traces.words import MODES

STATE_NAMES = {
    "connected": "connected",
    "connected_headers": "connected, headers only",
    "trying": "trying",
    "disconnected": "disconnected",
    "offline": "offline, by choice",
    "off": "Outlook closed",
    "asleep": "asleep",
}
_LETTER = 0.0118  # share of the axis that a letter of a place's name takes
_SIZES_KB = {1.0: "1 KB", 100.0: "100 KB", 10_000.0: "10 MB"}
NOTICED_S = 0.05  # a shorter wait is none


@readable
def day(
    states: pd.DataFrame, syncs: pd.DataFrame, operations: pd.DataFrame, title: str = ""
) -> Figure:
    """Return the day of one person: rows of the tables `states`, `syncs` and `operations` of one
    mailbox.

    >>> tables = ("states", "syncs", "operations")
    >>> person = [lab.rows_of(getattr(run, table), "online/1") for table in tables]
    >>> len(figures.day(*person).axes) > 0
    True
    """
    figure = Sheet(figsize=(10.5, 6.2))
    top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=[0.8, 1.5, 1.6])
    bottom.set_xlim(states["start_s"].min(), states["end_s"].max())
    _states(top, states)
    _syncs(middle, syncs)
    _waits(bottom, operations)
    show_time_of_day(bottom)
    figure.suptitle(
        title or _finding(operations), x=0.01, ha="left"
    )  # longer than the panels are wide
    shown = [state for state in STATES if state in set(states["state"])]
    handles = [
        Patch(facecolor=STATES[state], edgecolor="0.6", linewidth=0.6, label=STATE_NAMES[state])
        for state in shown
    ]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=4, handlelength=1.2, columnspacing=1.4
    )
    return figure


def _states(axis: Axes, states: pd.DataFrame) -> None:
    for row in states.itertuples():
        axis.barh(
            0, row.end_s - row.start_s, left=row.start_s, height=1.0, color=STATES[str(row.state)]
        )
    axis.set_ylim(-0.5, 0.5)
    axis.set_yticks([])
    axis.set_ylabel("state of\nOutlook", rotation=0, ha="right", va="center")
    axis.spines[["left", "bottom"]].set_visible(False)
    axis.tick_params(bottom=False)
    _name_places(axis, states)


def _name_places(axis: Axes, states: pd.DataFrame) -> None:
    """Write each place over the middle of the stay, in two rows where names would meet."""
    rows = states.sort_values("start_s")
    there = rows["place"].astype(str)
    stays = rows.groupby((there != there.shift()).cumsum()).agg(
        place=("place", "first"), begin=("start_s", "min"), end=("end_s", "max")
    )
    span_s = float(rows["end_s"].max() - rows["start_s"].min())
    ends_s = [-1e9, -1e9]
    for stay in stays[stays["place"] != ""].itertuples():
        middle_s, half_s = (
            (stay.begin + stay.end) / 2.0,
            _LETTER * span_s * len(str(stay.place)) / 2.0 + 0.01 * span_s,
        )
        raised = int(middle_s - half_s < ends_s[0])
        ends_s[raised] = middle_s + half_s
        axis.annotate(
            str(stay.place),
            (middle_s, 0.5),
            (0, 3 + 16 * raised),
            textcoords="offset points",
            ha="center",
            va="bottom",
        )
        axis.axvline(stay.begin, color="black", linewidth=1.0)


def _syncs(axis: Axes, syncs: pd.DataFrame) -> None:
    done = syncs.dropna(subset=["end_s"])
    axis.set_ylabel("synchronised", rotation=0, ha="right", va="center")
    if done.empty:
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        say(axis, "no copy, so nothing to synchronise")
        return
    for direction, sign, where in (("down", 1.0, 0.97), ("up", -1.0, 0.03)):
        chosen = done[done["direction"] == direction]
        axis.vlines(
            chosen["end_s"],
            0.0,
            sign * chosen["bytes"] / 1000.0,
            color=COLOURS[direction],
            linewidth=2.2,
        )
        text = "down to the copy" if direction == "down" else "up to the server"
        axis.text(
            0.005,
            where,
            text,
            transform=axis.transAxes,
            color=COLOURS[direction],
            va="top" if sign > 0 else "bottom",
        )
    axis.axhline(0.0, color="0.6", linewidth=0.8)
    axis.set_yscale("symlog", linthresh=1.0)
    axis.set_ylim(-1e5, 1e5)
    axis.set_yticks(
        [*(-size for size in _SIZES_KB), 0.0, *_SIZES_KB],
        [*_SIZES_KB.values(), "0", *_SIZES_KB.values()],
    )
    axis.minorticks_off()


def _waits(axis: Axes, operations: pd.DataFrame) -> None:
    outcome, by = operations["outcome"], operations["served_by"]
    kinds = (
        (by.eq("copy") & outcome.eq("done"), "copy", "o", "● served by the copy"),
        (by.eq("server") & outcome.eq("done"), "server", "o", "● by the server"),
        (outcome.isin(("failed", "cancelled")), "limit", "x", "× could not be done"),
        (outcome.isin(("waiting", "unfinished")), "up", "D", "◆ still waited for"),
    )
    longest_s, across = float(operations["wait_s"].max()) if len(operations) else 0.0, 0.0
    for chosen, colour, marker, text in kinds:
        if not chosen.any():
            continue
        rows = operations[chosen]
        axis.vlines(rows["start_s"], 0.0, rows["wait_s"], color=COLOURS[colour], linewidth=1.8)
        axis.plot(
            rows["start_s"],
            rows["wait_s"],
            marker,
            color=COLOURS[colour],
            markersize=10 if marker == "x" else 6,
            markeredgewidth=2.4 * (marker == "x"),
            clip_on=False,
            zorder=4,
        )
        axis.text(
            across + 0.005, 1.0, text, transform=axis.transAxes, color=COLOURS[colour], va="top"
        )
        across += _LETTER * len(text) + 0.02
    if longest_s < NOTICED_S:
        say(axis, "nothing to wait for: every dot is an action served at once")
    axis.set_ylim(0.0, max(1.0, 1.4 * longest_s))
    axis.set_ylabel("the person\nwaited, s", rotation=0, ha="right", va="center")


def _finding(operations: pd.DataFrame) -> str:
    if operations.empty:
        return "Nothing was done with mail on this day"
    failed = operations["outcome"].isin(("failed", "cancelled"))
    waited_s, worst = float(operations["wait_s"].sum()), operations.sort_values("wait_s").iloc[-1]
    text = f"{len(operations)} actions, " + (
        f"{waited_s:.0f} s waited in all" if waited_s >= 1.0 else "no wait"
    )
    text += f", {failed.sum()} could not be done" if failed.any() else ", all of them done"
    if worst["wait_s"] < 1.0:
        return text
    when = format_time(worst["start_s"], seconds=False)
    return f"{text}; longest wait {worst['wait_s']:.0f} s at {when}"


_LEGS = {"in the sender's Outbox and on the way": ("written_s", "delivered_s", "#E69F00"),
         "on the server, not yet on the client": ("delivered_s", "reached_s", COLOURS["server"]),
         "on the client, not yet read": ("reached_s", "seen_s", COLOURS["copy"])}  # fmt: skip

SEEN_ON_AXIS_S = 10.0  # a shorter leg can't be seen on an axis of hours


@readable
def ages(frame: pd.DataFrame, title: str = "") -> Figure:
    """Return the cumulative distribution of `age_s` for each `mode` (columns of
    `analysis.message_ages_s`), seconds on a log axis.

    >>> figures.ages(lab.message_ages_s(runs)).axes[0].get_xlabel()
    'age of a message when it reaches the client, log axis'
    """
    figure = Sheet(figsize=(10.5, 4.8))
    axis = figure.subplots()
    for mode, rows in frame.groupby("mode"):
        sorted_s = np.sort(rows["age_s"].fillna(np.inf).clip(lower=0.1))
        shares = 100.0 * np.arange(1, len(rows) + 1) / len(rows)
        axis.step(sorted_s, shares, where="post", color=COLOURS[str(mode)], linewidth=2.6)
        axis.text(
            float(np.quantile(sorted_s, 0.3)) * 1.2,
            28.0,
            label(mode),
            color=COLOURS[str(mode)],
            va="center",
        )
    axis.set_xscale("log")
    axis.set_xticks(
        [0.1, 1, 10, 60, 600, 3600, 6 * 3600],
        ["0.1 s", "1 s", "10 s", "1 min", "10 min", "1 h", "6 h"],
    )
    axis.minorticks_off()
    axis.set_ylim(0.0, 101.0)
    axis.set_xlabel("age of a message when it reaches the client, log axis")
    axis.set_ylabel("messages younger\nthan that, %")
    medians = {str(mode): median_age_s(rows) for mode, rows in frame.groupby("mode")}
    text = ", ".join(f"{label(mode)} {_long(medians[mode])}" for mode in MODES if mode in medians)
    axis.set_title(title or f"Median age of new mail: {text}")
    return figure


def _long(time_s: float) -> str:
    return (
        f"{time_s:.1f} s"
        if time_s < 1.0
        else f"{time_s:.0f} s"
        if time_s < 120.0
        else f"{time_s / 60.0:.0f} min"
        if time_s < float("inf")
        else "longer than the run"
    )


@readable
def journey(table: pd.DataFrame, title: str = "The same message, three modes") -> Figure:
    """Return one message's way from its writer to its reader: a row of `lab.follow_message` per
    mode (index), on the time of day.

    >>> way = lab.follow_message(runs, "cached/2", after_s=-40_000.0)
    >>> figures.journey(way).axes[0].get_xlabel()
    'time of day'
    """
    figure = Sheet(figsize=(10.5, 3.6))
    axis = figure.subplots()
    for index, mode in enumerate(table.index):
        for begin, end, colour in _LEGS.values():
            from_s, to_s = (float(table.loc[mode, name]) for name in (begin, end))
            axis.barh(index, max(to_s - from_s, 0.0), left=from_s, color=colour, height=0.55)
    axis.set_yticks(range(len(table)), [label(mode) for mode in table.index])
    axis.invert_yaxis()
    axis.tick_params(left=False)
    axis.set_xlim(
        float(table["written_s"].min()) - 60.0, 60.0 + float(table.max(numeric_only=True).max())
    )
    show_time_of_day(axis)
    axis.set_title(title)
    shown = {
        name: colour
        for name, (begin, end, colour) in _LEGS.items()
        if (table[end] - table[begin]).max() > SEEN_ON_AXIS_S
    }
    handles = [Patch(color=colour, label=name) for name, colour in shown.items()]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=3, handlelength=1.2, columnspacing=1.2
    )
    return figure


@readable
def trade_off(table: pd.DataFrame, unit: str, across: str, up: str, title: str) -> Figure:
    """Return the curve of two columns against each other; each point is labelled with the table's
    index and its unit.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"age": [1.0, 2.0], "syncs": [9.0, 5.0]}, index=[10, 30])
    >>> figures.trade_off(table, "s", "age", "syncs", "Older, and fewer").axes[0].get_xlabel()
    'age'
    """
    figure = Sheet(figsize=(9.0, 4.8))
    axis = figure.subplots()
    axis.plot(table[across], table[up], "o-", color=COLOURS["cached"], markersize=8)
    for name, x, y in zip(table.index, table[across], table[up], strict=True):
        axis.annotate(f"{name:g} {unit}", (x, y), (9, 7), textcoords="offset points")
    axis.set_xlabel(across)
    axis.set_ylabel(up)
    axis.margins(0.12)
    axis.set_ylim(bottom=0.0)
    axis.set_xlim(left=0.0)
    axis.set_title(title)
    return figure
