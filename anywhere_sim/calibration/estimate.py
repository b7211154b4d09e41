"""Numbers measured from logs, each with its interval, and rates of events per person and day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from anywhere_sim.traces import RunError

Floats = npt.NDArray[np.float64]
Z = 1.959964
"""The 97.5 % quantile of the normal law: intervals cover 95 %."""
FEWEST = 20
"""A rate or share of fewer events than this is not told: the default stays."""
FEWEST_DAYS = 3
"""Days from which on the spread between days is used; below, that between hours."""


class CalibrationError(RunError):
    """Tables from which nothing can be calibrated; the text says what to import."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What logs say about one key of a scenario.

    `value`, `low` and `high` are in the key's unit, the interval covers 95 % (NaN: it has none).
    `basis` says of what it was measured, or why the default stayed (`measured` is then False).
    """

    key: str
    value: Any
    low: float = math.nan
    high: float = math.nan
    measured: bool = True
    basis: str = ""

    @property
    def half_width(self) -> float:
        """Half the width of the interval as a share of the value, NaN if there is none."""
        if not isinstance(self.value, int | float) or not self.value:
            return math.nan
        return (self.high - self.low) / 2.0 / abs(self.value)

    def comment(self) -> str:
        """Return what a TOML file says beside the key."""
        if not self.measured:
            return f"default: {self.basis}" if self.basis else "default"
        bounds = ""
        if not math.isnan(self.low):
            bounds = f" {self.low:.4g} to {self.high:.4g} (95 %),"
        return f"measured:{bounds} {self.basis}"


def kept(key: str, value: Any, basis: str) -> Estimate:
    """Return that a key stays at its default."""
    return Estimate(key, value, measured=False, basis=basis)


@dataclass(frozen=True, slots=True)
class Events:
    """Events of some people: instants, whose (by number) and how many days each was there."""

    time_s: Floats
    person: npt.NDArray[np.int64]
    days: Floats
    """Days on which each person was connected."""

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self.time_s)

    def per_day(self) -> npt.NDArray[np.int64]:
        """Return the number of events of each person on each day, persons in rows."""
        day = (self.time_s // 86_400.0).astype(np.int64)
        first = day.min(initial=0)
        table = np.zeros((len(self.days), int(day.max(initial=first) - first) + 1), np.int64)
        np.add.at(table, (self.person, day - first), 1)
        return table

    def deviation(self) -> float:
        """Return the standard deviation of the number of all events, these people being given.

        With days enough it is that between the days of one person; else that between her hours
        beyond what her total and the hour's total explain (quasi-Poisson).
        """
        if not self.count:
            return 0.0
        if self.days.max(initial=0.0) >= FEWEST_DAYS:
            counts = self.per_day().astype(np.float64)
            several = np.minimum(np.maximum(self.days, 1.0), counts.shape[1])
            means = counts.sum(axis=1) / several
            squares = (counts**2).sum(axis=1) - several * means**2  # days off count nothing
            freedom = max((several - 1.0).sum(), 1.0)
            phi = squares.sum() / freedom * several.sum() / max(self.count, 1)
            return math.sqrt(max(phi, 1.0) * self.count)
        hour = (self.time_s // 3600.0).astype(np.int64)
        hour -= hour.min()
        table = np.zeros((len(self.days), int(hour.max()) + 1))
        np.add.at(table, (self.person, hour), 1.0)
        expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
        there = expected > 0.0
        freedom = max((len(self.days) - 1) * ((table.sum(axis=0) > 0).sum() - 1), 1)
        phi = float((((table - expected) ** 2)[there] / expected[there]).sum() / freedom)
        return math.sqrt(max(phi, 1.0) * self.count)


def rate(key: str, events: Events, what: str, usual: Any) -> Estimate:
    """Return events per person and day."""
    if events.count < FEWEST:
        return kept(key, usual, f"the logs show {events.count} {what}, too few to tell")
    total = events.days.sum()
    half = Z * events.deviation()
    value = events.count / total
    basis = f"{events.count:,} {what} in {events.days.sum():,.0f} days of a person"
    return Estimate(key, value, max(events.count - half, 0.0) / total,
                    (events.count + half) / total, True, basis)  # fmt: skip


def share(key: str, part: int, whole: int, what: str, usual: Any) -> Estimate:
    """Return a share with its Wilson interval."""
    if whole < FEWEST:
        return kept(key, usual, f"the logs show {whole} {what}, too few to tell")
    value = min(part / whole, 1.0)
    middle = (value + Z * Z / (2 * whole)) / (1 + Z * Z / whole)
    half = Z * math.sqrt(value * (1 - value) / whole + (Z / (2 * whole)) ** 2) / (1 + Z * Z / whole)
    return Estimate(key, value, middle - half, middle + half, True, f"{part:,} of {whole:,} {what}")


def without_outliers(values: npt.ArrayLike) -> Floats:
    """Return the finite values up to 10 above their 99th percentile."""
    observed = np.asarray(values, np.float64)
    observed = observed[np.isfinite(observed)]
    return observed[observed < np.percentile(observed, 99) + 10.0] if len(observed) else observed


def mean(key: str, values: npt.ArrayLike, what: str, usual: Any) -> Estimate:
    """Return the mean of independent values with its interval, which is Student's."""
    from scipy import stats  # half a second, which other commands need not pay

    observed = np.asarray(values, np.float64)
    observed = observed[np.isfinite(observed)]
    if len(observed) < 2:
        return kept(key, usual, f"the logs show {len(observed)} {what}, too few to tell")
    value = float(observed.mean())
    quantile = float(stats.t.ppf(0.975, len(observed) - 1))
    half = quantile * float(observed.std(ddof=1)) / math.sqrt(len(observed))
    return Estimate(key, value, value - half, value + half, True, f"{len(observed):,} {what}")
