"""How well a mean, a quantile, a ratio or a difference is known, from independent observations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

INFINITE = float("inf")
NAN = float("nan")
ROUNDING = 1e-12
"""Numbers that differ by no larger share of themselves are equal but for the order of sums."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with the ends of its confidence interval, all in the unit of the observations.

    >>> print(Interval(10.0, 9.5, 10.5))
    10 [9.5, 10.5]
    """

    mean: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the width of the interval."""
        return (self.high - self.low) / 2.0

    def __str__(self) -> str:
        return f"{self.mean:.4g} [{self.low:.4g}, {self.high:.4g}]"


NO_DIFFERENCE, TOO_RARE = "not distinguishable", "too rare to tell"
NEGLIGIBLE = "negligible"
ENOUGH_UNEQUAL = 5
"""Replications in which two systems have to differ, where they are equal in others.

A t interval takes differences to be nearly normal. Of a rare event most are 0 and a few are not,
and 95 % intervals of such means hold the true value in 32 to 88 % of the cases only.
"""

UNKNOWN = Interval(NAN, -INFINITE, INFINITE)
"""What no observation can bound."""


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the mean of independent replications with its Student t interval (Law 2015, 4.5).

    `values` has one number per replication; NaN are left out. With fewer than two the interval is
    infinite; where some values are infinite and others are not, the mean is NaN. Raises ValueError
    for a confidence outside (0, 1).

    >>> print(mean_interval([9.0, 10.0, 11.0, 10.0]))
    10 [8.701, 11.3]
    """
    _check_confidence(confidence)
    observed = np.asarray(values, dtype=float)
    observed = observed[~np.isnan(observed)]
    if len(observed) == 0:
        return UNKNOWN
    if not np.isfinite(observed).all():
        all_equal = bool((observed == observed[0]).all())
        return Interval(*[float(observed[0])] * 3) if all_equal else UNKNOWN
    mean = float(observed.mean())
    if len(observed) == 1:
        return Interval(mean, -INFINITE, INFINITE)
    critical = student_t(len(observed) - 1, confidence)
    half_width = critical * float(observed.std(ddof=1)) / float(np.sqrt(len(observed)))
    return Interval(mean, mean - half_width, mean + half_width)


def quantile_interval(values: ArrayLike, probability: float, confidence: float = 0.95) -> Interval:
    """Return a quantile of independent observations with a distribution-free interval.

    The ends are order statistics whose ranks come from the binomial distribution (Conover 1999,
    3.2), so coverage is at least `confidence`; an end that no observation can bound is infinite.
    Raises ValueError for a probability outside (0, 1) or no observations.

    >>> print(quantile_interval(range(1, 101), 0.5))
    50.5 [40, 61]
    """
    from scipy import stats  # half a second, which only those pay who call this

    ordered = np.sort(np.asarray(values, dtype=float))
    if not 0.0 < probability < 1.0 or len(ordered) == 0:
        raise ValueError(
            f"probability = {probability:g} of {len(ordered)} values: "
            "give one between 0 and 1, and one value at least"
        )
    tail = (1.0 - confidence) / 2.0
    below = int(stats.binom.ppf(tail, len(ordered), probability)) - 1
    above = int(stats.binom.ppf(1.0 - tail, len(ordered), probability))
    low = float(ordered[below]) if below >= 0 else -INFINITE
    high = float(ordered[above]) if above < len(ordered) else INFINITE
    return Interval(float(np.quantile(ordered, probability)), low, high)


def ratio_interval(
    numerators: ArrayLike, denominators: ArrayLike, confidence: float = 0.95
) -> Interval:
    """Return the ratio of the means of paired observations with its jackknifed t interval.

    The jackknife (Quenouille 1956; Law 2015, 9.3.4) takes out most of the bias of the plain ratio.
    Raises ValueError for fewer than three pairs or denominators whose mean is zero.

    >>> print(ratio_interval([2.0, 4.1, 5.9], [1.0, 2.0, 3.0]))
    1.994 [1.849, 2.14]
    """
    above = np.asarray(numerators, dtype=float)
    below = np.asarray(denominators, dtype=float)
    count = len(above)
    if count < 3 or len(below) != count:
        raise ValueError(
            f"{count} numerators and {len(below)} denominators: three pairs at least are needed"
        )
    if below.mean() == 0.0:
        raise ValueError("the denominators' mean is 0; a ratio to nothing has no interval")
    ratio = above.sum() / below.sum()
    without_each = (above.sum() - above) / (below.sum() - below)
    pseudo_values = count * ratio - (count - 1) * without_each
    return mean_interval(pseudo_values, confidence)


@dataclass(frozen=True, slots=True)
class Paired:
    """The difference of two systems, and what pairing saved.

    `variance_ratio` is the variance of the paired difference over that of independent runs,
    var(a) + var(b): 0.1 says that unpaired runs would need ten times as many replications; above 1
    says that pairing did harm. `unequal` counts the pairs that differ, `equal` the others.

    >>> paired([11.0, 14.0, 12.0], [10.0, 12.9, 11.1]).unequal
    3
    """

    difference: Interval
    variance_ratio: float
    unequal: int = 0
    equal: int = 0

    @property
    def word(self) -> str:
        """What can be said: more, fewer, not distinguishable, or too rare to tell.

        The last when some pairs are equal and fewer than ENOUGH_UNEQUAL are not.

        >>> paired([0.0, 0.0, 9.0, 0.0], [0.0, 0.0, 0.0, 0.0]).word
        'too rare to tell'
        """
        if self.equal and 0 < self.unequal < ENOUGH_UNEQUAL:
            return TOO_RARE
        if self.difference.low > 0.0:
            return "more"
        return "fewer" if self.difference.high < 0.0 else NO_DIFFERENCE


def paired(first: ArrayLike, second: ArrayLike, confidence: float = 0.95) -> Paired:
    """Return `first` - `second`, replication by replication, with its paired t interval.

    Both have one number per replication, in the same order, with common random numbers (Law 2015,
    10.2.1). A pair of which one is NaN is left out; where both are infinite the difference is
    unknown. Raises ValueError when their lengths differ.

    >>> comparison = paired([11.0, 14.0, 12.0], [10.0, 12.9, 11.1])
    >>> print(comparison.difference, comparison.word)
    1 [0.7516, 1.248] more
    """
    one, other = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if one.shape != other.shape:
        raise ValueError(
            f"{one.size} and {other.size} replications can't be paired; "
            "give the same replications of both"
        )
    known = ~(np.isnan(one) | np.isnan(other))
    one, other = one[known], other[known]
    if (np.isinf(one) & np.isinf(other)).any():
        return Paired(UNKNOWN, NAN)
    difference = one - other
    scale = np.maximum(np.abs(one), np.abs(other))
    differs = np.isinf(difference) | (np.abs(difference) > ROUNDING * scale)
    unequal = int(differs.sum())
    counts = unequal, len(difference) - unequal
    if np.isinf(difference).any() or len(difference) < 2:
        return Paired(mean_interval(difference, confidence), NAN, *counts)
    independent_variance = float(one.var(ddof=1) + other.var(ddof=1))
    paired_variance = float(difference.var(ddof=1))
    ratio = paired_variance / independent_variance if independent_variance > 0.0 else NAN
    return Paired(mean_interval(difference, confidence), ratio, *counts)


def student_t(degrees_of_freedom: int, confidence: float) -> float:
    """Return the two-sided critical value of Student's t distribution.

    >>> round(student_t(9, 0.95), 3)
    2.262
    """
    from scipy.special import stdtrit  # takes longer to import than a run's traces to read

    return float(stdtrit(degrees_of_freedom, 0.5 + confidence / 2.0))


def _check_confidence(confidence: float) -> None:
    if not 0.0 < confidence < 1.0:
        raise ValueError(
            f"confidence = {confidence:g}: a share between 0 and 1 is allowed; try 0.95"
        )
