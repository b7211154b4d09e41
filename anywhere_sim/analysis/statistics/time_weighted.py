"""The mean of something that changes at known instants."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def time_weighted_mean(times_s: ArrayLike, values: ArrayLike, end_s: float) -> float:
    """Return the mean of a step function from its first instant to `end_s`, each value weighted with how long it held.

    `values[i]` holds from `times_s[i]` to the next instant. Raises ValueError for instants out of order or an end before the last.
    """
    times, held = np.asarray(times_s, dtype=float), np.asarray(values, dtype=float)
    lengths = np.diff(np.append(times, end_s))
    if len(times) == 0 or len(times) != len(held) or (lengths < 0.0).any():
        raise ValueError("times and values must be of one length, in order, and end before `end_s`; sort them by time")
    total = float(lengths.sum())
    return float((lengths * held).sum() / total) if total > 0.0 else float(held[-1])
