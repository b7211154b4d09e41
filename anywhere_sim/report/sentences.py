"""A study's answer in words and small tables: what each contrast changed, with intervals."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

import pandas as pd

from anywhere_sim.analysis.measures import UNITS
from anywhere_sim.experiments import Results
from anywhere_sim.figures.palette import plain
from anywhere_sim.report.numbers import short

TOLD = {
    "RPC rate": "RPCs at the store", "disk reads": "disk reads", "bytes down": "bytes to the clients",
    "waited per user-day, mean": "waiting per user-day", "age of a message, p50": "age of a new message (median)",
}  # fmt: skip
"""The measures that the sentences speak of, and their names there."""

SILENT = "not distinguishable"
MEANS = "mean of the replications ± half the width of its 95 % interval"
DIFFERENCES = "paired difference ± half the width of its 95 % interval"
BESIDE = "paired difference of what stands beside them"


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a contrast changed: its subject, and a part per place."""

    subject: str
    parts: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.subject} - {'. '.join(self.parts)}."


def sentences(results: Results) -> list[Sentence]:
    """Return a sentence per contrast of the factorial: each main effect, then what depends on both."""
    return [sentence for contrast, sentence in _told(results) if not _is_beside(results, contrast)]


def beside(results: Results) -> list[Sentence]:
    """Return a sentence per contrast with a cell that stands beside the factorial."""
    return [sentence for contrast, sentence in _told(results) if _is_beside(results, contrast)]


def beside_cells(results: Results) -> list[str]:
    """Return the names of the contrasts with a cell that stands beside the factorial."""
    return [name for name in results.contrasts()["contrast"].unique() if _is_beside(results, name)]


def _is_beside(results: Results, contrast: str) -> bool:
    return contrast.split(" - ")[0] in results.plan.reference_cells


def _told(results: Results) -> Iterator[tuple[str, Sentence]]:
    contrasts, within = results.contrasts(), list(results.plan.strata)
    for name in contrasts["contrast"].unique():
        rows = contrasts[(contrasts["contrast"] == name) & contrasts["measure"].isin(list(TOLD))]
        groups = rows.groupby(within, sort=False) if within else [((), rows)]
        parts = (f"{', '.join(place).capitalize()}: {_changes(chosen)}" if place else _changes(chosen) for place, chosen in groups)
        yield name, Sentence(title(name), tuple(parts))


def title(contrast: str) -> str:
    """Return the name of a contrast in words."""
    if " x " in contrast:
        one, other = (part.strip("()").split(" - ") for part in contrast.split(" x "))
        return f"{_instead(*one)}, what {plain(other[0])} adds to it"
    return _instead(*contrast.split(" - "))


def _instead(second: str, first: str) -> str:
    name = plain(second)
    return f"{name[0].upper()}{name[1:]} instead of {plain(first)}"


def _changes(rows: pd.DataFrame) -> str:
    clear, silent = rows[rows["word"] != SILENT], rows[rows["word"] == SILENT]
    parts = [_phrase(row) for row in clear.to_dict("records")]
    if len(silent):
        parts.append(
            f"{SILENT}: {', '.join(silent['measure'].map(TOLD))}" if parts else "nothing told here can be distinguished from no difference"
        )
    return "; ".join(parts)


def _phrase(row: dict[Hashable, Any]) -> str:
    unit = {"": "", "%": " points"}.get(row["unit"], f" {row['unit']}")
    low, middle, high = (short(row[name], "+") for name in ("low", "difference", "high"))
    change = f"{middle}{unit} [{low}, {high}]"
    if " x " in row["contrast"]:
        return f"{TOLD[row['measure']]} {change}"
    unit = {"%": " %"}.get(row["unit"], unit)
    return f"{TOLD[row['measure']]} from {short(row['base'])} to {_left(row)}{unit} ({change})"


def _left(row: dict[Hashable, Any]) -> str:
    """Return what the base became; what a subtraction leaves of nothing is nothing."""
    value = row["base"] + row["difference"]
    return "0" if abs(value) < 1e-9 * abs(row["base"]) else short(value)


def places(results: Results) -> Iterator[tuple[str, dict[str, pd.DataFrame]]]:
    """Yield, per place in the `strata` factors, its name and its tables as text by title: means of the cells, contrasts, what stands beside."""
    plan, table, contrasts = results.plan, results.table(), results.contrasts()
    within = [list(plan.factors).index(name) for name in plan.strata]
    cells = list(dict.fromkeys(column[:-1] for column in table.columns))
    for place in dict.fromkeys(tuple(cell[at] for at in within) for cell in cells):
        chosen = [cell for cell in cells if tuple(cell[at] for at in within) == place]
        rows = contrasts
        for name, level in zip(plan.strata, place, strict=True):
            rows = rows[rows[name] == level]
        aside = rows["contrast"].map(lambda name: _is_beside(results, name))
        tables = {MEANS: _means(table, chosen, within), DIFFERENCES: _differences(rows[~aside])}
        yield ", ".join(place), tables | ({BESIDE: _differences(rows[aside])} if aside.any() else {})


def _means(table: pd.DataFrame, cells: list[tuple[str, ...]], within: list[int]) -> pd.DataFrame:
    columns = {cell: [_spread(*pair) for pair in zip(table[(*cell, "mean")], table[(*cell, "±")], strict=True)] for cell in cells}
    found = pd.DataFrame(columns, index=_rows())
    names = [[plain(level) for at, level in enumerate(cell) if at not in within] for cell in cells]
    found.columns = pd.Index([", ".join(dict.fromkeys(name)) for name in names])
    return found


def _differences(rows: pd.DataFrame) -> pd.DataFrame:
    names = list(rows["contrast"].unique())
    columns = {name: [_difference(row) for row in rows[rows["contrast"] == name].to_dict("records")] for name in names}
    found = pd.DataFrame(columns, index=_rows())
    found.columns = pd.Index(["interaction" if " x " in name else plain(name).replace(" - ", " − ") for name in names])
    return found


def _rows() -> list[str]:
    return [f"{measure}, {unit}" if unit else measure for measure, unit in UNITS.items()]


def _difference(row: dict[Hashable, Any]) -> str:
    middle, half = row["difference"], (row["high"] - row["low"]) / 2.0
    if middle != middle:
        return "none"
    if not isfinite(middle):
        return f"beyond the run, {row['word']}"
    if abs(middle) < 1e-9 * max(1.0, abs(row["base"])):
        return "0"
    return f"{_spread(middle, half, '+')} {row['word']}"


def _spread(mean: float, half: float, sign: str = "") -> str:
    if not isfinite(mean) or half < 1e-9:
        return short(mean, sign)
    return f"{short(mean, sign)} ± {short(half, digits=2)}"
