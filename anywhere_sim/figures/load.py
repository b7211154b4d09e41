"""What links and servers carry over time, and where their limits stand."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from anywhere_sim.analysis.labels import short
from anywhere_sim.figures.sheet import (
    BODY,
    COLOURS,
    LINES,
    Sheet,
    name_lines,
    readable,
    show_time_of_day,
)

PANELS = {
    "mailbox cpu_busy": "store: processor, %",
    "mailbox rpc_packets_per_s": "store: calls (RPC) per s",
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

    >>> len(figures.load(run.servers, {"mailbox cpu_busy": 0.75}).axes)
    6
    """
    # six equal panels are placed by hand in a third of the time
    figure = Sheet(figsize=(11.5, 6.2), layout="none")  # type: ignore[arg-type]
    figure.subplots_adjust(left=0.05, right=0.975, top=0.86, bottom=0.06, hspace=0.3, wspace=0.2)
    for axis, (key, name) in zip(
        figure.subplots(2, 3, sharex=True).flat, PANELS.items(), strict=True
    ):
        role, column = key.split(" ")
        rows, scale = servers[servers["role"] == role], 100.0 if column == "cpu_busy" else 1.0
        _panel(
            axis,
            rows.assign(shown=rows[column] * scale),
            limits[key] * scale if key in limits else None,
            window_s,
            bool(servers["time_s"].notna().any()),
        )
        mean = rows[column].mean() * scale
        told = f", mean {short(mean)}" if mean == mean else ""
        axis.set_title(f"{name}{told}", fontsize=BODY)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def _panel(
    axis: Axes, rows: pd.DataFrame, limit: float | None, window_s: float, servers_known: bool
) -> None:
    """Draw the column `shown` of some rows, and its limit: a line, or words where that is
    far off. Counters that are not there are said to be unknown, where there are others.
    """
    values = rows.groupby((rows["time_s"] - 1.0) // window_s * window_s + window_s / 2.0)[
        "shown"
    ].mean()
    if servers_known and not values.notna().any():
        axis.text(0.02, 0.9, "not known", transform=axis.transAxes, va="top", color="0.4")
        axis.set_yticks([])
        return
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
        text = f"{_share(top, limit)} of its limit, {short(limit)}"
        axis.text(0.02, 0.97, text, transform=axis.transAxes, va="top", color=COLOURS["limit"])
    axis.set_ylim(0.0, 1.3 * top or 1.0)
    axis.set_xlim(rows["time_s"].min() - 15.0, rows["time_s"].max())
    show_time_of_day(axis, max_labels=4)
    axis.set_xlabel("")


def _share(value: float, limit: float) -> str:
    return f"{100.0 * value / limit:.0f} %" if value > 0.01 * limit else "under 1 %"


_MIN_KBPS = 6.0  # a rate of nothing is drawn at the foot of the log axis


@readable
def recorded(
    times_s: ArrayLike, cumulative_bytes: ArrayLike, threshold_kbps: float = 128.0, title: str = ""
) -> Figure:
    """Return the rate of a recorded link over time (kbit/s, log axis), and the time below a
    threshold in red.

    >>> figures.recorded([0, 60, 120], [0, 5e6, 5.4e6]).axes[0].get_ylabel()
    'kbit/s, log axis'
    """
    times = np.asarray(times_s, float)
    rate = np.diff(np.asarray(cumulative_bytes, float)) * 0.008 / np.diff(times)
    below = rate < threshold_kbps
    figure = Sheet(figsize=(10.5, 4.4))
    axis = figure.subplots()
    minutes, shown = times / 60.0, np.maximum(np.append(rate, rate[-1]), _MIN_KBPS)
    axis.step(minutes, shown, where="post", color=COLOURS["cached"], linewidth=1.2)
    axis.fill_between(
        minutes,
        _MIN_KBPS,
        threshold_kbps,
        where=np.append(below, False),
        step="post",
        color=COLOURS["limit"],
        alpha=0.35,
        linewidth=0,
    )
    axis.axhline(threshold_kbps, color=COLOURS["limit"], linewidth=1.6)
    axis.text(
        minutes[-1],
        threshold_kbps,
        f" {threshold_kbps:g} kbit/s",
        color=COLOURS["limit"],
        va="center",
    )
    axis.set_yscale("log")
    axis.set_xlim(0.0, minutes[-1])
    axis.set_ylim(_MIN_KBPS, 1.3 * float(rate.max()))
    axis.set_yticks([10, 100, 1000, 10_000], ["10", "100", "1,000", "10,000"])
    axis.minorticks_off()
    axis.set_xlabel("minutes")
    axis.set_ylabel("kbit/s, log axis")
    share = float(np.sum(np.diff(times)[below]) / (times[-1] - times[0]))
    finding = f"below {threshold_kbps:g} kbit/s for {100.0 * share:.0f} % of the time (red)"
    axis.set_title(title or f"A moving client is {finding}")
    return figure


@readable
def by_threshold(table: pd.DataFrame, title: str = "No threshold serves both places") -> Figure:
    """Return the seconds to mail over the threshold (index, kbit/s): a line per place (column), the
    column `whole fleet` in black.

    >>> import pandas as pd
    >>> table = pd.DataFrame({"gprs": [9.0, 5.0], "whole fleet": [9.0, 5.0]}, index=[64, 128])
    >>> figures.by_threshold(table).axes[0].get_xlabel()
    'threshold, kbit/s: what is slower than this counts as slow'
    """
    figure = Sheet(figsize=(10.5, 4.8))
    axis = figure.subplots()
    places = [name for name in table.columns if name != "whole fleet"]
    colours = dict(zip(places, LINES, strict=False)) | {"whole fleet": "black"}
    for column in table.columns:
        axis.step(
            range(len(table)),
            table[column],
            "o-",
            where="mid",
            color=colours[column],
            linewidth=4.0 if column == "whole fleet" else 2.2,
        )
    axis.set_xticks(range(len(table)), [f"{value:g}" for value in table.index])
    axis.set_xlabel("threshold, kbit/s: what is slower than this counts as slow")
    axis.set_ylabel("seconds from launch to mail")
    axis.set_ylim(bottom=0.0)
    axis.set_title(title)
    name_lines(axis, {name: float(table[name].iloc[-1]) for name in table.columns}, colours)
    return figure


@readable
def link_use(
    links: pd.DataFrame,
    direction: str,
    window_s: float = 300.0,
    title: str = "How busy the shared lines are",
) -> Figure:
    """Return the share of time that each link of the table `links` was busy in one direction, in
    windows of `window_s`.

    >>> figures.link_use(run.links, "down").axes[0].get_ylabel()[:12]
    'line busy, %'
    """
    rows = links[links["direction"] == direction]
    busy = (
        rows.groupby(
            [rows["link"].astype(str), (rows["time_s"] - 1.0) // window_s * window_s + window_s / 2]
        )["busy_s"]
        .sum()
        .unstack(0)
    )
    shared = busy.loc[:, sorted(busy.sum().nlargest(len(LINES)).index)].fillna(0.0)
    figure = Sheet(figsize=(10.5, 4.4))
    axis = figure.subplots()
    for name, colour in zip(shared.columns, LINES, strict=False):
        axis.plot(shared.index, 100.0 * shared[name] / window_s, color=colour, label=name)
    axis.set_ylabel(f"line busy, %\n(means of {window_s / 60:g} minutes)")
    axis.set_ylim(0.0, 105.0)
    axis.set_xlim(shared.index.min(), shared.index.max())
    show_time_of_day(axis)
    axis.legend(title="line")
    axis.set_title(title)
    return figure
