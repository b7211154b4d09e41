"""When things are due: a non-homogeneous Poisson process, in bursts, over a working day."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import Any, Final

from mypy_extensions import mypyc_attr

from anywhere_sim.des.random_streams import Stream
from anywhere_sim.scenario.community import Community
from anywhere_sim.scenario.quantities import DAY_S, HOUR_S

HOURS: Final = 24
FAR_DAYS: Final = 1e6
"""No run lasts as long: what would be due later never is."""


@mypyc_attr(acyclic=True)
class DayShape:
    """The share of a day's events by hour, as a clock that runs fast in busy hours."""

    __slots__ = ("_cumulative",)

    def __init__(self, weights: Sequence[float]) -> None:
        total = math.fsum(weights)
        self._cumulative = [0.0]
        for weight in weights:
            self._cumulative.append(self._cumulative[-1] + weight / total)

    def time_of(self, share: float) -> float:
        """Return the time before which `share` days' worth of events lie (1.0 per day)."""
        days = share // 1.0
        part, cumulative = share - days, self._cumulative
        hour, later = 0, HOURS
        while later - hour > 1:  # bisected here: compiled, a call of `bisect` takes ten times that
            middle = (hour + later) >> 1
            if part < cumulative[middle]:
                later = middle
            else:
                hour = middle
        low, high = cumulative[hour], cumulative[hour + 1]
        inside = (part - low) / (high - low) if high > low else 0.0
        return days * DAY_S + (hour + min(inside, 1.0)) * HOUR_S


@mypyc_attr(acyclic=True)
class DueTimes:
    """Rising times: a Poisson process of the day's shape.

    There are `per_day` events a day on average, none if that is 0; none beyond `FAR_DAYS`.
    """

    __slots__ = ("_draws", "_per_day", "_shape", "_share")

    def __init__(self, draws: Stream, per_day: float, shape: DayShape) -> None:
        self._draws = draws
        self._per_day = per_day
        self._shape = shape
        self._share = 0.0

    def __iter__(self) -> Iterator[float]:
        return self

    def __next__(self) -> Any:  # a float; mypyc 2.4 writes wrong C where that is annotated
        if self._per_day <= 0.0:
            raise StopIteration
        self._share += self._draws.exponential(1.0 / self._per_day)
        if not self._share < FAR_DAYS:  # nor is what comes of the smallest numbers, inf and nan
            raise StopIteration
        return self._shape.time_of(self._share)


@mypyc_attr(acyclic=True)
class BurstLaw:
    """How many messages a burst of a community has, and the gaps within one; read when asked for.

    What is never asked for has no effect, and is named.
    """

    __slots__ = ("_community", "_gap_s", "_mean")

    def __init__(self, community: Community) -> None:
        self._community = community
        self._mean = self._gap_s = -1.0

    @property
    def mean(self) -> float:
        """How many messages a burst has on average."""
        if self._mean < 0.0:
            self._mean = self._community.burst_messages
        return self._mean

    @property
    def gap_s(self) -> float:
        """The mean time between two of them, in seconds."""
        if self._gap_s < 0.0:
            self._gap_s = self._community.burst_gap_s
        return self._gap_s


@mypyc_attr(acyclic=True)
class Bursts:
    """Rising times of mail, `per_day` on average.

    Bursts are due as a Poisson process, each of a geometric number of messages. How many a burst
    has and the gaps within one are the `law`'s (a Neyman-Scott process). Overlapping bursts are
    merged.
    """

    __slots__ = ("_beginnings", "_draws", "_law", "_next_burst_s", "_waiting")

    def __init__(self, draws: Stream, per_day: float, shape: DayShape, law: BurstLaw) -> None:
        self._draws = draws
        self._law = law
        self._beginnings = DueTimes(draws, per_day / law.mean, shape)
        self._waiting: list[float] = []
        self._next_burst_s = next(self._beginnings, math.inf)

    def __iter__(self) -> Iterator[float]:
        return self

    def __next__(self) -> Any:  # a float; mypyc 2.4 writes wrong C where that is annotated
        if not self._waiting and math.isinf(self._next_burst_s):
            raise StopIteration
        while not self._waiting or self._waiting[0] > self._next_burst_s:
            self._begin_burst()
        return heappop(self._waiting)

    def _begin_burst(self) -> None:
        law, time_s = self._law, self._next_burst_s
        mean = law.mean
        heappush(self._waiting, time_s)
        while mean > 1.0 and self._draws.bernoulli(1.0 - 1.0 / mean):
            time_s += self._draws.exponential(law.gap_s)
            heappush(self._waiting, time_s)
        self._next_burst_s = next(self._beginnings, math.inf)


def on_one_day(times: Iterator[float], midnight_s: float) -> Iterator[float]:
    """Yield times of a day that begins at `midnight_s`, up to its end."""
    for time_s in times:
        if time_s >= DAY_S:
            return
        yield midnight_s + time_s
