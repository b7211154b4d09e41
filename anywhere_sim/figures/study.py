"""The figures of a study: its main effects, the tornado and the strips of its sensitivity."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from math import isfinite
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from anywhere_sim.analysis.intervals import NEGLIGIBLE, NO_DIFFERENCE, TOO_RARE
from anywhere_sim.analysis.labels import capitalized, label, short
from anywhere_sim.analysis.measures import UNITS
from anywhere_sim.figures.sheet import COLOURS, LINES, Sheet, readable

SHOWN = (
    "store CPU", "front-end CPU", "RPC calls", "RPC operations", "disk reads", "disk writes",
    "bytes up", "bytes down", "HTTP channels at peak",
    "launch to connected, p50", "without a connection", "waited per open hour, mean",
    "wait per action, p95", "failed actions per open hour", "age of a message, p50",
)  # fmt: skip
"""The measures that the headline figure shows, from top to bottom, below those of one's own."""

WIDEST = 110.0  # percent; what lies beyond is drawn at the edge


@readable
def headline(contrasts: pd.DataFrame, strata: list[str]) -> Figure:
    """Return the figure: a panel per main effect (down) and stratum (across), the levels of the
    factors `strata`.

    `contrasts` is `Results.contrasts()`. A dot is a difference in percent of what is taken away, a
    line its 95 % interval; both means stand at the right in the measure's unit.

    >>> len(figures.headline(results.contrasts(), strata=[]).axes)
    1
    """
    effects = main_effects(contrasts)
    levels = (
        list(contrasts[strata].drop_duplicates().itertuples(index=False, name=None))
        if strata
        else [()]
    )
    figure = Sheet(
        figsize=(2.6 + 5.2 * len(levels), 0.9 + 4.9 * len(effects)), layout="constrained"
    )
    axes = figure.subplots(len(effects), len(levels), squeeze=False, sharey=True, sharex=True)
    for row, effect in enumerate(effects):
        for column, stratum in enumerate(levels):
            chosen = contrasts[contrasts["contrast"] == effect]
            for name, value in zip(strata, stratum, strict=True):
                chosen = chosen[chosen[name] == value]
            second, first = map(label, effect.split(" - "))
            title = f"{capitalized(second)} instead of {first}" + (
                f", {', '.join(map(label, stratum))}" if stratum else ""
            )
            _panel(axes[row][column], chosen.set_index("measure"), title)
    for axis in axes[-1]:
        axis.set_xlabel("difference, % (line: 95 % interval)")
    return figure


def main_effects(contrasts: pd.DataFrame) -> list[str]:
    """Return the contrasts before the first interaction; those of reference cells come after it."""
    names = list(contrasts["contrast"].unique())
    return names[: next((at for at, name in enumerate(names) if " x " in name), len(names))]


def _panel(axis: Axes, rows: pd.DataFrame, title: str) -> None:
    axis.axvline(0.0, color="0.4", linewidth=0.8)
    shown = (*(name for name in rows.index if name not in UNITS), *SHOWN)
    for height, measure in enumerate(reversed(shown)):
        _draw(axis, rows.loc[measure], height)
    counts = rows.loc[list(shown), "word"].value_counts()
    counted = ", ".join(
        f"{counts[word]} {word}"
        for word in ("fewer", "more", NEGLIGIBLE, NO_DIFFERENCE, TOO_RARE)
        if word in counts
    )
    axis.set_title(f"{title}\n", loc="left", fontsize=14, fontweight="bold")
    size = 12 if len(counted) <= 50 else 9.5
    axis.text(0.0, 1.02, counted, transform=axis.transAxes, fontsize=size, color="0.35")
    axis.set_yticks(range(len(shown)), list(reversed(shown)))
    axis.set_xlim(-WIDEST * 1.08, WIDEST * 1.08)
    axis.set_ylim(-0.7, len(shown) - 0.3)
    axis.grid(axis="x", color="0.9", linewidth=0.6)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(left=False)


def _draw(axis: Axes, row: pd.Series, height: int) -> None:
    entry: dict[str, Any] = row.to_dict()
    base, difference = float(entry["base"]), float(entry["difference"])
    unit = f" {entry['unit']}" if entry["unit"] else ""
    means = f"{short(base)} → {short(base + difference)}{unit}"
    right = axis.get_yaxis_transform()
    axis.text(1.01, height, means, transform=right, va="center", fontsize=11, color="0.25")
    if not isfinite(difference) or abs(base) < 1e-9:
        return
    middle, low, high = (
        100.0 * float(entry[name]) / abs(base) for name in ("difference", "low", "high")
    )
    colour, at = COLOURS[entry["word"]], min(max(middle, -WIDEST), WIDEST)
    axis.plot(
        [max(low, -WIDEST), min(high, WIDEST)],
        [height, height],
        color=colour,
        linewidth=2.2,
        solid_capstyle="butt",
    )
    axis.plot(
        at, height, "o" if at == middle else ">" if at > 0.0 else "<", color=colour, markersize=8
    )
    if at != middle:
        axis.annotate(
            f"{middle:+,.0f} %",
            (at, height),
            (-8 if at > 0 else 8, 0),
            textcoords="offset points",
            va="center",
            ha="right" if at > 0 else "left",
            fontsize=11,
            color=colour,
        )


CURVES = (
    "waited per open hour, mean", "wait per action, p95", "store CPU", "RPC calls", "disk reads",
    "bytes down",
)  # fmt: skip
"""The measures that are drawn against a numeric factor."""


@readable
def curves(points: pd.DataFrame, key: str) -> Figure:
    """Return a panel per measure: its mean with its 95 % interval against the number at `key`.

    `points` is `Results.curves()` of one factor; each stratum has its line.

    >>> import pandas as pd
    >>> numbers = [(measure, x) for measure in aw.measures(run).index for x in (1, 2, 4)]
    >>> points = pd.DataFrame(numbers, columns=["measure", "x"]).assign(
    ...     stratum="", unit="s", mean=2.0, low=1.0, high=3.0
    ... )
    >>> len(figures.curves(points, "servers.mbx1.cores").axes)
    6
    """
    figure = Sheet(figsize=(10.5, 7.2), layout="constrained")
    axes = figure.subplots(2, 3, sharex=True)
    for axis, measure in zip(axes.flat, CURVES, strict=True):
        rows = points[points["measure"] == measure]
        for (stratum, own), colour in zip(rows.groupby("stratum", sort=False), LINES, strict=False):
            own = own.sort_values("x")
            spans = [own["mean"] - own["low"], own["high"] - own["mean"]]
            axis.errorbar(
                own["x"], own["mean"], yerr=spans, color=colour, marker="o", capsize=3,
                label=label(stratum),
            )  # fmt: skip
        unit = rows["unit"].iloc[0]
        axis.set_title(measure, loc="left", fontsize=12)
        axis.set_ylabel(unit)
        axis.set_ylim(bottom=0.0)
        axis.spines[["top", "right"]].set_visible(False)
    if points["stratum"].iloc[0]:
        axes.flat[0].legend(fontsize=11)
    figure.supxlabel(key)
    return figure


@readable
def tornado(table: pd.DataFrame, unit: str, title: str = "") -> Figure:
    """Return a bar per input of `report.sensitivity.tornado_table`, the widest on top.

    A bar goes from the result at one end of the input's range to that at the other; `unit` labels
    the axis.

    >>> varied = aw.sensitivity(study.plan, "results/varied", replications=2)
    >>> rows = lab.tornado_table(varied).loc[("cached - online", "RPC calls", "1/s")]
    >>> figures.tornado(rows, "1/s").axes[0].get_xlabel()
    '1/s'
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
                value if isinstance(value, str) else f"{value:,g}",
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


_WIDTHS = (("p5", "p95", 0.34), ("p25", "p75", 0.62))


@readable
def ratio_strips(table: pd.DataFrame) -> Figure:
    """Return a strip per path and conclusion of a parameter space: the ratio of cached to online.

    A strip goes from the 5th to the 95th percentile, its thick part is the middle half, the white
    line the median; an arrow head is the worst corner. What is below 1 has the colour of fewer, the
    rest that of more; at the right stand the share below 1 and the input that matters most.
    """
    paths = list(table["path"].unique())
    sizes = [int((table["path"] == path).sum()) for path in paths]
    figure = Sheet(figsize=(12.5, 1.6 + 0.52 * (sum(sizes) + 2 * len(paths))))
    panels = figure.subplots(
        len(paths), 1, squeeze=False, sharex=True, gridspec_kw={"height_ratios": sizes}
    )[:, 0]
    for axis, path in zip(panels, paths, strict=True):
        rows = table[table["path"] == path].to_dict("records")
        axis.set_xscale("log")
        for height, row in enumerate(reversed(rows)):
            _strip(axis, row, height)
        axis.axvline(1.0, color="black", linewidth=1.4)
        axis.set_yticks(range(len(rows)), [row["conclusion"] for row in reversed(rows)])
        axis.set_ylim(-0.6, len(rows) - 0.4)
        axis.tick_params(left=False)
        axis.set_title(f"Cached against online mode, {path}")
    ticks = panels[-1].xaxis
    ticks.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ticks.set_major_formatter(FuncFormatter(lambda ratio, _: f"{ratio:g}"))
    ticks.set_minor_formatter(NullFormatter())
    panels[-1].set_xlabel("cached / online (strip: 5 % to 95 % of the space; ▷: worst corner)")
    return figure


def _strip(axis: Axes, row: Mapping[Hashable, Any], height: int) -> None:
    for low, high, thick in _WIDTHS:
        for colour, begin, end in (
            (COLOURS["fewer"], min(row[low], 1.0), min(row[high], 1.0)),
            (COLOURS["more"], max(row[low], 1.0), max(row[high], 1.0)),
        ):
            if end > begin:
                axis.barh(height, end - begin, left=begin, height=thick, color=colour, alpha=0.6)
    axis.plot([row["p50"]] * 2, [height - 0.31, height + 0.31], color="white", linewidth=2.4)
    worst = float(row["worst"])
    marker = ">" if row["p50"] < 1.0 else "<"
    colour = COLOURS["more" if worst > 1.0 else "fewer"]
    axis.plot(worst, height, marker, color=colour, markersize=8, fillstyle="none")
    text = f"{100.0 * row['share_below_1']:.0f} % below 1" + (
        row["input_1"] and f"; {row['input_1']}"
    )
    right = axis.get_yaxis_transform()
    axis.text(1.01, height, text, transform=right, va="center", fontsize=11, color="0.25")
