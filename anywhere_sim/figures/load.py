"""What the servers carry over time, and where their limits stand."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from anywhere_sim.figures.palette import COLOURS
from anywhere_sim.figures.sheet import BODY, readable
from anywhere_sim.figures.time_axis import show_time_of_day

PANELS = {
    "mailbox cpu_busy": "store: processor, %", "mailbox rpc_operations_per_s": "store: calls (RPC) per s", "mailbox disk_reads_per_s": "store: disk reads per s",
    "front_end cpu_busy": "front end: processor, %", "front_end http_sessions": "front end: open requests", "mailbox connections": "store: connections",
}  # fmt: skip
"""What is shown: role and column of the table `servers`, and its name with the unit."""
NEAR = 0.3  # a limit is drawn as a line from this share of it on; else it is told in words


@readable
def load(servers: pd.DataFrame, limits: Mapping[str, float], title: str = "", window_s: float = 120.0) -> Figure:
    """Return six panels over time from the table `servers`; `limits` draws a red line by the name of a panel (a key of PANELS)."""
    figure = Figure(figsize=(11.5, 6.2), layout="none")  # type: ignore[arg-type]  # six equal panels are placed by hand in a third of the time
    figure.subplots_adjust(left=0.05, right=0.975, top=0.86, bottom=0.06, hspace=0.3, wspace=0.2)
    for axis, (key, name) in zip(figure.subplots(2, 3, sharex=True).flat, PANELS.items(), strict=True):
        role, column = key.split(" ")
        _panel(axis, servers[servers["role"].astype(str) == role], column, limits.get(key), window_s)
        axis.set_title(name, fontsize=BODY)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def _panel(axis: Axes, rows: pd.DataFrame, column: str, limit: float | None, window_s: float) -> None:
    scale = 100.0 if column == "cpu_busy" else 1.0
    values = rows.groupby((rows["time_s"] - 1.0) // window_s * window_s + window_s / 2.0)[column].mean() * scale
    top = float(values.max()) if len(values) else 0.0
    axis.plot(values.index, values, color=COLOURS[str(rows["role"].iloc[0])] if len(rows) else "0.5")
    axis.fill_between(values.index, values, color=COLOURS[str(rows["role"].iloc[0])] if len(rows) else "0.5", alpha=0.15)
    if limit is not None and top > NEAR * limit * scale:
        axis.axhline(limit * scale, color=COLOURS["limit"])
        axis.text(
            0.02, limit * scale, f"limit {limit * scale:,.0f}", transform=axis.get_yaxis_transform(), va="bottom", color=COLOURS["limit"]
        )
        top = max(top, 1.08 * limit * scale)
    elif limit is not None:
        axis.text(
            0.02,
            0.97,
            f"{_share(top, limit * scale)} of its limit, {limit * scale:,.0f}",
            transform=axis.transAxes,
            va="top",
            color=COLOURS["limit"],
        )
    axis.set_ylim(0.0, 1.3 * top or 1.0)
    axis.set_xlim(rows["time_s"].min() - 15.0, rows["time_s"].max())
    show_time_of_day(axis, most=4)
    axis.set_xlabel("")


def _share(value: float, limit: float) -> str:
    return f"{100.0 * value / limit:.0f} %" if value > 0.01 * limit else "under 1 %"
