"""What a calibration says: a scenario, a TOML file with its reasons, a table of estimates."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd

from anywhere_sim.calibration.estimate import Estimate
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.as_written import toml_of

DIGITS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One key of a scenario: its table, its estimate, and further lines of comment."""

    table: tuple[str, ...]
    estimate: Estimate
    more: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Return the whole name of the key."""
        return ".".join((*self.table, self.estimate.key))


@dataclass(frozen=True, slots=True)
class Calibration:
    """A scenario measured from logs.

    `rows` are its keys in order, `fits` say how well laws fit, `calls` has calls and operations per
    person and day by group and kind.

    >>> found = aw.calibrate(run)
    >>> found.scenario().groups["online-tcp"].mode
    'online'
    """

    rows: tuple[Row, ...]
    fits: tuple[str, ...]
    calls: pd.DataFrame

    def __repr__(self) -> str:
        """Return how much was measured."""
        measured = sum(row.estimate.measured for row in self.rows)
        return f"<Calibration: {measured} keys measured, {len(self.rows) - measured} defaults>"

    def scenario(self) -> Scenario:
        """Return the scenario."""
        content: dict[str, Any] = {}
        for row in self.rows:
            inner = content
            for name in row.table:
                inner = inner.setdefault(name, {})
            inner[row.estimate.key] = _rounded(row.estimate.value)
        return Scenario.build(content)

    def table(self) -> pd.DataFrame:
        """Return a row per key: value, low, high (95 %), half_width (a share), measured, basis."""
        return pd.DataFrame(
            {
                "key": row.key, "value": row.estimate.value, "low": row.estimate.low,
                "high": row.estimate.high, "half_width": row.estimate.half_width,
                "measured": row.estimate.measured, "basis": row.estimate.basis,
            }
            for row in self.rows
        )  # fmt: skip

    def to_toml(self) -> str:
        """Return the scenario as TOML; a comment at each key says where its number comes from."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield "# Calibrated from logs: each key says what was measured, and what stayed default."
        for fit in filter(None, self.fits):
            yield f"# Fit: {fit}"
        for group, kinds in self.calls.groupby("group"):
            calls, rops = kinds["calls_per_day"].sum(), kinds["rops_per_day"].sum()
            yield (
                f"# {group}: {calls:,.0f} calls and {rops:,.0f} operations per person and day, "
                f"{rops / max(calls, 1e-9):.2f} operations a call"
            )
        for table, rows in groupby(self.rows, lambda row: row.table):
            if table:
                yield ""
                yield toml_of(_nested(table)).strip().splitlines()[-1]
            for row in rows:
                yield from (f"# {each}" for each in row.more)
                told = row.estimate.comment() if row.estimate.key != "why" else ""
                text = toml_of({row.estimate.key: _rounded(row.estimate.value)}).strip()
                yield f"{text}  # {told}" if told else text

    def summary(self) -> Iterator[str]:
        """Yield sentences: what was measured, how well it is known, and how well laws fit."""
        known = [row for row in self.rows if not math.isnan(row.estimate.half_width)]
        yield (
            f"{sum(row.estimate.measured for row in self.rows)} keys measured, {len(known)} of "
            f"them with an interval; {sum(not row.estimate.measured for row in self.rows)} "
            "stayed default"
        )
        for row in known:
            each = row.estimate
            yield (
                f"  {row.key} = {each.value:.4g} [{each.low:.4g}, {each.high:.4g}], "
                f"+-{100.0 * each.half_width:.0f} %"
            )
        yield from (f"  {fit}" for fit in self.fits if fit)


def _nested(table: tuple[str, ...]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in reversed(table):
        found = {name: found}
    return found


def _rounded(value: Any) -> Any:
    """Return a number with few digits: more than its interval bears would only look precise."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    return value
