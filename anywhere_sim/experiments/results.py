"""What a study found: one number per cell, replication and measure, and what is made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product

import numpy as np
import pandas as pd

from anywhere_sim.analysis.measures import UNITS
from anywhere_sim.analysis.statistics.interval import mean_interval
from anywhere_sim.analysis.statistics.paired import paired
from anywhere_sim.experiments.plan import Plan

Cell = tuple[str, ...]


class Results:
    """The numbers of a study.

    `values` has a row per (factor levels ..., replication) and a column per measure, in the units of `UNITS`. `failures` has a
    row per run that failed, with its reason.
    """

    def __init__(self, plan: Plan, values: Mapping[tuple[Cell, int], pd.Series], failures: Mapping[tuple[Cell, int], str]) -> None:
        self.plan = plan
        names = [*plan.factors, "replication"]
        keys = sorted(values, key=lambda key: (list(plan.cells()).index(key[0]), key[1]))
        index = pd.MultiIndex.from_tuples([(*cell, number) for cell, number in keys], names=names)
        self.values = pd.DataFrame([values[key] for key in keys], index=index, columns=list(UNITS))
        self.failures = pd.DataFrame([(*cell, number, why) for (cell, number), why in failures.items()], columns=[*names, "reason"])

    def table(self) -> pd.DataFrame:
        """Return a row per measure and two columns per cell: the mean and half the width of its 95 % interval."""
        columns = {}
        for cell, frame in self.values.groupby(list(self.plan.factors), sort=False):
            found = [mean_interval(frame[measure]) for measure in UNITS]
            columns[(*cell, "mean")] = [interval.mean for interval in found]
            columns[(*cell, "±")] = [interval.half_width for interval in found]
        index = pd.MultiIndex.from_tuples(list(UNITS.items()), names=["measure", "unit"])
        table = pd.DataFrame(columns, index=index)
        table.columns.names = [*self.plan.factors, None]
        return table

    def contrasts(self) -> pd.DataFrame:
        """Return a row per contrast, place in the `within` factors and measure: the paired difference and its 95 % interval.

        A main effect is the second level less the first, averaged over the levels of the other factors; an interaction is the
        difference of two such differences. `variance_ratio` says what common random numbers saved.
        """
        rows = [
            {"contrast": name, **dict(zip(self.plan.within, where, strict=True)), "measure": measure, "unit": UNITS[measure],
             "difference": found.difference.mean, "low": found.difference.low, "high": found.difference.high, "word": found.word,
             "variance_ratio": found.variance_ratio}
            for name, where, plus, minus in self._pairs()
            for measure in UNITS
            for found in [paired(plus[measure], minus[measure])]
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def baseline(self) -> pd.DataFrame:
        """Return a row per contrast, place and measure: `base`, the mean of the side that is taken away."""
        rows = [
            {"contrast": name, **dict(zip(self.plan.within, where, strict=True)), "measure": measure, "base": float(minus[measure].mean())}
            for name, where, _, minus in self._pairs()
            for measure in UNITS
        ]
        return pd.DataFrame(rows)

    def _pairs(self) -> Iterator[tuple[str, Cell, pd.DataFrame, pd.DataFrame]]:
        """Yield the name of a contrast, where it is looked at, and the two sides, a row per replication."""
        plan = self.plan
        crossed = {name: list(levels) for name, levels in plan.factors.items() if name not in plan.within}
        for where in product(*(plan.factors[name] for name in plan.within)):
            fixed = dict(zip(plan.within, where, strict=True))
            for name, (low, high, *_) in crossed.items():
                yield f"{high} - {low}", where, self._mean(fixed | {name: high}, crossed), self._mean(fixed | {name: low}, crossed)
            for (one, (a, b, *_)), (other, (c, d, *_)) in combinations(crossed.items(), 2):
                same = self._mean(fixed | {one: b, other: d}, crossed) + self._mean(fixed | {one: a, other: c}, crossed)
                cross = self._mean(fixed | {one: b, other: c}, crossed) + self._mean(fixed | {one: a, other: d}, crossed)
                yield f"({b} - {a}) x ({d} - {c})", where, same, cross

    def _mean(self, levels: Mapping[str, str], crossed: Mapping[str, list[str]]) -> pd.DataFrame:
        """Return a row per replication: the mean over the cells of the factorial that have these levels."""
        index = self.values.index
        chosen = np.ones(len(index), dtype=bool)
        for name, level in levels.items():
            chosen &= index.get_level_values(name) == level
        for name, known in crossed.items():
            chosen &= index.get_level_values(name).isin(known)
        frame = self.values[chosen].groupby("replication").mean()
        return frame.reindex(range(self.plan.replications))
