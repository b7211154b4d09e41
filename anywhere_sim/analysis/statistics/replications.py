"""How many replications a wanted precision takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

MOST = 1_000_000


def replications_needed(values: ArrayLike, half_width: float, confidence: float = 0.95) -> int:
    """Return the least number of replications whose interval is expected to be at most `half_width` to either side (Law 2015, 9.4.1).

    `values` are pilot replications, two at least; their variance is taken as it is. Raises ValueError for a half width that is not
    positive, or one that would take more than a million.
    """
    given = np.asarray(values, dtype=float)
    if half_width <= 0.0 or len(given) < 2:
        raise ValueError(f"half_width = {half_width:g} from {len(given)} replications: give one above 0, and two replications at least")
    deviation = float(given.std(ddof=1))
    low, high = 2, MOST
    if _half(deviation, high, confidence) > half_width:
        raise ValueError(f"half_width = {half_width:g} would take more than {MOST:,} replications; allow a wider one")
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _half(deviation, middle, confidence) <= half_width else (middle + 1, high)
    return low


def _half(deviation: float, count: int, confidence: float) -> float:
    return float(stdtrit(count - 1, 0.5 + confidence / 2.0)) * deviation / float(np.sqrt(count))
