"""How well a ratio of two means is known: the jackknife."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from anywhere_sim.analysis.statistics.interval import Interval


def ratio_interval(numerators: ArrayLike, denominators: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the ratio of the means of paired observations with its jackknifed t interval (Law 2015, 9.3.4; Quenouille 1956).

    Raises ValueError for fewer than three pairs or denominators whose mean is zero.
    """
    above, below = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)
    count = len(above)
    if count < 3 or len(below) != count:
        raise ValueError(f"{count} numerators and {len(below)} denominators: three pairs at least are needed")
    if below.mean() == 0.0:
        raise ValueError("the denominators' mean is 0; a ratio to nothing has no interval")
    whole = above.sum() / below.sum()
    without = (above.sum() - above) / (below.sum() - below)
    pseudo = count * whole - (count - 1) * without
    half = stdtrit(count - 1, 0.5 + confidence / 2.0) * pseudo.std(ddof=1) / np.sqrt(count)
    return Interval(float(pseudo.mean()), float(pseudo.mean() - half), float(pseudo.mean() + half))
