"""The tables of a study as text, per stratum: means of the cells, and contrasts."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from math import isfinite
from typing import Any

import pandas as pd

from anywhere_sim.analysis.labels import ROUNDING, label, short
from anywhere_sim.analysis.measures import UNITS
from anywhere_sim.experiments import Results

MEANS = "mean of the replications ± half the width of its 95 % interval"
DIFFERENCES = "paired difference ± half the width of its 95 % interval"
REFERENCE_DIFFERENCES = "paired difference of the reference cells"

Tables = dict[str, pd.DataFrame]
"""Tables by heading; their cells are text."""


def is_reference(results: Results, contrast: str) -> bool:
    """Return whether a contrast compares a reference cell with cells of the factorial."""
    return contrast.split(" - ")[0] in results.plan.reference_cells


def strata_tables(results: Results) -> Iterator[tuple[str, Tables]]:
    """Yield each stratum's name ("" when there is one only) and its tables."""
    plan, table, contrasts = results.plan, results.table(), results.contrasts()
    positions = [list(plan.factors).index(name) for name in plan.strata]
    cells = list(dict.fromkeys(column[:-1] for column in table.columns))
    for stratum in dict.fromkeys(tuple(cell[index] for index in positions) for cell in cells):
        chosen = [cell for cell in cells if tuple(cell[index] for index in positions) == stratum]
        rows = contrasts
        for name, level in zip(plan.strata, stratum, strict=True):
            rows = rows[rows[name] == level]
        reference = rows["contrast"].map(lambda name: is_reference(results, name))
        tables = {
            MEANS: _means(table, chosen, positions),
            DIFFERENCES: _differences(rows[~reference]),
        }
        if reference.any():
            tables[REFERENCE_DIFFERENCES] = _differences(rows[reference])
        yield ", ".join(map(label, stratum)), tables


def _means(table: pd.DataFrame, cells: list[tuple[str, ...]], positions: list[int]) -> pd.DataFrame:
    columns = {}
    for cell in cells:
        pairs = zip(table[(*cell, "mean")], table[(*cell, "±")], strict=True)
        columns[cell] = [_plus_minus(mean, half_width) for mean, half_width in pairs]
    text = pd.DataFrame(columns, index=_row_names())
    names = [
        dict.fromkeys(label(level) for index, level in enumerate(cell) if index not in positions)
        for cell in cells
    ]
    text.columns = pd.Index([", ".join(name) for name in names])
    return text


def _differences(rows: pd.DataFrame) -> pd.DataFrame:
    columns = {
        _column_name(str(name)): [_difference(row) for row in chosen.to_dict("records")]
        for name, chosen in rows.groupby("contrast", sort=False)
    }
    return pd.DataFrame(columns, index=_row_names())


def _column_name(contrast: str) -> str:
    """Return the heading of a contrast's column; an interaction has its factors' levels.

    >>> _column_name("https_first - tcp_first")
    'HTTPS first − TCP first'
    """
    if " x " not in contrast:
        return " − ".join(map(label, contrast.split(" - ")))
    parts = [part.strip("()").split(" - ")[0] for part in contrast.split(" x ")]
    return f"interaction {' × '.join(map(label, parts))}"


def _row_names() -> list[str]:
    return [f"{measure}, {unit}" if unit else measure for measure, unit in UNITS.items()]


def _difference(row: dict[Hashable, Any]) -> str:
    middle, half_width = row["difference"], (row["high"] - row["low"]) / 2.0
    if middle != middle:
        return "none"
    if not isfinite(middle):
        return f"{short(middle)}, {row['word']}"
    if abs(middle) < ROUNDING * max(1.0, abs(row["base"])):
        return "0"
    return f"{_plus_minus(middle, half_width, '+')} {row['word']}"


def _plus_minus(mean: float, half_width: float, sign: str = "") -> str:
    if not isfinite(mean) or half_width < ROUNDING:
        return short(mean, sign)
    return f"{short(mean, sign)} ± {short(half_width, digits=2)}"
