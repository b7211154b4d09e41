"""Intervals cover what they say, on processes whose answer is known; pairing saves its share."""

from __future__ import annotations

import numpy as np
import pytest

from anywhere_sim.analysis.intervals import mean_interval, paired


@pytest.mark.parametrize("replications", [2, 5, 20])
def test_the_95_percent_interval_covers_the_mean_in_95_of_100_cases(replications: int) -> None:
    draws = np.random.default_rng(3).normal(10.0, 4.0, (4_000, replications))
    covered = np.mean(
        [interval.low <= 10.0 <= interval.high for interval in map(mean_interval, draws)]
    )
    assert abs(covered - 0.95) < 4.0 * np.sqrt(0.95 * 0.05 / 4_000)


def test_one_replication_says_nothing_about_its_error() -> None:
    assert mean_interval([3.0]).half_width == float("inf")
    assert np.isnan(mean_interval([]).mean)
    assert mean_interval([1.0, float("nan"), 3.0]).mean == 2.0


def test_infinite_in_every_replication_is_more_and_in_some_is_unknown() -> None:
    inf = float("inf")
    assert mean_interval([inf, inf]).mean == inf
    assert np.isnan(mean_interval([inf, 1.0]).mean)
    assert paired([inf, inf], [1.0, 2.0]).word == "more"
    assert paired([1.0, 2.0], [inf, inf]).word == "fewer"
    assert paired([inf, 3.0], [1.0, 2.0]).word == "not distinguishable"
    assert paired([inf, 3.0], [inf, 2.0]).word == "not distinguishable"


def test_pairing_takes_out_what_both_share() -> None:
    draws = np.random.default_rng(4)
    shared, one, other = (
        draws.normal(0.0, 3.0, 4_000),
        draws.normal(1.0, 1.0, 4_000),
        draws.normal(0.0, 1.0, 4_000),
    )
    found = paired(shared + one, shared + other)
    assert found.difference.low < 1.0 < found.difference.high
    assert found.variance_ratio == pytest.approx(2.0 / 20.0, rel=0.1)
    assert found.word == "more"
    assert paired(shared + other, shared + one).word == "fewer"


def test_no_difference_is_called_none_in_95_of_100_cases() -> None:
    draws = np.random.default_rng(5).normal(0.0, 1.0, (2_000, 2, 10))
    silent = np.mean([paired(*pair).word == "not distinguishable" for pair in draws])
    assert abs(silent - 0.95) < 4.0 * np.sqrt(0.95 * 0.05 / 2_000)


def test_what_cannot_be_paired_is_refused() -> None:
    with pytest.raises(ValueError, match="same replications"):
        paired([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="between 0 and 1"):
        mean_interval([1.0, 2.0], confidence=95.0)


def test_a_difference_of_few_unequal_replications_is_too_rare_to_tell() -> None:
    """Where most replications are equal and a few are not, no interval is trusted."""
    equal = [0.0] * 30
    assert paired([*equal, 8.0, 9.0, 8.0, 9.0], [0.0] * 34).word == "too rare to tell"
    assert paired([*equal, *[9.0] * 5], [0.0] * 35).word == "more"
    assert paired([3.0, 4.0], [1.0, 2.1]).word == "more"  # all differ: nothing rare about it
    assert paired(equal, equal).word == "not distinguishable"
    # sums in another order are no difference
    assert paired([0.1 + 0.2, 1.0, 2.0], [0.3, 1.0, 2.0]).unequal == 0
