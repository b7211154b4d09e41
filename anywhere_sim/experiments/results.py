"""The results of many runs: of a study, per cell and contrast, and of two scenarios compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from html import escape
from importlib import import_module
from itertools import combinations, product
from typing import Any

import pandas as pd

from anywhere_sim.analysis.intervals import mean_interval, paired
from anywhere_sim.analysis.measures import MEANINGS, UNITS, named
from anywhere_sim.analysis.measures import measures as values_of
from anywhere_sim.experiments.plan import Plan, Settings
from anywhere_sim.traces import Run, RunError
from anywhere_sim.traces.own_measures import Measure, Measures
from anywhere_sim.traces.run import FIGURES

Cell = tuple[str, ...]
FEWEST_POINTS = 3
"""Levels of a number from which on its effect is drawn as a curve."""


class Results:
    """The numbers of a study.

    `values` has a row per (factor levels ..., replication) and a column per measure, in the units
    of `units`; `measures` of one's own stand first. `meanings` says what each is.
    `failures` has a row per run that failed, with its reason.

    >>> results
    <Results: 'What does cached mode change in an office?', 4 of 4 runs in 2 cells>
    >>> results.contrasts()["contrast"].unique().tolist()
    ['cached - online']
    """

    def __init__(
        self,
        plan: Plan,
        values: Mapping[tuple[Cell, int], pd.Series],
        failures: Mapping[tuple[Cell, int], str],
        measures: Mapping[str, Measure] | None = None,
    ) -> None:
        self.plan = plan
        own = named(dict(measures or {}))
        self.units = {name: each.unit for name, each in own.items()} | UNITS
        self.meanings = {name: each.meaning for name, each in own.items()} | MEANINGS
        self.own_measures = tuple(own)
        factors = list(plan.factors)
        names = [*factors, "replication"]
        cells = list(plan.cells())
        keys = sorted(values, key=lambda key: (cells.index(key[0]), key[1]))
        index = pd.MultiIndex.from_tuples([(*cell, number) for cell, number in keys], names=names)
        rows = [values[key] for key in keys]
        self.values = pd.DataFrame(rows, index=index, columns=list(self.units))
        self.failures = pd.DataFrame(
            [(*cell, number, reason) for (cell, number), reason in failures.items()],
            columns=[*names, "reason"],
        )
        self._cells = {
            cell: frame.droplevel(factors) for cell, frame in self.values.groupby(factors)
        }

    def __repr__(self) -> str:
        """Return what it answers, and how many runs have come to their end."""
        cells, failed = len(self.plan.cells()), len(self.failures)
        return (
            f"<Results: {self.plan.why!r}, {len(self.values)} of "
            f"{cells * self.plan.replications} runs in {cells} cells"
            + (f", {failed} failed>" if failed else ">")
        )

    def _repr_html_(self) -> str:
        """Return the same with the table of means; the name is IPython's."""
        return f"<p>{escape(repr(self))}</p>{self.table().to_html(border=0)}"

    def plot(self) -> Any:
        """Return a matplotlib Figure: the main effects in percent, measures of one's own on top.

        The room of the figures is imported here, as pandas imports its backend.
        """
        return import_module(FIGURES).headline(self.contrasts(), list(self.plan.strata))

    def table(self) -> pd.DataFrame:
        """Return a row per measure and, per cell, the mean and half the width of its 95 % interval.

        Columns are (levels of the factors ..., "mean" or "±").
        """
        columns = {}
        for cell, frame in self.values.groupby(list(self.plan.factors), sort=False):
            intervals = [mean_interval(frame[measure]) for measure in self.units]
            columns[(*cell, "mean")] = [interval.mean for interval in intervals]
            columns[(*cell, "±")] = [interval.half_width for interval in intervals]
        index = pd.MultiIndex.from_tuples(list(self.units.items()), names=["measure", "unit"])
        table = pd.DataFrame(columns, index=index)
        names = [*self.plan.factors, None]
        if not columns:  # no run has come to its end
            return table.set_axis(
                pd.MultiIndex.from_arrays([[] for _ in names], names=names), axis=1
            )
        table.columns.names = names
        return table

    def contrasts(self) -> pd.DataFrame:
        """Return a row per contrast, stratum and measure: the paired difference and its interval.

        A main effect is a later level less the first, averaged over the levels of the other
        factors; an interaction is the difference of two such differences, of the first two levels;
        a reference cell is compared with the cells that share its levels. `base` is the mean of
        the cells that are subtracted, `low` and `high` bound the
        difference with 95 % confidence, `word` says "more", "fewer", "not distinguishable" or "too
        rare to tell", `unequal` counts the replications in which both sides differ, and
        `variance_ratio` is the variance of the paired difference over that of independent samples:
        what common random numbers saved.
        """
        return self._contrasts.copy()

    @cached_property
    def _contrasts(self) -> pd.DataFrame:
        rows = []
        for name, stratum, plus, minus, base in self._pairs():
            for measure, unit in self.units.items():
                comparison = paired(plus[measure], minus[measure])
                rows.append(
                    {
                        "contrast": name,
                        **dict(zip(self.plan.strata, stratum, strict=True)),
                        "measure": measure,
                        "unit": unit,
                        "base": float(base[measure].mean()),
                        "difference": comparison.difference.mean,
                        "low": comparison.difference.low,
                        "high": comparison.difference.high,
                        "word": comparison.word,
                        "unequal": comparison.unequal,
                        "variance_ratio": comparison.variance_ratio,
                    }
                )
        return pd.DataFrame(rows)

    def curves(self) -> pd.DataFrame:
        """Return the means along each factor whose levels set one number, three or more of it.

        Columns: `factor`, `key` (that it sets), `stratum` (its levels, "" for one only), `x` (the
        number), `measure`, `unit`, `mean`, `low` and `high` (95 % interval over the replications);
        averaged over the levels of the other factors.
        """
        plan, rows = self.plan, []
        for name, levels in plan.factors.items():
            key, numbers = _numbers(levels)
            if not key or name in plan.strata:
                continue
            for stratum in product(*(plan.factors[factor] for factor in plan.strata)):
                fixed = dict(zip(plan.strata, stratum, strict=True))
                for level, number in numbers.items():
                    values = self._mean({**fixed, name: level})
                    for measure, unit in self.units.items():
                        interval = mean_interval(values[measure])
                        rows.append(
                            {
                                "factor": name, "key": key, "stratum": ", ".join(stratum),
                                "x": number, "measure": measure, "unit": unit,
                                "mean": interval.mean, "low": interval.low, "high": interval.high,
                            }
                        )  # fmt: skip
        columns = ["factor", "key", "stratum", "x", "measure", "unit", "mean", "low", "high"]
        return pd.DataFrame(rows, columns=columns)

    def _pairs(
        self,
    ) -> Iterator[tuple[str, Cell, pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
        """Yield contrast, stratum, the two sides, and the mean of what is subtracted.

        The last three have a row per replication.
        """
        plan = self.plan
        crossed = {
            name: list(levels) for name, levels in plan.factors.items() if name not in plan.strata
        }
        for stratum in product(*(plan.factors[name] for name in plan.strata)):
            fixed = dict(zip(plan.strata, stratum, strict=True))

            def mean(levels: Mapping[str, str], fixed: dict[str, str] = fixed) -> pd.DataFrame:
                return self._mean({**fixed, **levels})

            for name, (first, *later) in crossed.items():
                for level in later:
                    plus, minus = mean({name: level}), mean({name: first})
                    yield f"{level} - {first}", stratum, plus, minus, minus
            for (one, (a, b, *_)), (other, (c, d, *_)) in combinations(crossed.items(), 2):
                same = mean({one: b, other: d}) + mean({one: a, other: c})
                cross = mean({one: b, other: c}) + mean({one: a, other: d})
                yield f"({b} - {a}) x ({d} - {c})", stratum, same, cross, cross / 2.0
            for reference, settings in plan.reference_cells.items():
                shared, replaced = self._factors_of(settings, crossed)
                plus = mean(dict.fromkeys(crossed, reference))
                for name in replaced:
                    for level in crossed[name]:
                        minus = mean({**shared, name: level})
                        yield f"{reference} - {level}", stratum, plus, minus, minus

    def _factors_of(
        self, settings: Settings, crossed: Mapping[str, list[str]]
    ) -> tuple[dict[str, str], list[str]]:
        """Return the levels that a reference cell shares, and the factors it has no level of."""
        shared: dict[str, str] = {}
        replaced = []
        for name, levels in crossed.items():
            known = {level: self.plan.factors[name][level] for level in levels}
            same = [
                level for level, own in known.items() if own and own.items() <= settings.items()
            ]
            if same:
                shared[name] = same[0]
            elif any(settings.keys() & own.keys() for own in known.values()):
                replaced.append(name)
        return shared, replaced

    def _mean(self, levels: Mapping[str, str]) -> pd.DataFrame:
        """Return the mean over the cells with these levels, a row per replication.

        A replication is NaN when the run of one of the cells is missing.
        """
        choices = [
            [levels[name]] if name in levels else list(known)
            for name, known in self.plan.factors.items()
        ]
        numbers = range(self.plan.replications)
        empty = pd.DataFrame(
            float("nan"), index=pd.Index([], name="replication"), columns=self.values.columns
        )
        parts = [self._cells.get(cell, empty) for cell in product(*choices)]
        total = parts[0].reindex(numbers)
        for part in parts[1:]:
            total = total + part.reindex(numbers)
        return total / len(parts)


def _numbers(levels: Mapping[str, Settings]) -> tuple[str, dict[str, float]]:
    """Return the one key that all levels set to different numbers, and these; "" if none."""
    keys = {key for settings in levels.values() for key in settings}
    if len(keys) != 1 or len(levels) < FEWEST_POINTS:
        return "", {}
    (key,) = keys
    found = {level: settings.get(key) for level, settings in levels.items()}
    numbers = {
        level: float(value)
        for level, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    whole = len(numbers) == len(levels) == len(set(numbers.values()))
    return (key, numbers) if whole else ("", {})


def compare(
    first: Run | Sequence[Run], second: Run | Sequence[Run], measures: Measures | None = None
) -> pd.DataFrame:
    """Return a row per measure: both means and the paired difference second - first.

    Columns: `unit`, `first`, `second`, `difference`, `low` and `high` (its 95 % interval), and
    `word` ("more", "fewer", "not distinguishable" or "too rare to tell"). Lists have to hold the
    same replications; of single runs the interval is infinite and the word empty.
    `.attrs["changed"]` maps each dotted key that differs in the scenarios to both values.

    `measures` of your own stand first, with those that all runs were simulated with.

    Raises RunError when one has more replications than the other, they stand in another order, or
    there are none.

    >>> table = aw.compare(runs["online"], runs["cached"])
    >>> table.index[0], list(table.columns)
    ('front-end CPU', ['unit', 'first', 'second', 'difference', 'low', 'high', 'word'])
    """
    one, other = _listed(first), _listed(second)
    if not one and not other:
        raise RunError("there are no runs to compare; give two runs, or two lists of replications")
    if len(one) != len(other):
        raise RunError(
            f"{len(one)} and {len(other)} replications can't be paired; give as many of both"
        )
    drawn = [
        [(run.manifest["seed"], run.manifest["replication"]) for run in runs]
        for runs in (one, other)
    ]
    if drawn[0] != drawn[1] and sorted(drawn[0]) == sorted(drawn[1]):
        raise RunError(
            "the replications stand in another order in the second list; sort both by replication"
        )
    every = [[values_of(run, measures) for run in runs] for runs in (one, other)]
    before, after = map(pd.DataFrame, every)
    rows, units = {}, every[0][0].attrs["units"]
    of_all = set.intersection(*(set(values.index) for runs in every for values in runs))
    for measure in filter(of_all.__contains__, every[0][0].index):
        unit = units[measure]
        comparison = paired(after[measure], before[measure])
        rows[measure] = {
            "unit": unit,
            "first": before[measure].mean(),
            "second": after[measure].mean(),
            "difference": comparison.difference.mean,
            "low": comparison.difference.low,
            "high": comparison.difference.high,
            "word": comparison.word if len(one) > 1 else "",
        }
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("measure")
    table.attrs["changed"] = _changed(
        _flat(one[0].manifest["scenario"]), _flat(other[0].manifest["scenario"])
    )
    return table


def _listed(runs: Run | Sequence[Run]) -> list[Run]:
    return [runs] if isinstance(runs, Run) else list(runs)


def _flat(content: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(content, Mapping):
        return {path: content}
    return {
        key: value
        for name, inner in content.items()
        for key, value in _flat(inner, f"{path}.{name}" if path else name).items()
    }


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    keys = [*before, *(key for key in after if key not in before)]
    pairs = {key: (before.get(key), after.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
