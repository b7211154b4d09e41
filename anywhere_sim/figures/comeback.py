"""Clients that come back to a server all at once: whether they get in."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from anywhere_sim.figures.palette import LINES
from anywhere_sim.figures.sheet import Sheet, name_lines, readable


@readable
def comeback(tables: Mapping[str, pd.DataFrame], title: str = "") -> Figure:
    """Return how many are served and how far the server is behind, over the minutes: a line for
    each table of `lab.comeback`, by name.
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
