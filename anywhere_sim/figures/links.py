"""Figures of links: a recording, thresholds, use over time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from anywhere_sim.figures.palette import COLOURS
from anywhere_sim.figures.time_axis import show_time_of_day

_LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")


def recorded(times_s: ArrayLike, cumulative_bytes: ArrayLike, threshold_kbps: float = 128.0, title: str = "") -> Figure:
    """Return the rate of a recorded link over time (kbit/s, log axis), and the time below a threshold in red."""
    times, rate = np.asarray(times_s, float), np.diff(np.asarray(cumulative_bytes, float)) * 0.008 / np.diff(np.asarray(times_s, float))
    figure = Figure(figsize=(10.0, 3.6), layout="constrained")
    axis = figure.subplots()
    shown = np.maximum(rate, 8.0)
    axis.step(times[:-1] / 60.0, shown, where="post", color=COLOURS["cached"], linewidth=0.9)
    axis.fill_between(times[:-1] / 60.0, 8.0, shown, where=rate < threshold_kbps, step="post", color=COLOURS["limit"], alpha=0.6)
    axis.axhline(threshold_kbps, color=COLOURS["limit"], linewidth=1.2)
    axis.set_yscale("log")
    axis.set_yticks([10, 128, 1000, 10_000], ["10", "128", "1,000", "10,000"])
    axis.set_xlabel("minutes", fontsize=11)
    axis.set_ylabel("kbit/s", fontsize=11)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_title(title or "What a moving client really gets (red: below the threshold)", loc="left", fontsize=13)
    return figure


def by_threshold(table: pd.DataFrame, title: str = "No threshold serves both places") -> Figure:
    """Return the seconds to mail over the threshold (index, kbit/s): a line per place (column)."""
    figure = Figure(figsize=(8.5, 4.0), layout="constrained")
    axis = figure.subplots()
    for column, colour in zip(table.columns, _LINES, strict=False):
        axis.step(table.index, table[column], "o-", where="post", color=colour, linewidth=2.0, label=column)
    axis.set_xlabel("threshold: slower than this is slow, kbit/s", fontsize=11)
    axis.set_ylabel("seconds from launch to mail", fontsize=11)
    axis.set_ylim(bottom=0.0)
    axis.legend(frameon=False, fontsize=11)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_title(title, loc="left", fontsize=13)
    return figure


def link_use(links: pd.DataFrame, direction: str, window_s: float = 300.0, title: str = "How busy the shared lines are") -> Figure:
    """Return the share of time that each link of the table `links` was busy in one direction, in windows of `window_s`."""
    rows = links[links["direction"].astype(str) == direction]
    busy = rows.groupby([rows["link"].astype(str), (rows["time_s"] - 1.0) // window_s * window_s + window_s / 2])["busy_s"].sum().unstack(0)
    shared = busy.loc[:, busy.sum().nlargest(len(_LINES)).index]
    figure = Figure(figsize=(9.0, 3.8), layout="constrained")
    axis = figure.subplots()
    for name, colour in zip(shared.columns, _LINES, strict=False):
        axis.plot(shared.index, 100.0 * shared[name] / window_s, color=colour, linewidth=2.0, label=name)
    axis.set_ylabel("busy, %", fontsize=11)
    axis.set_ylim(0.0, 105.0)
    show_time_of_day(axis)
    axis.legend(frameon=False, fontsize=11)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_title(title, loc="left", fontsize=13)
    return figure
