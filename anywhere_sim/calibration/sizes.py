"""How large messages are: from how many calls wrote the body of each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from anywhere_sim.calibration.estimate import FEWEST, Estimate, Floats, Z, kept
from anywhere_sim.rpc.call_types import BUFFER_BYTES, CHAINED_BYTES
from anywhere_sim.scenario.community import Community

BUFFER_OF_MODE = {"online": BUFFER_BYTES, "cached": CHAINED_BYTES}
"""What one call that writes a body carries."""
MOST_CALLS = 400
_USUAL = Community()


def message_sizes(
    calls: list[tuple[str | None, npt.ArrayLike]],
) -> tuple[Estimate, Estimate, str]:
    """Return mean and sigma of a lognormal size, and how well it fits, from calls per message.

    `calls` has, by mode, how many calls wrote each message: k calls of B bytes mean a size between
    (k - 1) B and k B. Sizes above `size_max_bytes` count as that. Maximum likelihood of classes;
    the intervals are those of its curvature.
    """
    from scipy import optimize, stats  # half a second, which other commands need not pay

    usual = (_USUAL.size_mean_bytes, _USUAL.size_sigma)
    lows, highs = [], []
    for mode, given in calls:
        count = np.asarray(given, np.float64)
        count = np.minimum(count[np.isfinite(count) & (count >= 1.0)], MOST_CALLS)
        buffer = BUFFER_OF_MODE.get(mode or "", BUFFER_BYTES)
        lows.append((count - 1.0) * buffer)
        highs.append(np.where(count * buffer >= _USUAL.size_max_bytes, np.inf, count * buffer))
    low, high = np.concatenate([np.zeros(0), *lows]), np.concatenate([np.zeros(0), *highs])
    if len(low) < 5 * FEWEST or not (low > 0.0).sum() >= FEWEST:
        why = f"{len(low)} messages that were written are too few to tell their sizes"
        return (
            kept("size_mean_bytes", usual[0], why), kept("size_sigma", usual[1], why), ""
        )  # fmt: skip
    classes, times = np.unique(np.stack([low, high]), axis=1, return_counts=True)

    def lost(given: Floats) -> float:
        chance = _chance(classes, given[0], np.exp(given[1]))
        return -float((times * np.log(np.maximum(chance, 1e-300))).sum())

    start = np.array([np.log(usual[0]) - usual[1] ** 2 / 2.0, np.log(usual[1])])
    found = optimize.minimize(lost, start, method="Nelder-Mead", options={"xatol": 1e-5})
    middle, sigma = float(found.x[0]), float(np.exp(found.x[1]))
    spread = np.linalg.pinv(_curvature(lost, found.x))
    slope = np.array([1.0, sigma * sigma])  # of the logarithm of the mean
    half = Z * float(np.sqrt(max(slope @ spread @ slope, 0.0)))
    half_sigma = Z * float(np.sqrt(max(spread[1, 1], 0.0)))
    mean = float(np.exp(middle + sigma * sigma / 2.0))
    tests = [_chi_squared(*each, middle, sigma) for each in zip(lows, highs, strict=True)]
    chi, freedom = sum(each for each, _ in tests), max(sum(each for _, each in tests) - 2, 1)
    fit = (
        f"calls per message against a lognormal: chi squared {chi:.1f} with {freedom} degrees of "
        f"freedom, p {stats.chi2.sf(chi, freedom):.2f}"
    )
    basis = f"calls that wrote {len(low):,} messages"
    return (
        Estimate("size_mean_bytes", mean, mean * float(np.exp(-half)), mean * float(np.exp(half)),
                 True, basis),
        Estimate("size_sigma", sigma, sigma * float(np.exp(-half_sigma)),
                 sigma * float(np.exp(half_sigma)), True, basis),
        fit,
    )  # fmt: skip


def _chance(classes: Floats, middle: float, sigma: float) -> Floats:
    """Return the chance of each class of sizes."""
    from scipy import stats

    with np.errstate(divide="ignore"):
        ends = (np.log(classes) - middle) / sigma
    return np.asarray(stats.norm.cdf(ends[1]) - stats.norm.cdf(ends[0]))


def _chi_squared(low: Floats, high: Floats, middle: float, sigma: float) -> tuple[float, int]:
    """Return chi squared of the messages of one mode, and how many classes less one it has.

    Neighbouring classes are taken together until each is expected to have `FEWEST` messages.
    """
    if not len(low):
        return 0.0, 0
    step = float((high - low).min())  # the last class has no upper end
    edges = [0.0]
    left = float(len(low))
    for edge in step * np.arange(1.0, MOST_CALLS):
        between = _chance(np.array([[edges[-1]], [edge]]), middle, sigma)[0] * len(low)
        if between >= FEWEST and left - between >= FEWEST:
            edges.append(float(edge))
            left -= between
    edges.append(np.inf)
    seen = np.histogram(low, [*edges[:-1], 1e18])[0]
    expected = _chance(np.array([edges[:-1], edges[1:]]), middle, sigma) * len(low)
    return float(((seen - expected) ** 2 / expected).sum()), len(seen) - 1


def _curvature(lost: object, at: Floats, step: float = 1e-3) -> Floats:
    """Return the second derivatives of a function of two numbers by differences."""
    assert callable(lost)
    found = np.empty((2, 2))
    steps = np.eye(2) * step
    for row in range(2):
        for column in range(2):
            one, other = steps[row], steps[column]
            found[row, column] = (
                lost(at + one + other) - lost(at + one - other)
                - lost(at - one + other) + lost(at - one - other)
            ) / (4.0 * step * step)  # fmt: skip
    return found
