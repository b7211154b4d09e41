"""One person's day on one axis: where, in which state, what was synchronised, what was waited for."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from anywhere_sim.figures.palette import COLOURS, STATES
from anywhere_sim.figures.time_axis import clock, show_time_of_day

_WORDS = {
    "connected": "connected", "connected_headers": "connected, headers only", "trying": "trying", "disconnected": "disconnected",
    "offline": "offline file", "off": "Outlook closed",
}  # fmt: skip


def day(states: pd.DataFrame, syncs: pd.DataFrame, operations: pd.DataFrame, title: str = "") -> Figure:
    """Return the day of one person: rows of the tables `states`, `syncs` and `operations` of one mailbox."""
    figure = Figure(figsize=(10.5, 5.6), layout="constrained")
    top, middle, bottom = figure.subplots(3, 1, sharex=True, height_ratios=[1.0, 1.3, 1.6])
    _states(top, states)
    _syncs(middle, syncs)
    _waits(bottom, operations)
    bottom.set_xlim(states["start_s"].min(), states["end_s"].max())
    show_time_of_day(bottom)
    for axis in (top, middle, bottom):
        axis.spines[["top", "right"]].set_visible(False)
    top.set_title(title or _finding(operations), loc="left", fontsize=13, pad=32)
    shown = [state for state in STATES if state in set(states["state"].astype(str))]
    figure.legend(
        handles=[Patch(color=STATES[state], label=_WORDS[state]) for state in shown], loc="outside lower center", ncols=6, frameon=False
    )
    return figure


def _states(axis: Axes, states: pd.DataFrame) -> None:
    place, raised = "", 0
    last_s, apart_s = -1e9, 0.06 * float(states["end_s"].max() - states["start_s"].min())
    for row in states.sort_values("start_s").itertuples():
        axis.barh(0, row.end_s - row.start_s, left=row.start_s, height=1.0, color=STATES[str(row.state)])
        if str(row.place) not in {place, ""}:
            axis.axvline(row.start_s, color="black", linewidth=0.8)
            raised = (1 - raised) if row.start_s - last_s < apart_s else 0
            axis.text(row.start_s, 0.52 + 0.32 * raised, f" {row.place}", fontsize=10, va="bottom")
            last_s = row.start_s
        place = str(row.place)
    axis.set_yticks([])
    axis.set_ylabel("state", rotation=0, ha="right", va="center")


def _syncs(axis: Axes, syncs: pd.DataFrame) -> None:
    done = syncs.dropna(subset=["end_s"])
    for direction, sign, colour in (("down", 1.0, COLOURS["cached"]), ("up", -1.0, COLOURS["online"])):
        chosen = done[done["direction"].astype(str) == direction]
        axis.vlines(chosen["end_s"], 0.0, sign * chosen["bytes"] / 1000.0, color=colour, linewidth=2.0)
    axis.axhline(0.0, color="0.6", linewidth=0.8)
    axis.set_yscale("symlog", linthresh=1.0)
    axis.set_ylabel("synchronised\nKB\n↑ down, ↓ up", rotation=0, ha="right", va="center")


def _waits(axis: Axes, operations: pd.DataFrame) -> None:
    failed = operations["outcome"].astype(str) == "failed"
    done = operations[~failed]
    axis.vlines(done["start_s"], 0.0, done["wait_s"], color="0.25", linewidth=1.4)
    axis.plot(done["start_s"], done["wait_s"], "o", color="0.25", markersize=4)
    axis.plot(operations["start_s"][failed], [0.0] * failed.sum(), "x", color=COLOURS["limit"], markersize=9, markeredgewidth=2.0)
    axis.set_ylim(bottom=0.0, top=max(1.0, 1.15 * float(done["wait_s"].max() if len(done) else 0.0)))
    axis.set_ylabel("the person\nwaited, s\n(× could not)", rotation=0, ha="right", va="center")


def _finding(operations: pd.DataFrame) -> str:
    failed = int((operations["outcome"].astype(str) == "failed").sum())
    worst = operations.sort_values("wait_s").iloc[-1] if len(operations) else None
    text = f"{len(operations)} things done, {operations['wait_s'].sum():.0f} s waited, {failed} could not be done"
    return text if worst is None or worst["wait_s"] < 1.0 else f"{text}; longest wait {worst['wait_s']:.0f} s at {clock(worst['start_s'])}"
