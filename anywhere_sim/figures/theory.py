"""Theory beside simulation, and published figures beside the model's."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from anywhere_sim.figures.palette import COLOURS

_STANDING = {"predicted": COLOURS["cached"], "calibrated": COLOURS["offline_ost"], "expected to fail": COLOURS["limit"]}


def wait_curve(table: pd.DataFrame, title: str = "Waiting explodes near full load") -> Figure:
    """Return mean waits (ms) over load: columns Erlang C, simulated, low, high of `lab.wait_curve`."""
    figure = Figure(figsize=(8.0, 4.4), layout="constrained")
    axis = figure.subplots()
    axis.plot(100.0 * table.index, table["Erlang C"], "-", color="0.4", linewidth=2.0, label="Erlang C")
    around = np.abs(table[["low", "high"]].to_numpy().T - table["simulated"].to_numpy())
    axis.errorbar(
        100.0 * table.index, table["simulated"], yerr=around, fmt="o", color=COLOURS["cached"], capsize=4, label="simulated, 95 % interval"
    )
    axis.set_xlabel("processors busy, %", fontsize=11)
    axis.set_ylabel("mean wait, ms", fontsize=11)
    axis.set_ylim(bottom=0.0)
    axis.legend(frameon=False, fontsize=11)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_title(title, loc="left", fontsize=13)
    return figure


def published(facts: pd.DataFrame, title: str = "The model beside published figures") -> Figure:
    """Return the ratio model / published of each row of data/reference/facts.csv, on a log axis; grey band: within 15 %."""
    rows = facts.iloc[::-1].reset_index(drop=True)
    figure = Figure(figsize=(10.0, 1.6 + 0.32 * len(rows)), layout="constrained")
    axis = figure.subplots()
    axis.axvspan(1.0 / 1.15, 1.15, color="0.9", zorder=0)
    axis.axvline(1.0, color="0.5", linewidth=0.8)
    for standing, chosen in rows.groupby("standing"):
        axis.plot(chosen["ratio"], chosen.index, "o", markersize=8, color=_STANDING[str(standing)], label=standing)
    axis.set_xscale("log")
    axis.set_xticks([0.1, 0.5, 1, 2, 5, 10], ["0.1", "0.5", "1", "2", "5", "10"])
    axis.set_yticks(rows.index, rows["what"], fontsize=10)
    axis.set_xlabel("model / published (band: within 15 %)", fontsize=11)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_title(title, loc="left", fontsize=13)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return figure


def settling(waits_s: np.ndarray, cut: int, truth_s: float, title: str = "") -> Figure:
    """Return means of waits over groups of customers from an empty start, where the warm-up was cut, and the long-run mean."""
    figure = Figure(figsize=(9.0, 4.0), layout="constrained")
    axis = figure.subplots()
    size = max(1, len(waits_s) // 80)
    means = waits_s[: len(waits_s) // size * size].reshape(-1, size).mean(axis=1)
    axis.plot(np.arange(len(means)) * size, means, color=COLOURS["cached"], linewidth=1.4)
    axis.axvspan(0, cut, color="0.88", zorder=0)
    axis.axhline(truth_s, color=COLOURS["limit"], linewidth=1.4)
    axis.set_xlabel(f"customer (means of {size})", fontsize=11)
    axis.set_ylabel("wait, s", fontsize=11)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_title(title or f"MSER-5 leaves out the first {cut:,} customers (grey); red: the long-run mean", loc="left", fontsize=12)
    return figure
