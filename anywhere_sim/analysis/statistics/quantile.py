"""How well a quantile is known: order statistics, without any assumption about the law."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from anywhere_sim.analysis.statistics.interval import Interval


def quantile_interval(values: ArrayLike, probability: float, confidence: float = 0.95) -> Interval:
    """Return a quantile of independent observations with a distribution-free interval (Conover 1999, 3.2).

    The ends are order statistics whose ranks come from the binomial law, so coverage is at least `confidence`; an end that no
    observation can bound is infinite. Raises ValueError for a probability outside (0, 1) or no observations.
    """
    from scipy import stats  # half a second, which only those pay who ask

    ordered = np.sort(np.asarray(values, dtype=float))
    if not 0.0 < probability < 1.0 or len(ordered) == 0:
        raise ValueError(f"probability = {probability:g} of {len(ordered)} values: give one between 0 and 1, and one value at least")
    tail = (1.0 - confidence) / 2.0
    below = int(stats.binom.ppf(tail, len(ordered), probability)) - 1
    above = int(stats.binom.ppf(1.0 - tail, len(ordered), probability))
    low = float(ordered[below]) if below >= 0 else -float("inf")
    high = float(ordered[above]) if above < len(ordered) else float("inf")
    return Interval(float(np.quantile(ordered, probability)), low, high)
