"""How fast a link is: a constant, or a recording followed through its cumulative bytes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import inf, nan, ulp
from typing import Protocol

from anywhere_sim.scenario.quantities import BYTES_PER_KBIT

A_FEW = 4  # roundings by which an instant computed from a recording may lie before the point that it means


class Rate(Protocol):
    """The capacity of a link over time."""

    def bytes_between(self, from_s: float, to_s: float) -> float:
        """Return how many bytes can pass between two instants."""

    def time_after(self, from_s: float, amount_bytes: float) -> float:
        """Return the instant at which `amount_bytes` have passed since `from_s`; infinite if never."""

    def steady_from(self, time_s: float) -> tuple[float, float]:
        """Return the rate that holds from an instant on, in bytes per second, and until when; infinite if for good."""

    def mean_kbps(self, from_s: float, to_s: float) -> float:
        """Return the mean rate between two instants, in kbit/s."""

    @property
    def typical_bytes_per_s(self) -> float:
        """Return the mean rate in bytes per second."""


class ConstantRate:
    """A rate that does not change."""

    __slots__ = ("bytes_per_s",)

    def __init__(self, bytes_per_s: float) -> None:
        if bytes_per_s < 0:
            raise ValueError(f"bytes_per_s = {bytes_per_s:g}: a rate is 0 or more bytes per second")
        self.bytes_per_s = bytes_per_s

    def bytes_between(self, from_s: float, to_s: float) -> float:
        """Return rate times time."""
        return (to_s - from_s) * self.bytes_per_s

    def time_after(self, from_s: float, amount_bytes: float) -> float:
        """Return `from_s` plus the time the amount takes."""
        if amount_bytes <= 0.0:
            return from_s
        return from_s + amount_bytes / self.bytes_per_s if self.bytes_per_s else inf

    def steady_from(self, time_s: float) -> tuple[float, float]:
        """Return the rate, which holds for good."""
        return self.bytes_per_s, inf

    def mean_kbps(self, from_s: float, to_s: float) -> float:
        """Return the rate in kbit/s."""
        return self.bytes_per_s / BYTES_PER_KBIT

    @property
    def typical_bytes_per_s(self) -> float:
        """Return the rate."""
        return self.bytes_per_s


class RecordedRate:
    """A recording of cumulative bytes, linear between its points, begun again when it ends."""

    __slots__ = ("_asked_s", "_bytes", "_found", "_length_s", "_offset_s", "_times_s", "_total")

    def __init__(
        self, times_s: Sequence[float], cumulative_bytes: Sequence[float], offset_s: float = 0.0
    ) -> None:
        self._times_s = [float(time_s) for time_s in times_s]
        self._bytes = [float(amount) for amount in cumulative_bytes]
        self._length_s = self._times_s[-1]
        self._total = self._bytes[-1]
        self._offset_s = offset_s
        self._asked_s, self._found = nan, 0.0
        if self._total <= 0.0:
            raise ValueError(
                "a recording that is zero throughout moves nothing; give one with at least one byte"
            )

    def _passed(self, time_s: float) -> float:
        """Return the bytes that pass from the recording's own beginning up to `time_s` of the simulation; often asked twice in a row."""
        if time_s == self._asked_s:
            return self._found
        rounds, inside_s = divmod(time_s + self._offset_s, self._length_s)
        place = bisect_right(
            self._times_s, inside_s
        )  # inside the recording: the remainder is less than its length
        low_s, high_s = self._times_s[place - 1], self._times_s[place]
        low, high = self._bytes[place - 1], self._bytes[place]
        self._asked_s = time_s
        self._found = (
            rounds * self._total + low + (high - low) * (inside_s - low_s) / (high_s - low_s)
        )
        return self._found

    def bytes_between(self, from_s: float, to_s: float) -> float:
        """Return the difference of the cumulative bytes."""
        before = self._passed(from_s)
        return self._passed(to_s) - before

    def time_after(self, from_s: float, amount_bytes: float) -> float:
        """Return the first instant at which the amount has passed, found by bisection."""
        if amount_bytes <= 0.0:
            return from_s
        rounds, inside = divmod(self._passed(from_s) + amount_bytes, self._total)
        place = bisect_left(self._bytes, inside) or 1
        low, high = self._bytes[place - 1], self._bytes[place]
        low_s, high_s = self._times_s[place - 1], self._times_s[place]
        share = (inside - low) / (high - low) if high > low else 0.0
        time_s = rounds * self._length_s + low_s + (high_s - low_s) * share - self._offset_s
        return time_s if time_s > from_s else from_s

    def steady_from(self, time_s: float) -> tuple[float, float]:
        """Return the slope of the stretch that lies after `time_s`, and that stretch's end."""
        rounds, inside_s = divmod(
            time_s + self._offset_s + A_FEW * ulp(time_s + self._offset_s), self._length_s
        )
        place = min(bisect_right(self._times_s, inside_s), len(self._times_s) - 1)
        over_s = self._times_s[place] - self._times_s[place - 1]
        slope = (self._bytes[place] - self._bytes[place - 1]) / over_s
        return slope, rounds * self._length_s + self._times_s[place] - self._offset_s

    def mean_kbps(self, from_s: float, to_s: float) -> float:
        """Return the mean over the interval, in kbit/s."""
        if to_s <= from_s:
            return self.typical_bytes_per_s / BYTES_PER_KBIT
        return self.bytes_between(from_s, to_s) / (to_s - from_s) / BYTES_PER_KBIT

    @property
    def typical_bytes_per_s(self) -> float:
        """Return the mean of the whole recording."""
        return self._total / self._length_s


class NoRate:
    """A link that is away or stalled: nothing passes."""

    __slots__ = ()

    def bytes_between(self, from_s: float, to_s: float) -> float:
        """Return 0."""
        return 0.0

    def time_after(self, from_s: float, amount_bytes: float) -> float:
        """Return infinity for any amount."""
        return from_s if amount_bytes <= 0.0 else inf

    def steady_from(self, time_s: float) -> tuple[float, float]:
        """Return 0, for good."""
        return 0.0, inf

    def mean_kbps(self, from_s: float, to_s: float) -> float:
        """Return 0."""
        return 0.0

    @property
    def typical_bytes_per_s(self) -> float:
        """Return 0."""
        return 0.0
