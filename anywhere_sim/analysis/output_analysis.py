"""Output analysis of a simulation: warm-up, batches, run length, time averages, censored times."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from anywhere_sim.analysis.intervals import Interval, mean_interval, student_t

MIN_BATCHES = 10
MAX_REPLICATIONS = 1_000_000
MSER_BATCH = 5


@dataclass(frozen=True, slots=True)
class BatchMeans:
    """The interval of a mean, and whether its batches look independent.

    `independent` is a one-sided von Neumann test against positive correlation, at 10 %.

    >>> batch_means([1.0, 3.0] * 100).interval.half_width
    0.0
    """

    interval: Interval
    independent: bool


def batch_means(values: ArrayLike, batches: int = 20, confidence: float = 0.95) -> BatchMeans:
    """Return the mean of a stationary sequence with an interval from the means of equal batches.

    `values` is one long run after its warm-up (Law 2015, 9.5.3); what doesn't fill the batches is
    left out at the beginning. Raises ValueError for fewer than two values per batch or fewer than
    ten batches.

    >>> result = batch_means([1.0, 3.0] * 100)
    >>> result.interval.mean, result.independent
    (2.0, True)
    """
    sequence = np.asarray(values, dtype=float)
    size = len(sequence) // batches if batches >= MIN_BATCHES else 0
    if size < 2:
        raise ValueError(
            f"{len(sequence)} values in {batches} batches: "
            "ten batches of two values at least are needed"
        )
    means = sequence[len(sequence) - size * batches :].reshape(batches, size).mean(axis=1)
    squares = float(((means - means.mean()) ** 2).sum())
    steps = float((np.diff(means) ** 2).sum())
    correlation = 1.0 - steps / (2.0 * squares) if squares > 0.0 else 0.0
    critical = NormalDist().inv_cdf(0.9) * np.sqrt((batches - 2) / (batches**2 - 1))
    return BatchMeans(mean_interval(means, confidence), bool(correlation <= critical))


def warm_up(values: ArrayLike) -> int:
    """Return how many observations to delete at the beginning: MSER-5 (White, Cobb, Spratt 2000).

    The truncation point minimises the squared standard error of the mean of what is left, over
    batches of five, among points in the first half. Raises ValueError for fewer than 20
    observations, or when the error still falls at half of the run.

    >>> warm_up([9.0] * 10 + [1.0, 2.0] * 50)
    10
    """
    sequence = np.asarray(values, dtype=float)
    count = len(sequence) // MSER_BATCH
    if count < 4:
        raise ValueError(
            f"{len(sequence)} observations are too few to see a warm-up; give 20 or more"
        )
    means = sequence[: count * MSER_BATCH].reshape(count, MSER_BATCH).mean(axis=1)
    left = np.arange(count, 0, -1)
    sums, squares = np.cumsum(means[::-1])[::-1], np.cumsum(means[::-1] ** 2)[::-1]
    errors = (squares - sums**2 / left) / left**2
    half = count // 2
    best = int(np.argmin(errors[:half]))
    if best == half - 1:
        raise ValueError(
            "the error still falls at half of the run: "
            "it is too short to have settled; simulate longer"
        )
    return best * MSER_BATCH


def replications_needed(values: ArrayLike, half_width: float, confidence: float = 0.95) -> int:
    """Return the smallest number of replications expected to reach a half width (Law 2015, 9.4.1).

    `values` are pilot replications, two at least, in the unit of `half_width`; their variance is
    taken as the true one. Raises ValueError for a half width that is not positive, or one that
    would take more than a million.

    >>> replications_needed([9.0, 10.0, 11.0], half_width=0.5)
    18
    """
    pilot = np.asarray(values, dtype=float)
    if half_width <= 0.0 or len(pilot) < 2:
        raise ValueError(
            f"half_width = {half_width:g} from {len(pilot)} replications: "
            "give one above 0, and two replications at least"
        )
    deviation = float(pilot.std(ddof=1))
    low, high = 2, MAX_REPLICATIONS
    if _half_width(deviation, high, confidence) > half_width:
        raise ValueError(
            f"half_width = {half_width:g} would take more than {MAX_REPLICATIONS:,} replications; "
            "allow a wider one"
        )
    while low < high:
        middle = (low + high) // 2
        if _half_width(deviation, middle, confidence) <= half_width:
            high = middle
        else:
            low = middle + 1
    return low


def _half_width(deviation: float, count: int, confidence: float) -> float:
    return student_t(count - 1, confidence) * deviation / float(np.sqrt(count))


def time_weighted_mean(times_s: ArrayLike, values: ArrayLike, end_s: float) -> float:
    """Return the mean of a step function from its first instant to `end_s`, in the values' unit.

    `values[i]` holds from `times_s[i]` to the next instant. Raises ValueError for instants out of
    order or an end before the last.

    >>> time_weighted_mean([0.0, 3.0], [1.0, 5.0], end_s=4.0)
    2.0
    """
    times, levels = np.asarray(times_s, dtype=float), np.asarray(values, dtype=float)
    lengths = np.diff(np.append(times, end_s))
    if len(times) == 0 or len(times) != len(levels) or (lengths < 0.0).any():
        raise ValueError(
            "times and values must be of one length, in order, and end before `end_s`; "
            "sort them by time"
        )
    total = float(lengths.sum())
    return float((lengths * levels).sum() / total) if total > 0.0 else float(levels[-1])


def censored_quantile(times_s: ArrayLike, ended: ArrayLike, probability: float) -> float:
    """Return a quantile of durations of which some are right-censored (Kaplan and Meier 1958).

    `times_s` has the length of each, `ended` says whether it ended then or was only observed so
    far. Infinite when so many are censored that the quantile lies beyond the observation; NaN when
    there was nothing to observe. Raises ValueError for a probability outside (0, 1).

    >>> censored_quantile([1.0, 2.0, 3.0, 3.0], [True, True, True, False], 0.75)
    3.0
    """
    from scipy import stats  # half a second, which only those pay who call this

    if not 0.0 < probability < 1.0:
        raise ValueError(
            f"probability = {probability:g}: a share between 0 and 1 is allowed; try 0.5"
        )
    times, over = np.asarray(times_s, dtype=float), np.asarray(ended, dtype=bool)
    if len(times) == 0:
        return float("nan")
    if not over.any():
        return float("inf")
    cdf = stats.ecdf(stats.CensoredData(uncensored=times[over], right=times[~over])).cdf
    reached = np.flatnonzero(cdf.probabilities >= probability - 1e-12)
    return float(cdf.quantiles[reached[0]]) if len(reached) else float("inf")
