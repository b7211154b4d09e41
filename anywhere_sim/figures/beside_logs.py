"""Two sets of tables, of logs or of a simulation, as two lines over the same hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MultipleLocator
from numpy.typing import ArrayLike

from anywhere_sim.figures.sheet import BODY, LINES, Sheet, readable, show_time_of_day
from anywhere_sim.scenario.quantities import DAY_S

DAYS_FROM_S = 1.5 * DAY_S
"""From this length on the axis counts days."""
COLUMNS = 2


@readable
def beside_logs(
    edges_s: ArrayLike,
    lines: Mapping[str, tuple[ArrayLike, ArrayLike]],
    names: Sequence[str],
    title: str = "",
) -> Figure:
    """Return a panel per thing, both lines on one axis of time; `names` are those of the two.

    `edges_s` are the windows' edges in s since midnight of day 1; each of `lines` has two values
    per window under the name of its panel, which ends with the unit.

    >>> figure = figures.beside_logs([0, 300, 600], {"calls per min": ([4, 5], [3, 6])}, ["a", "b"])
    >>> len(figure.axes[0].patches)
    2
    """
    edges = np.asarray(edges_s, float)
    rows = -(-len(lines) // COLUMNS)
    figure = Sheet(figsize=(11.5, 0.9 + 2.1 * max(rows, 1)))
    grid = figure.subplots(max(rows, 1), COLUMNS, sharex=True, squeeze=False).flat
    for axis, (name, pair) in zip(grid, lines.items(), strict=False):
        for number, (values, style) in enumerate(zip(pair, ("-", "--"), strict=True)):
            known = pd.Series(np.asarray(values, float))
            axis.stairs(
                known, edges, baseline=None, color=LINES[number], linestyle=style, linewidth=2.0,
                label=names[number],
            )  # fmt: skip
        axis.set_title(name, fontsize=BODY)
        axis.set_ylim(bottom=0.0)
        axis.set_xlim(edges[0], edges[-1])
        _times(axis, float(edges[-1] - edges[0]))
    for axis in [*grid][len(lines) :]:
        axis.set_axis_off()
    first = figure.axes[0]
    handles = first.get_legend_handles_labels()[0]
    figure.legend(handles, names, loc="outside upper left", ncols=len(names))
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def _times(axis: Axes, length_s: float) -> None:
    """Label the axis with times of day, or with days where there are several."""
    if length_s < DAYS_FROM_S:
        show_time_of_day(axis, max_labels=6)
    else:
        step_s = DAY_S * max(1, round(length_s / DAY_S / 7.0))
        axis.xaxis.set_major_locator(MultipleLocator(step_s))
        axis.xaxis.set_major_formatter(FuncFormatter(lambda s, _: f"day {s // DAY_S + 1:.0f}"))
    axis.set_xlabel("")
    axis.tick_params(labelbottom=True)


__all__ = ["beside_logs"]
