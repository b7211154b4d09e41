"""An outage and what follows it: who is back, how often clients retry, how servers cope."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from anywhere_sim.analysis.user_performance import connected_share
from anywhere_sim.figures.sheet import COLOURS, LINES, Sheet, name_lines, readable, show_time_of_day

STEP_S = 15.0
FIRST_WAVE_S = 15.0  # who hears of the outage at once tries again at once, with any rule


@readable
def recovery(
    states: pd.DataFrame,
    attempts: pd.DataFrame,
    servers: pd.DataFrame,
    outage_s: tuple[float, float],
    title: str = "",
) -> Figure:
    """Return three panels on one axis around an outage from `outage_s[0]` to `outage_s[1]` (seconds
    since midnight).

    >>> noon = (30_000.0, 30_300.0)
    >>> len(figures.recovery(run.states, run.attempts, run.servers, noon).axes)
    3
    """
    from_s, to_s = outage_s[0] - 180.0, float(states["end_s"].max())
    times_s = np.arange(from_s, to_s, STEP_S)
    figure = Sheet(figsize=(10.5, 6.6))
    top, middle, bottom = figure.subplots(3, 1, sharex=True)
    top.plot(times_s, 100.0 * connected_share(states, times_s), color="black")
    top.set_ylim(0.0, 105.0)
    top.set_ylabel("clients that\nbelieve they are\nconnected, %")
    _count(middle, attempts, times_s)
    _processors(bottom, servers[servers["time_s"].between(from_s, to_s)])
    for axis in (top, middle, bottom):
        _shade(axis, outage_s)
    top.text(sum(outage_s) / 2.0, 8.0, "outage", ha="center")
    bottom.set_xlim(from_s, to_s)
    show_time_of_day(bottom)
    top.set_title(title)
    return figure


@readable
def tries(
    attempts: Mapping[str, pd.DataFrame],
    outage_s: tuple[float, float],
    title: str = "",
    step_s: float = 5.0,
) -> Figure:
    """Return how many attempts began per second around an outage, a panel for each table of
    attempts, by its name.

    >>> noon = (30_000.0, 30_300.0)
    >>> len(figures.tries(dict(online=run.attempts), noon).axes)
    1
    """
    times_s = np.arange(outage_s[0] - 60.0, outage_s[1] + 300.0, step_s)
    figure = Sheet(figsize=(10.5, 1.4 + 1.9 * len(attempts)))
    axes = figure.subplots(len(attempts), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for axis, (name, rows) in zip(axes, attempts.items(), strict=True):
        counts, _ = np.histogram(rows["start_s"], bins=[*times_s, times_s[-1] + step_s])
        axis.fill_between(
            times_s, counts / step_s, step="post", color=COLOURS["limit"], linewidth=0
        )
        later = counts[times_s > outage_s[0] + FIRST_WAVE_S].max() / step_s
        axis.text(
            0.99,
            0.93,
            f"{name}: later waves up to {later:.0f} per s",
            transform=axis.transAxes,
            ha="right",
            va="top",
        )
        axis.set_ylabel("attempts\nbegun per s")
        axis.set_ylim(bottom=0.0)
        _shade(axis, outage_s)
    axes[-1].set_xlim(times_s[0], times_s[-1])
    show_time_of_day(axes[-1])
    axes[0].set_title(title)
    return figure


def _shade(axis: Axes, outage_s: tuple[float, float]) -> None:
    axis.axvspan(*outage_s, color="0.88", zorder=0)


def _count(axis: Axes, attempts: pd.DataFrame, times_s: np.ndarray) -> None:
    good = attempts["outcome"] == "connected"
    for chosen, colour, label in (
        (~good, COLOURS["limit"], "failed"),
        (good, COLOURS["tcp"], "connected"),
    ):
        counts, _ = np.histogram(attempts["end_s"][chosen], bins=[*times_s, times_s[-1] + STEP_S])
        axis.step(times_s, counts / STEP_S, where="post", color=colour, linewidth=2.0, label=label)
    axis.set_ylim(bottom=0.0)
    axis.set_ylabel("attempts\nended per s")
    axis.legend(loc="upper right", ncols=2)


def _processors(axis: Axes, servers: pd.DataFrame) -> None:
    for role, label in (("front_end", "front end"), ("mailbox", "store")):
        rows = servers[servers["role"] == role]
        axis.step(
            rows["time_s"],
            100.0 * rows["cpu_busy"],
            where="pre",
            color=COLOURS[role],
            linewidth=2.0,
            label=label,
        )
    axis.set_ylim(bottom=0.0)
    axis.set_ylabel("processor\nbusy, %")
    axis.legend(loc="upper right", ncols=2)


@readable
def retry_storm(tables: Mapping[str, pd.DataFrame], title: str = "") -> Figure:
    """Return how many are served and how far the server is behind, over the minutes: a line for
    each table of `lab.retry_storm`, by name.

    >>> table = lab.retry_storm(50, 0.2, lambda failures: 10.0, until_s=60.0)
    >>> len(figures.retry_storm({"every 10 s": table}).axes)
    2
    """
    figure = Sheet(figsize=(10.5, 6.0))
    top, bottom = figure.subplots(2, 1, sharex=True)
    colours = dict(zip(tables, LINES, strict=False))
    for name, table in tables.items():
        top.plot(table.index / 60.0, table["served, %"], color=colours[name])
        bottom.plot(table.index / 60.0, table["backlog, s"], color=colours[name])
    top.set_ylim(0.0, 104.0)
    top.set_ylabel("clients served, %")
    bottom.set_ylim(bottom=0.0)
    bottom.set_ylabel("work that waits\nfor the server, s")
    bottom.set_xlabel("minutes since the server is back")
    bottom.set_xlim(0.0, max(float(table.index.max()) for table in tables.values()) / 60.0)
    for axis, column in ((top, "served, %"), (bottom, "backlog, s")):
        name_lines(
            axis, {name: float(table[column].iloc[-1]) for name, table in tables.items()}, colours
        )
    top.set_title(title)
    return figure
