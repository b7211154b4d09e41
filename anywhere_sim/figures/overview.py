"""A run on one time axis: limits, who is connected, who waits, who can do nothing; the events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from anywhere_sim.analysis.labels import quantity
from anywhere_sim.analysis.limits import FIVE_MINUTES_S, NOT_DONE, REFUSED, WAIT, loads, undone
from anywhere_sim.analysis.live_mail import without_mail
from anywhere_sim.analysis.measures import CONNECTED
from anywhere_sim.analysis.overview import eventful, scenario_of, states_over_time
from anywhere_sim.figures.day import STATE_NAMES
from anywhere_sim.figures.sheet import COLOURS, LINES, STATES, Sheet, readable, show_time_of_day
from anywhere_sim.traces import Run

MOST_LINES = 5
MOST_WORDS = 12  # events that are labelled
HIGHEST = 200.0  # percent of a limit; what is beyond is drawn at the edge
INSTANTS = 400
TITLE_WIDTH = 72
DEAD, DEAD_COLOUR = "dead", "#D55E00"
"""Clients that take a connection for alive that carries nothing any more."""
NOTHING_DONE = 50.0
"""From so many percent of the actions undone on, a group has no wait that could be drawn."""


def run_overview(run: Run) -> Figure:
    """Return the `overview` of a run by itself, with the events of the scenario in its manifest.

    >>> len(figures.run_overview(run).axes)
    3
    """
    scenario = scenario_of(run)
    events = [(event.at, event.do.replace("_", " ")) for event in scenario.events]
    tables = [loads(run, scenario), undone(run, scenario)]
    return overview(run, pd.concat(tables, ignore_index=True), events, scenario.why)


@readable
def overview(
    run: Run,
    loads: pd.DataFrame,
    events: Sequence[tuple[float, str]],
    title: str = "The run on one time axis",
) -> Figure:
    """Return three panels: shares of the fullest limits, states of clients, waits of the groups;
    and a fourth where actions came to nothing: how many of a hundred.

    `loads` is `analysis.limits.loads` of the run, with the rows of `undone` for the fourth panel;
    `events` are times in s and their words.

    >>> from anywhere_sim.analysis.limits import loads
    >>> len(figures.overview(run, loads(run, office), []).axes)
    3
    """
    loads = _to_the_end(loads, float(run.states["end_s"].max()))
    lost = loads[loads["what"] == NOT_DONE]
    fourth = bool((lost["value"] > lost["limit"]).any())
    figure = Sheet(figsize=(10.5, 11.0 if fourth else 9.6))
    heights = [1.35, 1.0, 0.9, 0.6][: 3 + fourth]
    top, middle, *people = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    bottom = people[-1]
    begin_s, end_s = float(run.states["start_s"].min()), float(run.states["end_s"].max())
    bottom.set_xlim(begin_s, end_s)
    events = [(time_s, words) for time_s, words in events if begin_s <= time_s < end_s]
    _limits(top, loads)
    _states(middle, run, begin_s, end_s)
    colours = _of_groups(loads)
    _waits(people[0], loads, colours)
    for axis in people[1:]:
        _undone(axis, lost, colours)
    for time_s, _ in events:
        for axis in (top, middle, *people):
            axis.axvline(time_s, color="0.35", linewidth=1.0, linestyle=":")
    _name_events(top, events[:MOST_WORDS], begin_s, end_s)
    show_time_of_day(bottom)
    figure.suptitle(fill(title, TITLE_WIDTH), x=0.01, ha="left")
    return figure


def _to_the_end(loads: pd.DataFrame, end_s: float) -> pd.DataFrame:
    """Return the readings with the last of each once more at the end, where its step ends."""
    last = loads.groupby(["thing", "what"], sort=False).tail(1)
    return pd.concat([loads, last.assign(time_s=end_s)], ignore_index=True)


def _name_events(
    axis: Axes, events: Sequence[tuple[float, str]], begin_s: float, end_s: float
) -> None:
    """Write each event above the axis, in rows where words would meet."""
    ends = [begin_s - 1.0] * 4
    for time_s, words in sorted(events):
        row = next((row for row, taken in enumerate(ends) if taken < time_s), 0)
        right = time_s > begin_s + 0.7 * (end_s - begin_s)
        ends[row] = end_s if right else time_s + 0.011 * len(words) * (end_s - begin_s)
        axis.annotate(
            words, (time_s, 1.0), (-2 if right else 2, 4 + 15 * row),
            xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=11,
            ha="right" if right else "left", color="0.25", annotation_clip=False,
        )  # fmt: skip


def _limits(axis: Axes, loads: pd.DataFrame) -> None:
    used = loads[~loads["what"].isin((WAIT, NOT_DONE, REFUSED))].assign(
        share=100.0 * loads["value"] / loads["limit"]
    )
    used = used.assign(name=used["thing"] + ": " + used["what"])
    fullest = used.groupby("name")["share"].max().nlargest(MOST_LINES)
    colours = (*LINES[:1], *LINES[2:], "#555555")
    for name, colour in zip(fullest.index, colours, strict=False):
        rows = used[used["name"] == name]
        axis.step(
            rows["time_s"], rows["share"].clip(upper=HIGHEST), where="post", color=colour,
            label=f"{name} (up to {fullest[name]:.0f} %)" if fullest[name] > HIGHEST else str(name),
        )  # fmt: skip
        if fullest[name] > HIGHEST:
            top = rows.loc[rows["share"].idxmax()]
            axis.annotate(
                f"↑ {fullest[name]:,.0f} %", (top["time_s"], HIGHEST), (0, 2), color=colour,
                textcoords="offset points", fontsize=11, ha="left",
            )  # fmt: skip
    axis.axhline(100.0, color=COLOURS["limit"], linewidth=1.6)
    axis.text(
        0.995, 101.0, "limit", transform=axis.get_yaxis_transform(), color=COLOURS["limit"],
        va="bottom", ha="right",
    )  # fmt: skip
    axis.set_ylim(0.0, 1.4 * max(105.0, min(HIGHEST, float(fullest.max()))))
    axis.set_ylabel("% of the limit\n(5 minutes)")
    axis.legend(loc="upper left", ncols=2, fontsize=11, handlelength=1.2)


def _states(axis: Axes, run: Run, begin_s: float, end_s: float) -> None:
    times_s = np.linspace(begin_s, end_s, INSTANTS, endpoint=False)
    counts = _with_the_dead(states_over_time(run.states, times_s), run, times_s)
    colours, names = STATES | {DEAD: DEAD_COLOUR}, STATE_NAMES | {DEAD: "dead, not noticed"}
    shown = [state for state in (*CONNECTED, DEAD, *STATES) if state in counts]
    shown = [state for state in dict.fromkeys(shown) if counts[state].any()]
    axis.stackplot(
        times_s, [counts[state] for state in shown], colors=[colours[state] for state in shown],
        labels=[names[state] for state in shown],
    )  # fmt: skip
    axis.set_ylim(0.0, 1.3 * float(counts.sum(axis=1).max()))
    axis.set_ylabel("clients")
    axis.legend(loc="upper left", ncols=4, fontsize=11, handlelength=1.2)


def _with_the_dead(counts: pd.DataFrame, run: Run, times_s: np.ndarray) -> pd.DataFrame:
    """Return the clients in each state with those apart that take a dead connection for alive."""
    without = without_mail(run, eventful(run))
    unnoticed = without[~without["noticed"]].assign(state=DEAD)
    dead = states_over_time(unnoticed, times_s).reindex(columns=[DEAD], fill_value=0)[DEAD]
    left, found = dead.copy(), counts.assign(**{DEAD: dead})
    for state in CONNECTED:
        if state in counts:
            part = np.minimum(left, counts[state])
            found[state], left = counts[state] - part, left - part
    return found


def _of_groups(loads: pd.DataFrame) -> Mapping[str, str]:
    """Return a colour for each of the groups that wait longest or can do least: the same in each
    picture with these groups, as long as there are as many colours.
    """
    rows = loads[loads["what"].isin((WAIT, NOT_DONE))]
    worst = (rows["value"] / rows["limit"]).groupby(rows["thing"]).max().nlargest(len(LINES))
    every = sorted(map(str, rows["thing"].unique()))
    shown = every if len(every) <= len(LINES) else sorted(map(str, worst.index))
    return dict(zip(shown, LINES, strict=False))


def _waits(axis: Axes, loads: pd.DataFrame, colours: Mapping[str, str]) -> None:
    waits, lost = (loads[loads["what"] == what] for what in (WAIT, NOT_DONE))
    idle = lost[lost["value"] >= NOTHING_DONE]
    keys = ["thing", "time_s"]
    nothing = pd.MultiIndex.from_frame(waits[keys]).isin(pd.MultiIndex.from_frame(idle[keys]))
    lost_waits = waits[nothing]
    waits = waits.assign(value=waits["value"].where(~nothing))
    limit = float(waits["limit"].iloc[0]) if len(waits) else 1.0
    highest = max(limit, float(waits["value"].fillna(0.0).max()) if len(waits) else 0.0)
    axis.axhline(limit, color=COLOURS["limit"], linewidth=1.6)
    axis.set_ylim(0.0, 1.35 * highest)
    axis.set_ylabel("wait per action,\n95th percentile, s")
    for group, colour in colours.items():
        rows = _with_gaps(waits[waits["thing"] == group])
        none_s = idle.loc[idle["thing"] == group, "time_s"]
        axis.step(rows["time_s"], rows["value"], where="post", color=colour, label=group)
        for time_s in none_s:
            axis.axvspan(time_s, time_s + FIVE_MINUTES_S, color=colour, alpha=0.15, linewidth=0.0)
        if len(none_s):
            waited_s = lost_waits.loc[lost_waits["thing"] == group, "value"].max()
            far = f"; waits up to {quantity(waited_s, 's')}" if waited_s > 0.0 else ""
            axis.text(
                float(none_s.min()), 1.15 * highest, f" {group}: nearly nothing is done{far}",
                color=colour, fontsize=11,
            )  # fmt: skip
    if colours:
        axis.legend(loc="upper left", ncols=4, fontsize=11, handlelength=1.2)


def _with_gaps(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a group's waits with a row without a value where a window has no action."""
    missing = rows["time_s"].diff() > 1.5 * FIVE_MINUTES_S
    gaps = rows[missing.shift(-1, fill_value=False)]
    gaps = gaps.assign(time_s=gaps["time_s"] + FIVE_MINUTES_S, value=np.nan)
    return pd.concat([rows, gaps]).sort_values("time_s")


def _undone(axis: Axes, lost: pd.DataFrame, colours: Mapping[str, str]) -> None:
    for group, colour in colours.items():
        rows = lost[lost["thing"] == group]
        axis.step(rows["time_s"], rows["value"], where="post", color=colour, label=group)
    axis.axhline(float(lost["limit"].iloc[0]), color=COLOURS["limit"], linewidth=1.6)
    axis.set_ylim(0.0, 110.0)
    axis.set_ylabel("actions not\ndone, %")
