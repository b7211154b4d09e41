"""When things are due: a non-homogeneous stream of times with the shape of a working day, in bursts."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush

from anywhere_sim.kernel.streams import Stream

HOUR_S = 3600.0
HOURS = 24
DAY_S = 86_400.0


class DayShape:
    """The share of a day's happenings by hour, as a clock that runs fast in busy hours."""

    __slots__ = ("_cumulative",)

    def __init__(self, weights: Sequence[float]) -> None:
        total = math.fsum(weights)
        self._cumulative = [0.0]
        for weight in weights:
            self._cumulative.append(self._cumulative[-1] + weight / total)

    def time_of(self, share: float) -> float:
        """Return the time before which `share` days' worth of happenings lie (1.0 per day)."""
        days, part = divmod(share, 1.0)
        hour = min(bisect_right(self._cumulative, part, 1), HOURS) - 1
        low, high = self._cumulative[hour], self._cumulative[hour + 1]
        inside = (part - low) / (high - low) if high > low else 0.0
        return days * DAY_S + (hour + min(inside, 1.0)) * HOUR_S


class DueTimes(Iterator[float]):
    """Rising times: bursts arrive as a Poisson process of the day's shape, each of a geometric number of happenings.

    `per_day` is the mean number of happenings a day, `burst_mean` the mean number per burst, `gap_s` the mean gap
    within one (a Neyman-Scott process). Overlapping bursts are merged.
    """

    __slots__ = ("_burst_mean", "_bursts_per_day", "_draws", "_gap_s", "_next_burst_s", "_shape", "_share", "_waiting")

    def __init__(self, draws: Stream, per_day: float, shape: DayShape, burst_mean: float = 1.0, gap_s: float = 0.0) -> None:
        self._draws = draws
        self._bursts_per_day = per_day / burst_mean
        self._shape = shape
        self._burst_mean = burst_mean
        self._gap_s = gap_s
        self._share = 0.0
        self._waiting: list[float] = []
        self._next_burst_s = self._burst_after() if per_day > 0.0 else math.inf

    def __next__(self) -> float:
        if math.isinf(self._next_burst_s):
            raise StopIteration
        while not self._waiting or self._waiting[0] > self._next_burst_s:
            self._begin_burst()
        return heappop(self._waiting)

    def _begin_burst(self) -> None:
        time_s = self._next_burst_s
        heappush(self._waiting, time_s)
        while self._burst_mean > 1.0 and self._draws.bernoulli(1.0 - 1.0 / self._burst_mean):
            time_s += self._draws.exponential(self._gap_s)
            heappush(self._waiting, time_s)
        self._next_burst_s = self._burst_after()

    def _burst_after(self) -> float:
        """Return the beginning of the next burst: a Poisson process in the time of the day's shape."""
        self._share += self._draws.exponential(1.0 / self._bursts_per_day)
        return self._shape.time_of(self._share)
