"""What one long run says about its mean: batch means, with a check that the batches are apart enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from anywhere_sim.analysis.statistics.interval import Interval, mean_interval


@dataclass(frozen=True, slots=True)
class BatchMeans:
    """The interval, and whether its batches look independent (one-sided von Neumann test of positive correlation at 10 %)."""

    interval: Interval
    independent: bool


def batch_means(values: ArrayLike, batches: int = 20, confidence: float = 0.95) -> BatchMeans:
    """Return the mean of a steady sequence with an interval from the means of `batches` equal parts (Law 2015, 9.5.3).

    Raises ValueError for fewer than two values per batch or fewer than ten batches.
    """
    given = np.asarray(values, dtype=float)
    size = len(given) // batches if batches >= 10 else 0
    if size < 2:
        raise ValueError(f"{len(given)} values in {batches} batches: ten batches of two values at least are needed")
    means = given[len(given) - size * batches :].reshape(batches, size).mean(axis=1)
    spread = float(((means - means.mean()) ** 2).sum())
    correlation = 1.0 - float((np.diff(means) ** 2).sum()) / (2.0 * spread) if spread > 0.0 else 0.0
    limit = float(ndtri(0.9)) * np.sqrt((batches - 2) / (batches**2 - 1))
    return BatchMeans(mean_interval(means, confidence), bool(correlation <= limit))
