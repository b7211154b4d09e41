"""When the beginning is over: MSER-5."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

BATCH = 5


def warm_up(values: ArrayLike) -> int:
    """Return how many observations to leave out at the beginning: MSER-5 (White, Cobb and Spratt 2000).

    The cut minimises the squared standard error of the mean of what is left, over batches of five, among cuts in the first half.
    Raises ValueError for fewer than 20 observations, or when the error still falls at half of the run.
    """
    given = np.asarray(values, dtype=float)
    count = len(given) // BATCH
    if count < 4:
        raise ValueError(f"{len(given)} observations are too few to see a warm-up; give 20 or more")
    means = given[: count * BATCH].reshape(count, BATCH).mean(axis=1)
    left = np.arange(count, 0, -1)
    sums, squares = np.cumsum(means[::-1])[::-1], np.cumsum(means[::-1] ** 2)[::-1]
    errors = (squares - sums**2 / left) / left**2
    half = count // 2
    best = int(np.argmin(errors[:half]))
    if best == half - 1:
        raise ValueError("the error still falls at half of the run: it is too short to have settled; simulate longer")
    return best * BATCH
