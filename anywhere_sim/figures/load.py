"""What the servers carry over time, and where their limits stand."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from anywhere_sim.analysis.labels import short
from anywhere_sim.figures.palette import COLOURS
from anywhere_sim.figures.sheet import BODY, Sheet, readable
from anywhere_sim.figures.time_axis import show_time_of_day

PANELS = {
    "mailbox cpu_busy": "store: processor, %",
    "mailbox rpc_operations_per_s": "store: calls (RPC) per s",
    "mailbox disk_reads_per_s": "store: disk reads per s",
    "front_end cpu_busy": "front end: processor, %",
    "front_end http_sessions": "front end: open requests",
    "mailbox connections": "store: connections",
}
"""What is shown: role and column of the table `servers`, and its name with the unit."""
NEAR = 0.2  # a limit is drawn as a line from this share of it on; else it is told in words


@readable
def load(
    servers: pd.DataFrame, limits: Mapping[str, float], title: str = "", window_s: float = 120.0
) -> Figure:
    """Return six panels over time from the table `servers`; `limits` draws a red line by the name
    of a panel (a key of PANELS).
    """
    figure = Sheet(figsize=(11.5, 6.2), layout="none")  # type: ignore[arg-type]  # six equal panels are placed by hand in a third of the time
    figure.subplots_adjust(left=0.05, right=0.975, top=0.86, bottom=0.06, hspace=0.3, wspace=0.2)
    for axis, (key, name) in zip(
        figure.subplots(2, 3, sharex=True).flat, PANELS.items(), strict=True
    ):
        role, column = key.split(" ")
        rows, scale = (
            servers[servers["role"].astype(str) == role],
            100.0 if column == "cpu_busy" else 1.0,
        )
        _panel(
            axis,
            rows.assign(shown=rows[column] * scale),
            limits[key] * scale if key in limits else None,
            window_s,
        )
        axis.set_title(f"{name}, mean {short(rows[column].mean() * scale)}", fontsize=BODY)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def _panel(axis: Axes, rows: pd.DataFrame, limit: float | None, window_s: float) -> None:
    """Draw the column `shown` of some rows, and its limit: a line, or words where that is
    far off.
    """
    values = rows.groupby((rows["time_s"] - 1.0) // window_s * window_s + window_s / 2.0)[
        "shown"
    ].mean()
    top = float(values.max()) if len(values) else 0.0
    colour = COLOURS[str(rows["role"].iloc[0])] if len(rows) else "0.5"
    axis.plot(values.index, values, color=colour)
    axis.fill_between(values.index, values, color=colour, alpha=0.15)
    if limit is not None and top > NEAR * limit:
        axis.axhline(limit, color=COLOURS["limit"])
        axis.text(
            0.02,
            limit,
            f"limit {short(limit)}",
            transform=axis.get_yaxis_transform(),
            va="bottom",
            color=COLOURS["limit"],
        )
        top = max(top, 1.08 * limit)
    elif limit is not None:
        said = f"{_share(top, limit)} of its limit, {short(limit)}"
        axis.text(0.02, 0.97, said, transform=axis.transAxes, va="top", color=COLOURS["limit"])
    axis.set_ylim(0.0, 1.3 * top or 1.0)
    axis.set_xlim(rows["time_s"].min() - 15.0, rows["time_s"].max())
    show_time_of_day(axis, most=4)
    axis.set_xlabel("")


def _share(value: float, limit: float) -> str:
    return f"{100.0 * value / limit:.0f} %" if value > 0.01 * limit else "under 1 %"
