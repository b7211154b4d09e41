"""Which of two systems is better: paired differences under common random numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from anywhere_sim.analysis.statistics.interval import Interval, mean_interval


@dataclass(frozen=True, slots=True)
class Paired:
    """The difference of two systems, and what pairing saved.

    `variance_ratio` is the variance of the paired difference over that of independent runs, var(a) + var(b): 0.1 says that
    unpaired runs would need ten times as many replications; above 1 says that pairing did harm.
    """

    difference: Interval
    variance_ratio: float

    @property
    def word(self) -> str:
        """What can be said: more, fewer, or not distinguishable."""
        if self.difference.low > 0.0:
            return "more"
        return "fewer" if self.difference.high < 0.0 else "not distinguishable"


def paired(first: ArrayLike, second: ArrayLike, confidence: float = 0.95) -> Paired:
    """Return `first` - `second`, replication by replication, with its paired t interval (Law 2015, 10.2.1).

    Both have one number per replication, in the same order; a pair of which one is not a number is left out, and where both are
    infinite nothing can be said. Raises ValueError when their lengths differ.
    """
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if one.shape != other.shape:
        raise ValueError(f"{one.size} and {other.size} replications can't be paired; give the same replications of both")
    known = ~(np.isnan(one) | np.isnan(other))
    one, other = one[known], other[known]
    if (np.isinf(one) & np.isinf(other)).any():
        return Paired(Interval(float("nan"), -float("inf"), float("inf")), float("nan"))
    if np.isinf(one - other).any():
        return Paired(mean_interval(one - other, confidence), float("nan"))
    apart = float(one.var(ddof=1) + other.var(ddof=1)) if len(one) > 1 else 0.0
    together = float((one - other).var(ddof=1)) if len(one) > 1 else 0.0
    return Paired(mean_interval(one - other, confidence), together / apart if apart > 0.0 else float("nan"))
