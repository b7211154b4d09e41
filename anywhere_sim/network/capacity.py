"""A recorded capacity, followed through its cumulative bytes.

A link never steps through time. It asks how many bytes can pass between two instants, and when so
many will have passed; a recording answers both from its cumulative curve, by bisection::

    bytes |            ,---        time_after: from bytes to time
          |      ____,'            bytes_between: from time to bytes
          |   ,-'                  steady_from: the slope here, and where it ends
          | ,'     (a gap)
          +--------------- time

So a recording of an hour costs no more events than a constant rate.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import nan, ulp

from mypy_extensions import mypyc_attr

from anywhere_sim.network.link import Rate
from anywhere_sim.scenario.quantities import BYTES_PER_KBIT

ROUNDINGS = 4  # by which an instant computed from a recording may lie before the point it means


@mypyc_attr(allow_interpreted_subclasses=True)
class RecordedRate(Rate):
    """A recording of cumulative bytes, linear between its points, repeated when it ends.

    `times_s` begins at 0 and rises; simulated time 0 lies `offset_s` into the recording. A question
    costs O(log n) for n points, less in the stretch of the one before, in which most are.

    Raises ValueError for a recording without a byte.
    """

    __slots__ = (
        "_bytes", "_index", "_last_bytes", "_last_s", "_length_s", "_offset_s", "_times_s",
        "_total",
    )  # fmt: skip

    def __init__(
        self, times_s: Sequence[float], cumulative_bytes: Sequence[float], offset_s: float = 0.0
    ) -> None:
        self._times_s = [float(time_s) for time_s in times_s]
        self._bytes = [float(amount) for amount in cumulative_bytes]
        self._length_s = self._times_s[-1]
        self._total = self._bytes[-1]
        self._offset_s = offset_s
        self._index = 1  # of the point that ends the stretch of the last question
        self._last_s, self._last_bytes = nan, 0.0  # the last question and its answer
        if self._total <= 0.0:
            raise ValueError(
                "a recording that is zero throughout moves nothing; give one with at least one byte"
            )

    def _bytes_until(self, time_s: float) -> float:
        """Return the bytes from the recording's beginning up to `time_s` of the simulation.

        Remembers the last one: an interval begins where the one before ended.
        """
        if time_s == self._last_s:
            return self._last_bytes
        recorded_s, index = time_s + self._offset_s, self._index
        rounds, inside_s = recorded_s // self._length_s, recorded_s % self._length_s
        low_s, high_s = self._times_s[index - 1], self._times_s[index]
        if not low_s <= inside_s < high_s:
            # a remainder is less than the length
            self._index = index = bisect_right(self._times_s, inside_s)
            low_s, high_s = self._times_s[index - 1], self._times_s[index]
        low, high = self._bytes[index - 1], self._bytes[index]
        share = (high - low) * (inside_s - low_s) / (high_s - low_s)
        self._last_s = time_s
        self._last_bytes = rounds * self._total + low + share
        return self._last_bytes

    def bytes_between(self, from_s: float, to_s: float) -> float:
        """Return the difference of the cumulative bytes."""
        before = self._bytes_until(from_s)
        return self._bytes_until(to_s) - before

    def time_after(self, from_s: float, amount_bytes: float) -> float:
        """Return the first instant at which the amount has passed."""
        if amount_bytes <= 0.0:
            return from_s
        amount = self._bytes_until(from_s) + amount_bytes
        rounds, inside, index = amount // self._total, amount % self._total, self._index
        low, high = self._bytes[index - 1], self._bytes[index]
        if not low < inside <= high:
            index = bisect_left(self._bytes, inside) or 1
            low, high = self._bytes[index - 1], self._bytes[index]
        low_s, high_s = self._times_s[index - 1], self._times_s[index]
        share = (inside - low) / (high - low) if high > low else 0.0
        time_s = rounds * self._length_s + low_s + (high_s - low_s) * share - self._offset_s
        return time_s if time_s > from_s else from_s

    def steady_from(self, time_s: float) -> tuple[float, float]:
        """Return the slope of the stretch that lies after `time_s`, and that stretch's end."""
        recorded_s = time_s + self._offset_s
        rounds, inside_s = divmod(recorded_s + ROUNDINGS * ulp(recorded_s), self._length_s)
        index = min(bisect_right(self._times_s, inside_s), len(self._times_s) - 1)
        over_s = self._times_s[index] - self._times_s[index - 1]
        slope = (self._bytes[index] - self._bytes[index - 1]) / over_s
        return slope, rounds * self._length_s + self._times_s[index] - self._offset_s

    def mean_kbps(self, from_s: float, to_s: float) -> float:
        """Return the mean over the interval, in kbit/s; that of the recording if it is empty."""
        if to_s <= from_s:
            return self.typical_bytes_per_s / BYTES_PER_KBIT
        return self.bytes_between(from_s, to_s) / (to_s - from_s) / BYTES_PER_KBIT

    @property
    def typical_bytes_per_s(self) -> float:
        """Return the mean of the whole recording."""
        return self._total / self._length_s
