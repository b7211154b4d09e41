"""Output analysis on processes whose answer is known: coverage, warm-ups, batches."""

from __future__ import annotations

import numpy as np
import pytest

from anywhere_sim.analysis.intervals import mean_interval, quantile_interval, ratio_interval
from anywhere_sim.analysis.output_analysis import (
    batch_means,
    replications_needed,
    time_weighted_mean,
    warm_up,
)

REPEATS = 2_000


def autoregressive(
    draws: np.random.Generator, count: int, memory: float, start: float = 0.0
) -> np.ndarray:
    values, now = np.empty(count), start
    for index, noise in enumerate(draws.normal(size=count)):
        now = memory * now + noise
        values[index] = now
    return values


def test_a_value_weighs_as_long_as_it_holds() -> None:
    assert time_weighted_mean([0.0, 1.0, 4.0], [5.0, 1.0, 7.0], 5.0) == pytest.approx(
        (5.0 + 3.0 + 7.0) / 5.0
    )
    with pytest.raises(ValueError, match="in order"):
        time_weighted_mean([2.0, 1.0], [1.0, 1.0], 3.0)


def test_the_jackknifed_ratio_covers_and_has_less_bias_than_the_plain_one() -> None:
    draws = np.random.default_rng(11)
    below = draws.gamma(4.0, 0.25, (REPEATS, 10))
    above = 3.0 * below + draws.normal(0.0, 0.3, (REPEATS, 10))
    intervals = [ratio_interval(*pair) for pair in zip(above, below, strict=True)]
    assert 0.92 < np.mean([interval.low <= 3.0 <= interval.high for interval in intervals]) < 0.97
    skewed = above + 1.0
    true = 4.0
    plain = np.mean(skewed.mean(axis=1) / below.mean(axis=1)) - true
    mended = (
        np.mean([ratio_interval(*pair).mean for pair in zip(skewed, below, strict=True)]) - true
    )
    assert abs(mended) < abs(plain) / 2.0


@pytest.mark.parametrize(("probability", "count"), [(0.5, 30), (0.95, 100), (0.05, 100)])
def test_the_quantile_interval_covers_for_a_skewed_law(probability: float, count: int) -> None:
    true = -np.log(1.0 - probability)
    intervals = [
        quantile_interval(row, probability)
        for row in np.random.default_rng(12).exponential(size=(REPEATS, count))
    ]
    assert 0.94 < np.mean([interval.low <= true <= interval.high for interval in intervals]) < 0.985


def test_a_quantile_beyond_the_data_has_no_upper_end() -> None:
    assert quantile_interval([1.0, 2.0, 3.0], 0.95).high == float("inf")


def test_the_warm_up_of_a_decaying_beginning_is_cut_and_a_steady_run_is_left_whole() -> None:
    draws = np.random.default_rng(13)
    decaying = 20.0 * np.exp(-np.arange(1_000) / 40.0) + draws.normal(size=1_000)
    assert 60 <= warm_up(decaying) <= 300
    assert np.median([warm_up(draws.normal(size=1_000)) for _ in range(50)]) <= 100
    with pytest.raises(ValueError, match="simulate longer"):
        warm_up(np.arange(200.0))


def test_long_batches_cover_and_short_ones_are_called_dependent() -> None:
    draws = np.random.default_rng(14)
    results = [batch_means(autoregressive(draws, 2_000, 0.5)) for _ in range(400)]
    assert (
        0.91
        < np.mean([result.interval.low <= 0.0 <= result.interval.high for result in results])
        < 0.98
    )
    assert np.mean([result.independent for result in results]) > 0.75
    short = [batch_means(autoregressive(draws, 100, 0.95)) for _ in range(200)]
    assert np.mean([result.independent for result in short]) < 0.2


def test_as_many_replications_as_needed_reach_the_wanted_width() -> None:
    draws = np.random.default_rng(15)
    needed = replications_needed(draws.normal(0.0, 5.0, 2_000), half_width=0.5)
    assert needed == pytest.approx((1.96 * 5.0 / 0.5) ** 2, rel=0.08)
    reached = np.mean([mean_interval(draws.normal(0.0, 5.0, needed)).half_width for _ in range(50)])
    assert reached == pytest.approx(0.5, rel=0.05)
    with pytest.raises(ValueError, match="wider"):
        replications_needed([0.0, 1e9], half_width=1e-3)
