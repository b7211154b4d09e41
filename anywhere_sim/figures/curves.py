"""Small curves that lessons draw: how old mail gets, one message's way, and what is traded for
what.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from anywhere_sim.analysis.labels import label
from anywhere_sim.figures.sheet import COLOURS, Sheet, readable, show_time_of_day
from anywhere_sim.traces.words import MODES

_LEGS = {"in the sender's Outbox and on the way": ("written_s", "delivered_s", "#E69F00"),
         "on the server, not yet on the client": ("delivered_s", "reached_s", COLOURS["server"]),
         "on the client, not yet read": ("reached_s", "seen_s", COLOURS["copy"])}  # fmt: skip

NOTICED_S = 10.0  # a shorter leg can't be seen on an axis of hours


@readable
def ages(frame: pd.DataFrame, title: str = "") -> Figure:
    """Return the cumulative distribution of `age_s` for each `mode` (columns of
    `analysis.message_ages_s`), seconds on a log axis.
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
    medians = frame.groupby("mode")["age_s"].median()
    text = ", ".join(
        f"{label(mode)} {_long(float(medians[mode]))}" for mode in MODES if mode in medians
    )
    axis.set_title(title or f"Median age of new mail: {text}")
    return figure


def _long(time_s: float) -> str:
    return (
        f"{time_s:.1f} s"
        if time_s < 1.0
        else f"{time_s:.0f} s"
        if time_s < 120.0
        else f"{time_s / 60.0:.0f} min"
    )


@readable
def journey(table: pd.DataFrame, title: str = "The same message, three modes") -> Figure:
    """Return one message's way from its writer to its reader: a row of `lab.follow_message` per
    mode (index), on the time of day.
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
        if (table[end] - table[begin]).max() > NOTICED_S
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
