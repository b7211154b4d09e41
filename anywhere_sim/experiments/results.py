"""What a study found: one number per cell, replication and measure, and what is made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import combinations, product

import pandas as pd

from anywhere_sim.analysis.measures import UNITS
from anywhere_sim.analysis.statistics.interval import mean_interval
from anywhere_sim.analysis.statistics.paired import paired
from anywhere_sim.experiments.plan import Plan, Settings

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
        factors = list(plan.factors)
        self._cells = {cell: found.droplevel(factors) for cell, found in self.values.groupby(factors)}

    def table(self) -> pd.DataFrame:
        """Return a row per measure and two columns per cell: the mean of the replications and half the width of its 95 % interval."""
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

        A main effect is a later level less the first, averaged over the levels of the other factors; an interaction is the
        difference of two such differences, of the first two levels; a cell beside the factorial is held against the cells that share its levels. `base` is the
        mean of what is taken away; `variance_ratio` says what common random numbers saved.
        """
        return self._contrasts.copy()

    @cached_property
    def _contrasts(self) -> pd.DataFrame:
        rows = [
            {"contrast": name, **dict(zip(self.plan.within, where, strict=True)), "measure": measure, "unit": UNITS[measure],
             "base": float(minus[measure].mean()), "difference": found.difference.mean, "low": found.difference.low,
             "high": found.difference.high, "word": found.word, "variance_ratio": found.variance_ratio}
            for name, where, plus, minus in self._pairs()
            for measure in UNITS
            for found in [paired(plus[measure], minus[measure])]
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def _pairs(self) -> Iterator[tuple[str, Cell, pd.DataFrame, pd.DataFrame]]:
        """Yield the name of a contrast, where it is looked at, and the two sides, a row per replication."""
        plan = self.plan
        crossed = {name: list(levels) for name, levels in plan.factors.items() if name not in plan.within}
        for where in product(*(plan.factors[name] for name in plan.within)):
            fixed = dict(zip(plan.within, where, strict=True))
            for name, (first, *later) in crossed.items():
                for level in later:
                    yield f"{level} - {first}", where, self._mean(fixed, {name: level}), self._mean(fixed, {name: first})
            for (one, (a, b, *_)), (other, (c, d, *_)) in combinations(crossed.items(), 2):
                same = self._mean(fixed, {one: b, other: d}) + self._mean(fixed, {one: a, other: c})
                cross = self._mean(fixed, {one: b, other: c}) + self._mean(fixed, {one: a, other: d})
                yield f"({b} - {a}) x ({d} - {c})", where, same, cross
            for beside, settings in plan.beside.items():
                shared, replaced = self._factors_of(settings, crossed)
                plus = self._mean(fixed, dict.fromkeys(crossed, beside))
                for name in replaced:
                    for level in crossed[name]:
                        yield f"{beside} - {level}", where, plus, self._mean(fixed, {**shared, name: level})

    def _factors_of(self, settings: Settings, crossed: Mapping[str, list[str]]) -> tuple[dict[str, str], list[str]]:
        """Return the levels that a cell beside the factorial has itself, and the factors for which it has a setting that is no level."""
        shared: dict[str, str] = {}
        replaced = []
        for name, levels in crossed.items():
            known = {level: self.plan.factors[name][level] for level in levels}
            same = [level for level, made in known.items() if made and made.items() <= settings.items()]
            if same:
                shared[name] = same[0]
            elif any(settings.keys() & made.keys() for made in known.values()):
                replaced.append(name)
        return shared, replaced

    def _mean(self, fixed: Mapping[str, str], levels: Mapping[str, str]) -> pd.DataFrame:
        """Return a row per replication: the mean over the cells that have these levels; nothing where one of their runs is missing."""
        factors, chosen = self.plan.factors, {**fixed, **levels}
        choices = [[chosen[name]] if name in chosen else list(known) for name, known in factors.items()]
        numbers = range(self.plan.replications)
        empty = pd.DataFrame(float("nan"), index=pd.Index([], name="replication"), columns=self.values.columns)
        parts = [self._cells.get(cell, empty) for cell in product(*choices)]
        total = parts[0].reindex(numbers)
        for part in parts[1:]:
            total = total + part.reindex(numbers)
        return total / len(parts)
