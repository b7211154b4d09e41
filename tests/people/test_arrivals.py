"""What is due so rarely that no run sees it comes to an end all the same."""

from __future__ import annotations

import pytest

from anywhere_sim.des.random_streams import Streams
from anywhere_sim.people.arrivals import BurstLaw, Bursts, DayShape, DueTimes
from anywhere_sim.scenario.community import Community

EVEN = DayShape([1.0] * 24)


@pytest.mark.parametrize("per_day", [0.0, 5e-324, 1e-300, 1e-12])
def test_next_to_nothing_a_day_is_never_due(per_day: float) -> None:
    draws = Streams(1, 0).stream("rare")
    assert list(DueTimes(draws, per_day, EVEN)) == []
    assert list(Bursts(draws, per_day, EVEN, BurstLaw(Community()))) == []


def test_a_last_burst_is_whole() -> None:
    """Once a million days: one burst or none before the end, of several messages."""
    draws = Streams(1, 0).stream("rare")
    law = BurstLaw(Community(burst_messages=5.0))
    found = [list(Bursts(draws, 1e-5, EVEN, law)) for _ in range(20)]
    assert max(len(times) for times in found) > 1
    assert all(times == sorted(times) for times in found)


@pytest.mark.parametrize(("share", "hour"), [(0.0, 8), (0.25, 9), (0.5, 14), (2.75, 63)])
def test_an_hour_without_mail_is_passed_over(share: float, hour: int) -> None:
    """What is due as an empty hour begins is due when it ends; four hours of a day are busy."""
    shape = DayShape([float(hour in (8, 9, 14, 15)) for hour in range(24)])
    assert shape.time_of(share) == hour * 3600.0
