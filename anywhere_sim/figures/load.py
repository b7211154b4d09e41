"""What the servers carry over time, and where their limits stand."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from anywhere_sim.figures.palette import COLOURS
from anywhere_sim.figures.time_axis import show_time_of_day

PANELS = {
    "mailbox cpu_busy": "store CPU, %", "mailbox rpc_operations_per_s": "store RPC/s", "mailbox disk_reads_per_s": "disk reads/s",
    "front_end cpu_busy": "front-end CPU, %", "front_end http_sessions": "open HTTP requests", "mailbox connections": "connections to the store",
}  # fmt: skip
"""What is shown: role and column of the table `servers`, and its name with the unit."""


def load(servers: pd.DataFrame, limits: Mapping[str, float], title: str = "", window_s: float = 120.0) -> Figure:
    """Return six panels over time from the table `servers`; `limits` draws a red line by the name of a panel (a key of PANELS)."""
    figure = Figure(figsize=(10.5, 5.6), layout="constrained")
    for axis, (key, name) in zip(figure.subplots(2, 3, sharex=True).flat, PANELS.items(), strict=True):
        role, column = key.split(" ")
        _panel(axis, servers[servers["role"].astype(str) == role], column, limits.get(key), window_s)
        axis.set_title(name, loc="left", fontsize=11)
    figure.suptitle(title, x=0.01, ha="left", fontsize=13)
    return figure


def _panel(axis: Axes, rows: pd.DataFrame, column: str, limit: float | None, window_s: float) -> None:
    scale = 100.0 if column == "cpu_busy" else 1.0
    values = rows.groupby((rows["time_s"] - 1.0) // window_s * window_s + window_s / 2.0)[column].mean() * scale
    top = float(values.max()) if len(values) else 0.0
    axis.plot(values.index, values, color=COLOURS["cached"], linewidth=1.8)
    axis.fill_between(values.index, values, color=COLOURS["cached"], alpha=0.15)
    if limit is not None and top > 0.3 * limit * scale:
        axis.axhline(limit * scale, color=COLOURS["limit"], linewidth=1.8)
        top = max(top, limit * scale)
    elif limit is not None:
        axis.text(
            0.98,
            0.95,
            f"limit {limit * scale:,.0f}: far away",
            transform=axis.transAxes,
            ha="right",
            va="top",
            fontsize=9,
            color=COLOURS["limit"],
        )
    axis.set_ylim(0.0, 1.18 * top or 1.0)
    show_time_of_day(axis)
    axis.set_xlabel("")
    axis.spines[["top", "right"]].set_visible(False)
