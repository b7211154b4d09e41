"""Quantiles of times of which some were still running when the observation ended."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def censored_quantile(times_s: ArrayLike, ended: ArrayLike, probability: float) -> float:
    """Return the least time by which at least `probability` of all had ended (Kaplan and Meier 1958).

    `times_s` has the length of each, `ended` says whether it ended then or was only seen so far. Infinite when so many had not ended
    that the quantile lies beyond the observation; not a number when there was nothing to observe. Raises ValueError for a
    probability outside (0, 1).
    """
    from scipy import stats  # half a second, which only those pay who ask

    if not 0.0 < probability < 1.0:
        raise ValueError(f"probability = {probability:g}: a share between 0 and 1 is allowed; try 0.5")
    times, over = np.asarray(times_s, dtype=float), np.asarray(ended, dtype=bool)
    if len(times) == 0:
        return float("nan")
    if not over.any():
        return float("inf")
    found = stats.ecdf(stats.CensoredData(uncensored=times[over], right=times[~over])).cdf
    reached = np.flatnonzero(found.probabilities >= probability - 1e-12)
    return float(found.quantiles[reached[0]]) if len(reached) else float("inf")
