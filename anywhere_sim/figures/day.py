"""One person's day on one axis: where, in which state, what was synchronised, what was
waited for.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from anywhere_sim.figures.sheet import COLOURS, STATES, Sheet, readable, say, show_time_of_day
from anywhere_sim.scenario.quantities import format_time

_WORDS = {
    "connected": "connected",
    "connected_headers": "connected, headers only",
    "trying": "trying",
    "disconnected": "disconnected",
    "offline": "offline, by choice",
    "off": "Outlook closed",
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
        Patch(facecolor=STATES[state], edgecolor="0.6", linewidth=0.6, label=_WORDS[state])
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
        (outcome.eq("failed"), "limit", "x", "× could not be done"),
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
    failed = operations["outcome"] == "failed"
    waited_s, worst = float(operations["wait_s"].sum()), operations.sort_values("wait_s").iloc[-1]
    text = f"{len(operations)} actions, " + (
        f"{waited_s:.0f} s waited in all" if waited_s >= 1.0 else "no wait"
    )
    text += f", {failed.sum()} could not be done" if failed.any() else ", all of them done"
    if worst["wait_s"] < 1.0:
        return text
    when = format_time(worst["start_s"], seconds=False)
    return f"{text}; longest wait {worst['wait_s']:.0f} s at {when}"
