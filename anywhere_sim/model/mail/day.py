"""When things are due: a non-homogeneous stream of times with the shape of a working day, in bursts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush

from anywhere_sim.kernel.streams import Stream

HOUR_S = 3600.0
DAY_S = 86_400.0


class DayShape:
    """The share of a day's happenings by hour, as a clock that runs fast in busy hours."""

    __slots__ = ("_cumulative",)

    def __init__(self, weights: Sequence[float]) -> None:
        total = sum(weights)
        self._cumulative = [0.0]
        for weight in weights:
            self._cumulative.append(self._cumulative[-1] + weight / total)

    def time_of(self, share: float) -> float:
        """Return the time before which `share` days' worth of happenings lie (1.0 per day)."""
        days, part = divmod(share, 1.0)
        for hour in range(24):
            low, high = self._cumulative[hour], self._cumulative[hour + 1]
            if part < high or hour == 23:
                inside = (part - low) / (high - low) if high > low else 0.0
                return days * DAY_S + (hour + min(inside, 1.0)) * HOUR_S
        raise AssertionError("the last hour ends the day")


def due_times(draws: Stream, per_day: float, shape: DayShape, burst_mean: float = 1.0, gap_s: float = 0.0) -> Iterator[float]:
    """Yield rising times: bursts arrive as a Poisson process of the day's shape, each of a geometric number of happenings.

    `per_day` is the mean number of happenings a day, `burst_mean` the mean number per burst, `gap_s` the mean gap
    within one (a Neyman-Scott process). Overlapping bursts are merged.
    """
    if per_day <= 0.0:
        return
    waiting: list[float] = []
    for begin_s in _bursts(draws, per_day / burst_mean, shape):
        while waiting and waiting[0] <= begin_s:
            yield heappop(waiting)
        heappush(waiting, begin_s)
        time_s = begin_s
        while burst_mean > 1.0 and draws.bernoulli(1.0 - 1.0 / burst_mean):
            time_s += draws.exponential(gap_s)
            heappush(waiting, time_s)


def _bursts(draws: Stream, per_day: float, shape: DayShape) -> Iterator[float]:
    """Yield the beginnings of bursts: a Poisson process in the time of the day's shape."""
    share = 0.0
    while True:
        share += draws.exponential(1.0 / per_day)
        yield shape.time_of(share)
