"""Small curves that lessons draw: how old mail gets, and what is traded for what."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from anywhere_sim.figures.palette import COLOURS

_NAMES = {"online": "online", "cached": "cached", "offline_ost": "offline file"}


def ages(frame: pd.DataFrame, title: str = "How old is mail when it reaches the client?") -> Figure:
    """Return the cumulative distribution of `age_s` for each `mode` (columns of `analysis.felt.ages_s`), seconds on a log axis."""
    figure = Figure(figsize=(9.0, 4.2), layout="constrained")
    axis = figure.subplots()
    for mode, rows in frame.groupby("mode"):
        sorted_s = np.sort(rows["age_s"].fillna(np.inf).clip(lower=0.1))
        axis.step(sorted_s, 100.0 * np.arange(1, len(rows) + 1) / len(rows), where="post", color=COLOURS[str(mode)], linewidth=2.2,
                  label=_NAMES[str(mode)])  # fmt: skip
    axis.set_xscale("log")
    axis.set_xticks([0.1, 1, 10, 60, 600, 3600, 6 * 3600], ["0.1 s", "1 s", "10 s", "1 min", "10 min", "1 h", "6 h"])
    axis.set_ylim(0.0, 101.0)
    axis.set_xlabel("age on reaching the client", fontsize=11)
    axis.set_ylabel("messages younger than that, %", fontsize=11)
    axis.legend(frameon=False, fontsize=11)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_title(title, loc="left", fontsize=13)
    return figure


def trade_off(table: pd.DataFrame, name: str, across: str, up: str, title: str = "") -> Figure:
    """Return the curve of two columns against each other; each point is labelled with the table's index, called `name`."""
    figure = Figure(figsize=(8.0, 4.2), layout="constrained")
    axis = figure.subplots()
    axis.plot(table[across], table[up], "o-", color=COLOURS["cached"], linewidth=2.0, markersize=7)
    for label, x, y in zip(table.index, table[across], table[up], strict=True):
        axis.annotate(f"{label:g}", (x, y), (7, 6), textcoords="offset points", fontsize=11)
    axis.set_xlabel(across, fontsize=11)
    axis.set_ylabel(up, fontsize=11)
    axis.set_ylim(bottom=0.0)
    axis.set_xlim(left=0.0)
    axis.margins(0.12)
    axis.set_title(title or f"labels: {name}", loc="left", fontsize=13)
    axis.spines[["top", "right"]].set_visible(False)
    return figure
