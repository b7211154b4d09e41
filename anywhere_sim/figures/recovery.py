"""An outage and what follows: who is connected, how often is tried, what the processors do."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from anywhere_sim.figures.palette import COLOURS
from anywhere_sim.figures.time_axis import show_time_of_day

STEP_S = 15.0


def connected_share(states: pd.DataFrame, times_s: np.ndarray) -> np.ndarray:
    """Return the share of the mailboxes that are connected at each time."""
    up = states[states["state"].astype(str).str.startswith("connected")]
    begun = np.searchsorted(np.sort(up["start_s"].to_numpy()), times_s, side="right")
    ended = np.searchsorted(np.sort(up["end_s"].to_numpy()), times_s, side="right")
    return np.asarray((begun - ended) / states["mailbox"].nunique())


def back_after_s(states: pd.DataFrame, end_of_outage_s: float, share: float = 0.95) -> float:
    """Return how many seconds after the end of an outage that share of the mailboxes is connected again; infinity if never."""
    times_s = np.arange(end_of_outage_s, float(states["end_s"].max()), 1.0)
    there = connected_share(states, times_s) >= share
    return float(np.argmax(there)) if there.any() else float("inf")


def recovery(states: pd.DataFrame, attempts: pd.DataFrame, servers: pd.DataFrame, outage_s: tuple[float, float], title: str = "") -> Figure:
    """Return three panels on one axis around an outage from `outage_s[0]` to `outage_s[1]` (seconds since midnight)."""
    from_s, to_s = outage_s[0] - 180.0, float(states["end_s"].max())
    times_s = np.arange(from_s, to_s, STEP_S)
    figure = Figure(figsize=(10.5, 6.0), layout="constrained")
    top, middle, bottom = figure.subplots(3, 1, sharex=True)
    top.plot(times_s, 100.0 * connected_share(states, times_s), color=COLOURS["cached"], linewidth=2.0)
    top.set_ylim(0.0, 105.0)
    top.set_ylabel("connected, %")
    _count(middle, attempts, times_s)
    _processors(bottom, servers[servers["time_s"].between(from_s, to_s)])
    for axis in (top, middle, bottom):
        axis.axvspan(*outage_s, color="0.85", zorder=0)
        axis.spines[["top", "right"]].set_visible(False)
    top.text(outage_s[0], 102.0, " outage", va="top", fontsize=10)
    bottom.set_xlim(from_s, to_s)
    show_time_of_day(bottom)
    top.set_title(title, loc="left", fontsize=13)
    return figure


def _count(axis: Axes, attempts: pd.DataFrame, times_s: np.ndarray) -> None:
    good = attempts["outcome"].astype(str) == "connected"
    for chosen, colour, label in ((~good, COLOURS["more"], "failed"), (good, COLOURS["fewer"], "connected")):
        counts, _ = np.histogram(attempts["end_s"][chosen], bins=[*times_s, times_s[-1] + STEP_S])
        axis.step(times_s, counts / STEP_S, where="post", color=colour, linewidth=1.6, label=label)
    axis.set_ylabel("attempts\nended per s")
    axis.legend(frameon=False, loc="upper right")


def _processors(axis: Axes, servers: pd.DataFrame) -> None:
    for role, colour, label in (("front_end", COLOURS["https"], "front end"), ("mailbox", COLOURS["cached"], "store")):
        rows = servers[servers["role"].astype(str) == role]
        axis.step(rows["time_s"], 100.0 * rows["cpu_busy"], where="pre", color=colour, linewidth=1.6, label=label)
    axis.set_ylabel("CPU, %")
    axis.legend(frameon=False, loc="upper right")
