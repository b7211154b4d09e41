"""Theory beside simulation, and published figures beside the model's."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from anywhere_sim.figures.palette import COLOURS
from anywhere_sim.figures.sheet import Sheet, readable

_STANDING = {
    "predicted": COLOURS["cached"],
    "calibrated": COLOURS["offline_ost"],
    "expected to fail": COLOURS["limit"],
}
_FAMILIES = (
    "disk operations per mailbox",
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
    axis.errorbar(100.0 * table.index, table["simulated"], yerr=around, fmt="o", color=COLOURS["cached"], capsize=4, linewidth=1.6,  # noqa: E501
                  label="simulated, with 95 % interval")  # fmt: skip
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
    figure.suptitle(title or _finding(facts), x=0.01, ha="left")
    figure.legend(loc="outside lower center", ncols=3)
    return figure


def _family(what: str) -> str:
    return next((family for family in _FAMILIES if what.startswith(family)), what)


def _finding(facts: pd.DataFrame) -> str:
    predicted = facts[facts["standing"] == "predicted"]
    near = predicted["ratio"].between(1.0 / NEAR, NEAR).sum()
    return f"{near} of {len(predicted)} predicted figures are within 15 %; {(facts['standing'] == 'expected to fail').sum()} fail, and are shown"  # noqa: E501


@readable
def settling(means_s: np.ndarray, cut: int, truth_s: float, title: str = "") -> Figure:
    """Return the wait by the number of the customer, averaged over runs from an empty start; where
    the warm-up was cut; the long-run mean.
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
