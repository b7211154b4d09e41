"""How well a mean is known: intervals from independent replications."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with the ends of its confidence interval."""

    mean: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2.0

    def __str__(self) -> str:
        return f"{self.mean:.4g} [{self.low:.4g}, {self.high:.4g}]"


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the mean of independent replications with its t interval (Law 2015, 4.5).

    `values` has one number per replication; those that are not a number are left out. With fewer than two the interval is infinite;
    where some are infinite and others are not there is no mean. Raises ValueError for a confidence outside (0, 1).
    """
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence = {confidence:g}: a share between 0 and 1 is allowed; try 0.95")
    given = np.asarray(values, dtype=float)
    given = given[~np.isnan(given)]
    if len(given) == 0:
        return Interval(float("nan"), -float("inf"), float("inf"))
    if not np.isfinite(given).all():
        same = bool((given == given[0]).all())
        return Interval(float(given[0]), float(given[0]), float(given[0])) if same else Interval(float("nan"), -float("inf"), float("inf"))
    mean = float(given.mean())
    if len(given) == 1:
        return Interval(mean, -float("inf"), float("inf"))
    half = float(stdtrit(len(given) - 1, 0.5 + confidence / 2.0) * given.std(ddof=1) / np.sqrt(len(given)))
    return Interval(mean, mean - half, mean + half)
