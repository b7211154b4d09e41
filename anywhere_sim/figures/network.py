"""The model beside a real kernel: predicted against measured seconds, with the goal."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from anywhere_sim.figures.sheet import Sheet, readable

KINDS = {
    "connect": ("o", "#0072B2"),
    "refused": ("s", "#56B4E9"),
    "dropped": ("D", "#999999"),
    "TLS": ("^", "#009E73"),
    "transfer": ("v", "#E69F00"),
    "rest": ("<", "#F0E442"),
    "at once, mean": ("P", "#CC79A7"),
    "at once, last": ("X", "#D55E00"),
    "loss": ("h", "#000000"),
    "cut": ("*", "#882255"),
}
"""Mark and colour of each kind of case."""
MIN_RATIO, MAX_RATIO = 0.88, 1.14  # what lies beyond is drawn at the edge, with its figure
TICKS_S = (0.1, 1.0, 10.0, 100.0)
BANDS = (
    (0.07, "0.94"),
    (0.03, "0.88"),
    (0.01, "0.78"),
)  # goals: transfers at once; above 128 kbit/s; up to there


@readable
def predicted_against_measured(table: pd.DataFrame) -> Figure:
    """Return predicted over measured seconds on log axes, and the ratio of the two; `table` is
    data/reference/network.csv.

    Bands: within 1, 3 and 7 %. Hollow marks: the goal of the case is missed.
    """
    figure = Sheet(figsize=(11.0, 5.0), layout="constrained")
    seconds, ratios = figure.subplots(1, 2)
    both = table[["measured_s", "predicted_s"]]
    ends = [0.8 * both.min(axis=None), 1.25 * both.max(axis=None)]
    for share, grey in BANDS:
        seconds.fill_between(
            ends,
            [(1.0 - share) * end for end in ends],
            [(1.0 + share) * end for end in ends],
            color=grey,
            linewidth=0,
        )
        ratios.axhspan(1.0 - share, 1.0 + share, color=grey, linewidth=0)
    for kind, (mark, colour) in KINDS.items():
        chosen = table[table["kind"] == kind]
        if len(chosen):
            _marks(
                seconds,
                chosen["measured_s"],
                chosen["predicted_s"],
                chosen["met"],
                mark,
                colour,
                kind,
            )
            ratio = chosen["predicted_s"] / chosen["measured_s"]
            _marks(
                ratios,
                chosen["measured_s"],
                ratio.clip(MIN_RATIO, MAX_RATIO),
                chosen["met"],
                mark,
                colour,
                "",
            )
            _beyond(ratios, chosen["measured_s"], ratio)
    for axis in (seconds, ratios):
        axis.set_xscale("log")
        axis.set_xlim(ends)
        axis.set_xticks(TICKS_S, [f"{tick:g}" for tick in TICKS_S])
        axis.set_xlabel("measured, s")
        axis.spines[["top", "right"]].set_visible(False)
    seconds.set_yscale("log")
    seconds.set_ylim(ends)
    seconds.set_yticks(TICKS_S, [f"{tick:g}" for tick in TICKS_S])
    seconds.set_ylabel("predicted, s")
    ratios.set_ylim(MIN_RATIO - 0.01, MAX_RATIO + 0.01)
    ratios.set_ylabel("predicted / measured")
    met, every = int(table["met"].sum()), len(table)
    seconds.set_title(f"{met} of {every} cases within their goal", loc="left")
    ratios.set_title("bands: 1, 3 and 7 %; hollow: goal missed", loc="left")
    figure.legend(loc="outside lower center", ncols=5, frameon=False)
    return figure


def _marks(
    axis: Axes, x: pd.Series, y: pd.Series, met: pd.Series, mark: str, colour: str, label: str
) -> None:
    axis.plot(x[met], y[met], mark, color=colour, markersize=6, label=label or "_", alpha=0.85)
    axis.plot(x[~met], y[~met], mark, color=colour, markersize=6, fillstyle="none")


def _beyond(axis: Axes, x: pd.Series, ratio: pd.Series) -> None:
    for place, value in zip(x, ratio, strict=True):
        if not MIN_RATIO <= value <= MAX_RATIO:
            at = min(max(value, MIN_RATIO), MAX_RATIO)
            text = f"{100.0 * (value - 1.0):+.0f} %"
            axis.annotate(
                text,
                (place, at),
                (-7, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize="small",
            )
