"""The model against theory, published figures and a real kernel."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from anywhere_sim.figures.sheet import COLOURS, Sheet, readable

_STANDING = {
    "predicted": COLOURS["cached"],
    "calibrated": COLOURS["offline_ost"],
    "expected to fail": COLOURS["limit"],
}
_FAMILIES = (
    "disk operations per mailbox",
    "disk operations per message",
    "disk writes per message",
    "mean response online",
    "variance / mean of messages",
    "bytes online / cached",
    "bytes Outlook Anywhere / cached",
)
NEAR = 1.15  # the goal: within 15 %


@readable
def wait_curve(table: pd.DataFrame, title: str = "Waiting explodes near full load") -> Figure:
    """Return mean waits (ms) over load: columns Erlang C, simulated, low, high of
    `lab.wait_curve`.

    >>> figures.wait_curve(lab.wait_curve(1, 0.1, loads=(0.5,))).axes[0].get_xlabel()
    'processors busy, %'
    """
    figure = Sheet(figsize=(9.5, 4.8))
    axis = figure.subplots()
    axis.plot(
        100.0 * table.index,
        table["Erlang C"],
        "-",
        color=COLOURS["theory"],
        label="theory: Erlang C",
    )
    around = np.abs(table[["low", "high"]].to_numpy().T - table["simulated"].to_numpy())
    axis.errorbar(
        100.0 * table.index,
        table["simulated"],
        yerr=around,
        fmt="o",
        color=COLOURS["cached"],
        capsize=4,
        linewidth=1.6,
        label="simulated, with 95 % interval",
    )
    axis.set_xlabel("processors busy, %")
    axis.set_ylabel("mean wait of a call, ms")
    axis.set_ylim(bottom=0.0)
    axis.legend()
    axis.set_title(title)
    return figure


@readable
def published(facts: pd.DataFrame, title: str = "") -> Figure:
    """Return the ratio model / published of each row of data/reference/facts.csv, by standing, on a
    log axis; grey band: within 15 %.

    Rows that differ in one setting alone share a line.

    >>> import pandas as pd
    >>> facts = pd.read_csv(aw.data_folder() / "reference/facts.csv")
    >>> figures.published(facts).axes[0].get_xscale()
    'log'
    """
    lines = (
        facts.assign(line=facts["what"].map(_family))
        .groupby(["standing", "line"], sort=False)["ratio"]
        .agg(list)
    )
    shown = [
        (standing, line, ratios)
        for standing in reversed(_STANDING)
        for line, ratios in reversed(list(lines[standing].items()))
    ]
    figure = Sheet(figsize=(11.0, 1.9 + 0.33 * len(shown)))
    axis = figure.subplots()
    axis.axvspan(1.0 / NEAR, NEAR, color="0.88", zorder=0)
    axis.axvline(1.0, color="0.5", linewidth=1.0)
    for standing, colour in _STANDING.items():
        places = [
            (ratio, height)
            for height, (of, _, ratios) in enumerate(shown)
            if of == standing
            for ratio in ratios
        ]
        axis.plot(
            *zip(*places, strict=True), "o", markersize=9, color=colour, label=standing, alpha=0.75
        )
    axis.set_xscale("log")
    axis.set_xticks([0.1, 0.5, 1, 2, 5, 10], ["0.1", "0.5", "1", "2", "5", "10"])
    axis.minorticks_off()
    axis.set_yticks(
        range(len(shown)),
        [f"{line} ({len(ratios)} cases)" if len(ratios) > 1 else line for _, line, ratios in shown],
    )
    axis.set_ylim(-0.7, len(shown) - 0.3)
    axis.tick_params(left=False)
    axis.set_xlabel("model / published, log axis (grey: within 15 %)")
    figure.suptitle(title or _verdict(facts), x=0.01, ha="left")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def _family(what: str) -> str:
    return next((family for family in _FAMILIES if what.startswith(family)), what)


def _verdict(facts: pd.DataFrame) -> str:
    predicted = facts[facts["standing"] == "predicted"]
    near = predicted["ratio"].between(1.0 / NEAR, NEAR).sum()
    failed = (facts["standing"] == "expected to fail").sum()
    return (
        f"{near} of {len(predicted)} predicted figures are within 15 %; "
        f"{failed} fail, and are shown"
    )


@readable
def settling(means_s: np.ndarray, cut: int, truth_s: float, title: str = "") -> Figure:
    """Return the wait by the number of the customer, averaged over runs from an empty start; where
    the warm-up was cut; the long-run mean.

    >>> waits_s = lab.waits_from_empty_s(0.8, customers=20, runs=50)
    >>> figures.settling(waits_s, cut=5, truth_s=4.0).axes[0].get_xlabel()
    'number of the customer since the empty start'
    """
    figure = Sheet(figsize=(10.5, 4.4))
    axis = figure.subplots()
    axis.plot(np.arange(1, len(means_s) + 1), means_s, color=COLOURS["cached"], linewidth=1.4)
    axis.axvspan(0, cut, color="0.88", zorder=0)
    axis.text(cut / 2.0, 0.05 * truth_s, "left out", ha="center", color="0.3")
    axis.axhline(truth_s, color=COLOURS["theory"])
    axis.text(len(means_s), truth_s, " theory", va="center", color=COLOURS["theory"])
    axis.set_xlim(0, len(means_s))
    axis.set_ylim(bottom=0.0)
    axis.set_xlabel("number of the customer since the empty start")
    axis.set_ylabel("mean wait, s")
    axis.set_title(
        title or f"The beginning is too kind: MSER-5 leaves out the first {cut:,} customers"
    )
    return figure


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

    >>> import pandas as pd
    >>> table = pd.read_csv(aw.data_folder() / "reference/network.csv")
    >>> len(figures.predicted_against_measured(table).axes)
    2
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
    for measured_s, value in zip(x, ratio, strict=True):
        if not MIN_RATIO <= value <= MAX_RATIO:
            at = min(max(value, MIN_RATIO), MAX_RATIO)
            text = f"{100.0 * (value - 1.0):+.0f} %"
            axis.annotate(
                text,
                (measured_s, at),
                (-7, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize="small",
            )
