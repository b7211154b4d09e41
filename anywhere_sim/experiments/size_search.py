"""The largest size that keeps every limit: bracket, bisect, replicate under common random numbers.

What is sized stands outside: a function gives the share of each limit that a size uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import ceil, exp, inf, isfinite, log, nan

import pandas as pd

from anywhere_sim.analysis.intervals import Interval, mean_interval

Shares = Mapping[str, float]
"""The share of each limit that is used, by its name; above 1 the limit is exceeded."""

Point = tuple[int, int]
"""A size and the number of a replication; replications share their random numbers over sizes."""

Evaluate = Callable[[Sequence[Point]], Mapping[Point, Shares]]

BRACKET = 0.08
"""The search ends when the size that fails is so much above the one that passes."""
GROWTH = 40.0
"""No size is tried that is more than so many times the largest that passed."""
MOVES = 3
"""So often the replications begin anew at another size, when they say that the first was far."""
STEEP = 3.0
"""A share beyond this says only that the size is too large: times in queues explode."""
TINY = 1e-6
RISE = 0.3
"""A share that rises with less than this power of the size is not what will bind."""
FAINT = 0.1
"""Of a share below this it can't be told how it bends: it is taken to grow like the size."""
STRAIGHT = 0.15
"""A share that grows with a power so near to 1 is one that each mailbox adds to."""
SLOWEST = 0.3
"""The least power that an interval is carried over with: below it the size hardly matters."""
LEAST_REPLICATIONS = 4
"""An interval of fewer says little: of two it is twelve deviations wide."""
REACH = 6.0
"""So many times a size, what each mailbox adds to is foreseen without a look half way."""
LEAST_OF_TIMES = 0.5
"""The least power for a time that grows: over a factor of five it more than doubles, as the time in
a queue does that is empty at first and 60 % busy then."""
UNSEEN = 2.0
"""The power with which a share is taken to grow that is seen at the larger size alone."""
FLAT = 0.8
"""A limit of whose share so much is left at a quarter of the size does not come from the size."""


@dataclass(frozen=True, slots=True)
class Found:
    """The answer: `size` with its 95 % interval over replications, and what was seen on the way.

    `points` has a row per size, replication and limit: its share. `binding` names the limit that
    is reached first, `at` is the size nearest to the answer that was simulated. `beside` names
    limits that are exceeded whatever the size, which the answer leaves out. `size` is 0 where the
    smallest size fails already; where the largest passes, `binding` is empty.
    """

    size: Interval
    points: pd.DataFrame
    binding: str
    at: int
    beside: tuple[str, ...]
    replications: int

    def mean_shares(self) -> pd.DataFrame:
        """Return the mean share of each limit (columns) at each size (index)."""
        return self.points.pivot_table(index="size", columns="limit", values="share")


@dataclass(slots=True)
class Search:
    """A search under way; `run` ends it.

    Replications are added in pairs from `first_replications` on, until the interval of the answer
    is within `precision` of it to each side, or there are `most_replications`. Which limits may be
    left out when the size hardly matters, `may_be_beside` says: no others that, once full, stay so.
    """

    evaluate: Evaluate
    smallest: int = 1
    largest: int = 1_000_000
    precision: float = 0.05
    first_replications: int = 2
    most_replications: int = 30
    may_be_beside: Callable[[str], bool] = bool
    _points: dict[Point, Shares] = field(default_factory=dict)
    _beside: set[str] = field(default_factory=set)
    _replications: int = 0
    _turns: int = 0
    _last: int = 0
    _first_look: int = 0

    def __post_init__(self) -> None:
        """Begin with the first replications."""
        self._replications = self.first_replications

    def look_at(self, *sizes: int) -> None:
        """Try sizes, all of them the first time, later those below the smallest known to fail.

        A limit that the first look finds exceeded, and hardly less far at a quarter of the size, is
        left out: what stands near its limit whatever the size would bind by chance.
        """
        if not self._points:
            self._first_look = max(sizes)
        high = self.bracket()[1]
        if wanted := [size for size in sizes if size < high]:
            self._try_many(wanted)
            self._put_beside()

    def replicate(self, at_least: int = 2) -> None:
        """Try each size from here on with so many replications, or more."""
        self._replications = max(self._replications, at_least)

    def runs_to_follow(self) -> int:
        """Return how many runs are likely to follow those that begin now, until the answer."""
        low, high = self.bracket()
        if self._is_narrow(low, high):
            return 0
        turns = 1.0
        if low >= self.smallest and high < inf:
            halvings = log(log(high / low) / log(1.0 + BRACKET), 2.0)
            turns = min(1.0, max(0.0, halvings - 1.0))  # what is learnt on the way saves the rest
        return ceil(turns) * self._replications + max(0, LEAST_REPLICATIONS - self._replications)

    def is_straight(self) -> bool:
        """Return whether each mailbox has added alike to the first limit up to now, and it is near:
        a look half way there would tell nothing new.
        """
        low, high = map(float, self.bracket())
        near = self.estimate()
        if low < self.smallest or high < inf or near > REACH * low:
            return False
        shares = self._means(int(low))
        smaller = min(size for size, _ in self._points)
        first = min(shares, key=lambda limit: self._reached(limit, smaller, int(low)), default="")
        return isfinite(self._straight(first, int(low), shares.get(first, 0.0)))

    def expected(self, size: float) -> dict[str, float]:
        """Return the share of each limit that is to be expected at a size beyond those tried.

        The smallest and the largest of these tell: a share grows like the size, or with the power
        with which it has grown between them if that is greater; a time, like the root of the size
        at least, and if it hardly grows there, it stays. Limits that are left out are not among
        them; where a size failed, nothing is told.
        """
        sizes = sorted({known for known, _ in self._points})
        if len(sizes) < 2 or self.bracket()[1] < inf or size < sizes[-1]:
            return {}
        small, large = sizes[0], sizes[-1]
        before, now = self._means(small), self._means(large)
        found = {}
        for limit, many in now.items():
            few = before.get(limit, 0.0)
            if limit in self._beside:
                continue
            if self.hardly_grows(limit):
                found[limit] = max(few, many)
                continue
            power = log(many / few) / log(large / small) if min(few, many) > TINY else UNSEEN
            least = LEAST_OF_TIMES if self.may_be_beside(limit) else 1.0
            found[limit] = many * (size / large) ** max(least, power)
        return found

    def hardly_grows(self, limit: str) -> bool:
        """Return whether a limit that may be left out is nearly as used at the smallest size."""
        sizes = [known for known, _ in self._points]
        few, many = (self._means(size).get(limit, 0.0) for size in (min(sizes), max(sizes)))
        return self.may_be_beside(limit) and few > FLAT * many

    def points(self, sizes: Sequence[int]) -> list[Point]:
        """Return the sizes with the replications that each is tried with now."""
        return [(size, number) for size in sizes for number in range(self._replications)]

    def share(self, limit: str, size: int, replication: int = 0) -> float:
        """Return a share that was measured; NaN if it was not."""
        return float(self._points.get((size, replication), {}).get(limit, nan))

    @property
    def beside(self) -> frozenset[str]:
        """The limits that are left out."""
        return frozenset(self._beside)

    def seen(self, at: int) -> Found:
        """Return what has been looked at, without a search: no size is told."""
        return self._found(Interval(nan, nan, nan), at)

    def run(self) -> Found:
        """Return the answer; what has been looked at before is where it begins."""
        while (size := self._next_size()) is not None:
            self._try_many([size])
            self._put_beside()
        low, high = self.bracket()
        if low < self.smallest or high == inf:
            return self._found(Interval(low, low, low), int(low or self.smallest))
        near, limit = self.estimate(), self._binding(int(high))
        below = self._straight(limit, int(low), self._means(int(low)).get(limit, 0.0))
        # beyond a wall shares jump: how they grow below it says where it is
        at_low = isfinite(below) or near <= low * (1.0 + BRACKET / 2.0)
        return self._replicated(int(low) if at_low else round(near))

    def _replicated(self, size: int) -> Found:
        """Return the answer from replications at one size near it, moved when that was too far."""
        moves = 0
        while True:
            self._try_many([size])
            if self._put_beside():
                return self.run()
            interval = self._within_bracket(self._interval(size))
            if moves < MOVES and abs(log(interval.mean / size)) > BRACKET:
                size, moves = max(self.smallest, round(interval.mean)), moves + 1
                continue
            exact = interval.half_width <= max(self.precision * interval.mean, 0.5)
            enough = exact and self._replications >= LEAST_REPLICATIONS
            if enough or self._replications >= self.most_replications:
                return self._found(interval, size)
            self._replications += 2

    def _within_bracket(self, interval: Interval) -> Interval:
        """Return what a line through readings tells, or where sizes that were tried contradict it,
        what these tell.
        """
        low, high = self.bracket()
        if low < self.smallest or high == inf or low <= interval.mean <= high:
            return interval
        return Interval((low * high) ** 0.5, float(low), float(high))

    def estimate(self) -> float:
        """Return the size at which the first limit is reached, as far as is known now."""
        low, high = self.bracket()
        if low < self.smallest:
            if high == inf:
                return float(self.smallest)
            return high / max(2.0, min(GROWTH, self.worst(int(high))))
        smaller = min(size for size, _ in self._points)
        ends = (smaller, int(low)) if high == inf else (int(low), int(high))
        sizes = [self._reached(limit, *ends) for limit in self._means(ends[1])]
        return min([*sizes, GROWTH * low, float(self.largest)])

    def _reached(self, limit: str, small: int, large: int) -> float:
        """Return the size at which a limit is reached, as two sizes tell; infinite if never."""
        few, many = (self._means(size).get(limit, 0.0) for size in (small, large))
        if limit in self._beside or many <= TINY:
            return inf
        if small == large or many < FAINT:
            return large / many
        flat = log(many / max(few, TINY)) < RISE * log(large / small)
        if flat and many <= 1.0:
            return inf
        straight = self._straight(limit, small, few)
        if few < 1.0 < many and straight < large * (1.0 + BRACKET):
            return min(straight, float(large))
        return root(small, few, large, min(many, STEEP))

    def _straight(self, limit: str, size: int, share: float) -> float:
        """Return where a share that has grown like the size up to here is 1; infinite if it has
        not. Beyond a wall a share says nothing of where the wall is.
        """
        smaller = min(known for known, _ in self._points)
        before = self._means(smaller).get(limit, 0.0)
        if smaller == size or before <= TINY or share <= TINY:
            return inf
        power = log(share / before) / log(size / smaller)
        return size * share ** (-1.0 / power) if abs(power - 1.0) < STRAIGHT else inf

    def _try_many(self, sizes: Sequence[int]) -> None:
        missing = [point for point in self.points(sizes) if point not in self._points]
        self._last = sizes[-1]
        if missing:
            self._points.update(self.evaluate(missing))

    def _next_size(self) -> int | None:
        """Return the size to try, or None when the bracket is narrow enough or can't be had."""
        low, high = self.bracket()
        if (high == inf and low >= self.largest) or (low < self.smallest and high <= self.smallest):
            return None
        if self._is_narrow(low, high):
            return None
        self._turns += 1
        near = self.estimate()
        half = 1.0 + 0.45 * BRACKET
        if high == inf:
            return min(self.largest, max(round(near * half), int(low) + 1))
        if low < self.smallest:
            return max(self.smallest, min(int(near), int(high) - 1))
        if self._turns % 4 == 0:  # as bisection does: a curve may bend as it likes
            near = (low + high) / 2.0
        else:  # to the other side of the last one, so that both ends come near
            step = half if self.worst(self._last) <= 1.0 else 1.0 / half
            inside = low * half < near * step < high / half  # else it would say nothing new
            near *= step if inside else 1.0 / step
        return int(min(high - 1.0, max(low + 1.0, round(near))))

    def _is_narrow(self, low: float, high: float) -> bool:
        return low >= self.smallest and high <= max(low * (1.0 + BRACKET), low + 1.0)

    def bracket(self) -> tuple[float, float]:
        """Return the largest size that passes below the smallest one that fails."""
        sizes = sorted({size for size, _ in self._points})
        high = min((size for size in sizes if self.worst(size) > 1.0), default=inf)
        low = max((size for size in sizes if size < high), default=0)
        return float(low), float(high)

    def worst(self, size: int) -> float:
        """Return the greatest mean share at a size, but for what is left out."""
        means = self._means(size)
        return max(
            (share for limit, share in means.items() if limit not in self._beside), default=0
        )

    def _means(self, size: int) -> dict[str, float]:
        own = [shares for (known, _), shares in self._points.items() if known == size]
        limits = dict.fromkeys(limit for shares in own for limit in shares)
        return {
            limit: sum(min(shares.get(limit, 0.0), 1e6) for shares in own) / len(own)
            for limit in limits
        }

    def _put_beside(self) -> bool:
        """Leave out limits that a quarter of the people exceed nearly as much, and those that fewer
        exceed where more do not, who are too many for another limit. Return whether there are new.
        """
        known = len(self._beside)
        sizes = sorted({size for size, _ in self._points})
        for small, large in combinations(sizes, 2):
            before, now = self._means(small), self._means(large)
            if any(share > 1.0 for limit, share in now.items() if limit not in self._beside):
                chance = {limit for limit in before if before[limit] > 1.0 > now.get(limit, 0.0)}
                self._beside |= {limit for limit in chance if self.may_be_beside(limit)}
        for small in sizes:
            for large in (size for size in sizes if size >= 4 * small):
                few, many = self._means(small), self._means(large)
                flat = _flat(few, many, exceeded=few)
                if large <= self._first_look:
                    most, least = self._extremes(small)[1], self._extremes(large)[0]
                    flat |= _flat(most, least, exceeded=many)
                self._beside |= {limit for limit in flat if self.may_be_beside(limit)}
        return len(self._beside) > known

    def _extremes(self, size: int) -> tuple[Shares, Shares]:
        """Return the least and the greatest share of each limit over the replications at a size."""
        own = [shares for (known, _), shares in self._points.items() if known == size]
        found = {limit: [each.get(limit, 0.0) for each in own] for limit in self._means(size)}
        least = {limit: min(values) for limit, values in found.items()}
        return least, {limit: max(values) for limit, values in found.items()}

    def _interval(self, size: int) -> Interval:
        """Return the size at which the mean share of the binding limit is 1, with its interval.

        The interval is that of the mean share, carried over by the power of the size with which the
        share grows.
        """
        limit = self._binding(size)
        own = mean_interval(
            [
                self._points[size, number].get(limit, 0.0) for number in range(self._replications)
            ]
        )  # fmt: skip
        power = self._power(limit, size, own)
        low, mean, high = (
            size * max(share, TINY) ** (-1.0 / power) for share in (own.high, own.mean, own.low)
        )
        return Interval(mean, low, high)

    def _power(self, limit: str, size: int, own: Interval) -> float:
        """Return with which power of the size a share grows: SLOWEST at least.

        Over the bracket it is steep where a queue explodes, but that counts only beyond what noise
        may do there.
        """
        mean = max(own.mean, TINY)
        smaller = [known for known, _ in self._points if 1.5 * known <= size]
        wide = 1.0
        if smaller:
            few = max(self._means(max(smaller)).get(limit, 0.0), TINY)
            wide = log(mean / few) / log(size / max(smaller))
        if abs(wide - 1.0) < STRAIGHT:  # across a wall the share jumps, and says nothing
            return float(wide)
        if wide < 1.0:  # as in `root`: 1 / share falls like the size
            wide = (mean / few - 1.0) * size / (size - max(smaller))
        low, high = map(int, self.bracket())
        few, many = (max(self._means(end).get(limit, 0.0), TINY) for end in (low, high))
        deviation = own.half_width / mean * self._replications**0.5 / 2.0
        near = (log(many / few) - 2.0 * deviation) / log(high / low)
        return max(SLOWEST, float(wide), float(near))

    def _binding(self, size: int) -> str:
        means = self._means(size)
        return max(means, key=lambda limit: (limit not in self._beside, means[limit]), default="")

    def _found(self, size: Interval, at: int) -> Found:
        points = pd.DataFrame(
            [
                {"size": number, "replication": replication, "limit": limit, "share": share}
                for (number, replication), shares in sorted(self._points.items())
                for limit, share in shares.items()
            ],
            columns=["size", "replication", "limit", "share"],
        )
        known = {number for number, _ in self._points}
        nearest = min(known, key=lambda number: abs(number - at), default=at)
        binding = self._binding(nearest) if self.bracket()[1] < inf else ""
        beside = tuple(sorted(self._beside))
        return Found(size, points, binding, nearest, beside, self._replications)


def _flat(few: Shares, many: Shares, exceeded: Shares) -> set[str]:
    """Return the limits that are exceeded, and of whose share little comes from the size."""
    return {
        limit
        for limit, share in few.items()
        if exceeded.get(limit, 0.0) > 1.0 and share > FLAT * many.get(limit, 0.0)
    }


def root(low: int, at_low: float, high: int, at_high: float) -> float:
    """Return the size at which a share is 1, from two sizes and its shares there.

    What grows like the size or faster goes with a power of it; what grows more slowly is a time
    that has a part of its own and explodes in the end, like 1 / (1 - utilisation).

    >>> round(root(100, 0.5, 400, 2.0)), round(root(100, 0.5, 400, 1.5))
    (200, 325)
    """
    below, above = log(max(at_low, TINY)), log(max(at_high, TINY))
    slope = (above - below) / log(high / low)
    if slope < 1.0 and at_low < 1.0 < at_high:
        part = (1.0 / at_low - 1.0) / (1.0 / at_low - 1.0 / at_high)
        return low + part * (high - low)
    anchor, share = (high, above) if abs(above) < abs(below) else (low, below)
    return anchor * exp(-share / max(1.0, slope))
