"""The answer at a glance: what each contrast does to servers and people, in percent, with its interval."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from anywhere_sim.figures.palette import COLOURS

SHOWN = ("store CPU", "RPC rate", "disk reads", "disk writes", "front-end CPU", "bytes up", "bytes down",
         "waited per person, mean", "age of a message, p50")  # fmt: skip
WIDEST = 130.0  # percent; what lies beyond is drawn at the edge, with its figure


def headline(contrasts: pd.DataFrame, baseline: pd.DataFrame, within: list[str]) -> Figure:
    """Return the figure.

    `contrasts` is `Results.contrasts()`; `baseline` has a row per (contrast, *within, measure) with the mean of the side that is
    taken away, so that a difference can be shown in percent of it. Columns of panels: places in `within`; rows: main effects.
    """
    effects = [name for name in contrasts["contrast"].unique() if " x " not in name]
    places = list(contrasts[within].drop_duplicates().itertuples(index=False, name=None)) if within else [()]
    figure = Figure(figsize=(5.2 * len(places) + 1.6, 3.9 * len(effects)), layout="constrained")
    axes = figure.subplots(len(effects), len(places), squeeze=False, sharey=True, sharex=True)
    joined = contrasts.merge(baseline, on=["contrast", *within, "measure"])
    for row, effect in enumerate(effects):
        for column, place in enumerate(places):
            chosen = joined[joined["contrast"] == effect]
            for name, value in zip(within, place, strict=True):
                chosen = chosen[chosen[name] == value]
            axes[row][column].set_title(f"{effect.replace('_', ' ')}: {', '.join(place)}", loc="left", fontsize=11)
            _panel(axes[row][column], chosen.set_index("measure"))
    for axis in axes[-1]:
        axis.set_xlabel("difference, % of the mean without (line: 95 % interval)")
    return figure


def _panel(axis: Axes, rows: pd.DataFrame) -> None:
    axis.axvline(0.0, color="0.4", linewidth=0.8)
    for height, measure in enumerate(reversed(SHOWN)):
        entry = rows.loc[measure]
        base = float(entry["base"])
        if not base or abs(base) < 1e-9:
            axis.annotate(
                f"from 0 to {entry['difference']:.3g} {entry['unit']}",
                (0.0, height),
                (6, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
            )
            continue
        middle, low, high = (100.0 * float(entry[name]) / abs(base) for name in ("difference", "low", "high"))
        colour = COLOURS[str(entry["word"])]
        at = min(max(middle, -WIDEST), WIDEST)
        axis.plot([max(low, -WIDEST), min(high, WIDEST)], [height, height], color=colour, linewidth=2.2, solid_capstyle="butt")
        axis.plot(at, height, "o", color=colour, markersize=6)
        if at != middle:
            axis.annotate(f"{middle:+,.0f} %", (at, height), (-8 if at > 0 else 8, 7), textcoords="offset points",
                          ha="right" if at > 0 else "left", fontsize=8.5)  # fmt: skip
    axis.set_yticks(range(len(SHOWN)), list(reversed(SHOWN)))
    axis.set_xlim(-WIDEST * 1.08, WIDEST * 1.08)
    axis.grid(axis="x", color="0.9", linewidth=0.6)
    axis.spines[["top", "right", "left"]].set_visible(False)
    axis.tick_params(left=False)
