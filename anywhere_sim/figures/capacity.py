"""How far each limit is used at each size, and which one binds."""

from __future__ import annotations

from math import isfinite
from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from anywhere_sim.analysis.intervals import Interval
from anywhere_sim.analysis.limits import WALLS
from anywhere_sim.figures.sheet import COLOURS, LINES, Sheet, readable
from anywhere_sim.scenario.quantities import format_time

MOST_LINES = 6
FARTHEST = 3.0
"""A limit that is reached beyond so many times the answer is not marked."""
LOWEST, HIGHEST = 1.0, 300.0  # percent of a limit, log axis


@readable
def capacity(
    points: pd.DataFrame,
    binding: str,
    size: Interval,
    title: str,
    hour: str = "",
    following: pd.Series | None = None,
) -> Figure:
    """Return the share of each limit over the size, both on log axes; the binding one is red.

    `points` has a row per size, replication and limit, with its share; `size` is the answer, `hour`
    says which time of the day the points are of. What is full (threads, open requests ...) stays at
    its limit. `following` is the limit that comes next, a row of `Capacity.limits`: a mark at its
    size, which may be that of another time of the day.

    >>> answer = aw.capacity(line, precision=0.5, folder="results/line")
    >>> picture = figures.capacity(answer.points, answer.binding, answer.size, "A thin front end")
    >>> picture.axes[0].get_xlabel()
    'mailboxes (log axis; dots: sizes that were simulated)'
    """
    means = 100.0 * points.pivot_table(index="size", columns="limit", values="share")
    full = [limit for limit in means if str(limit).rpartition(": ")[2] in WALLS]
    means[full] = means[full].clip(upper=100.0)
    figure = Sheet(figsize=(10.5, 5.6))
    axis = figure.subplots()
    last = means.iloc[-1].sort_values(ascending=False)
    others = [limit for limit in last.index if limit != binding and last[limit] > LOWEST]
    shown = [binding] * bool(binding) + others[: MOST_LINES - bool(binding)]
    colours = dict(zip(shown[bool(binding) :], (*LINES[:1], *LINES[2:], "#999999"), strict=False))
    for limit in reversed(shown):
        first = limit == binding
        axis.plot(
            means.index,
            means[limit].clip(LOWEST, HIGHEST),
            "o-",
            color=COLOURS["limit"] if first else colours[limit],
            linewidth=4.0 if first else 2.0,
            markersize=6,
            label=f"{limit} (binds first)" if first else limit,
        )
    axis.axhline(100.0, color="black", linewidth=1.4)
    axis.text(0.005, 105.0, "limit", transform=axis.get_yaxis_transform(), va="bottom")
    if isfinite(size.low) and isfinite(size.high) and size.mean > 0.0:
        axis.axvspan(size.low, size.high, color=COLOURS["limit"], alpha=0.18, linewidth=0)
        axis.axvline(size.mean, color=COLOURS["limit"], linewidth=1.2, linestyle="--")
    if following is not None and following["size"] < FARTHEST * size.mean:
        _mark(axis, following)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_ylim(LOWEST, HIGHEST)
    axis.set_yticks([1, 3, 10, 30, 100, 300], ["1 %", "3 %", "10 %", "30 %", "100 %", "300 %"])
    axis.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 3.0, 5.0)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.minorticks_off()
    when = f", {hour}" if hour else ""
    axis.set_xlabel(f"mailboxes (log axis; dots: sizes that were simulated{when})")
    axis.set_ylabel("share of the limit that is used")
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside lower center", ncols=2)
    axis.set_title(fill(title, 84))
    return figure


def _mark(axis: Axes, following: pd.Series) -> None:
    """Mark the size at which the next limit is reached, and from when on."""
    size, from_s = float(following["size"]), float(following["begin_s"])
    axis.plot([size], [100.0], "D", color="0.3", markersize=8, clip_on=False)
    axis.annotate(
        f"next: {following['limit']},\n{size:,.0f} (from {format_time(from_s, seconds=False)})",
        (size, 100.0), (0, 14), textcoords="offset points", ha="center", fontsize=11,
        color="0.3", annotation_clip=False,
    )  # fmt: skip
