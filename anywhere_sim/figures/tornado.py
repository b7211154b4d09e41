"""Tornado diagram of a one-at-a-time sensitivity analysis."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from anywhere_sim.figures.palette import COLOURS
from anywhere_sim.figures.sheet import Sheet, readable


@readable
def tornado(table: pd.DataFrame, unit: str, title: str = "") -> Figure:
    """Return a bar per input of `report.sensitivity.tornado_table`, the widest on top.

    A bar goes from the result at one end of the input's range to that at the other; `unit` labels
    the axis.
    """
    rows = table.assign(width=(table["result at high"] - table["result at low"]).abs()).sort_values(
        "width"
    )
    figure = Sheet(figsize=(10.5, 1.8 + 0.62 * len(rows)))
    axis = figure.subplots()
    for index, row in enumerate(rows.itertuples(index=False)):
        (left, at_left), (right, at_right) = sorted(
            [(float(row[2]), row[0]), (float(row[4]), row[1])]
        )
        axis.barh(index, right - left, left=left, color=COLOURS["tcp"], height=0.5)
        for at, value, side, away in ((left, at_left, "right", -6), (right, at_right, "left", 6)):
            axis.annotate(
                f"{value:,g}",
                (at, index),
                (away, 0),
                textcoords="offset points",
                ha=side,
                va="center",
            )
    axis.axvline(float(table["baseline"].iloc[0]), color="black", linewidth=1.4)
    axis.set_yticks(range(len(rows)), list(rows.index))
    axis.tick_params(left=False)
    axis.use_sticky_edges = False
    axis.margins(x=0.15)
    axis.set_xlabel(unit)
    axis.set_title(title or f"Most sensitive to: {rows.index[-1]}")
    return figure
