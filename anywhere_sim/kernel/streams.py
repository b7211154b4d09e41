"""Random numbers by name: a stream is a key, a batch number and a small buffer."""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from math import exp, log, log1p
from statistics import NormalDist
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
FIRST_BATCH = 4  # values drawn at once: 4, then 16, then 64 each time, since most streams are used little
_PHILOX = np.random.Philox(0)
_GENERATOR = np.random.Generator(_PHILOX)
_STATE: dict[str, Any] = dict(_PHILOX.state)
_COUNTER, _KEY = _STATE["state"]["counter"], memoryview(_STATE["state"]["key"]).cast("B")
_STATE["buffer_pos"] = 4
_NORMAL = NormalDist()
_LEAST = 2.0**-54
_NOTHING_YET = array("d")  # of every stream that nobody has drawn from


class Stream:
    """Independent uniform numbers of one name, and other laws by inverse transform: one uniform per value.

    The values depend on (seed, replication, name) and on how many were taken from this stream, on nothing else.
    """

    __slots__ = ("_batch", "_buffer", "_key")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._batch = 0
        self._buffer = _NOTHING_YET

    def uniform(self) -> float:
        """Return a number in the open interval (0, 1)."""
        if not self._buffer:
            self._refill()
        return self._buffer.pop() or _LEAST

    def _refill(self) -> None:
        """Draw the next batch: the shared generator is set to (key, batch), so streams never disturb each other."""
        _KEY[:] = self._key
        _COUNTER[1] = self._batch
        _PHILOX.state = _STATE  # type: ignore[assignment]
        drawn = array("d", _GENERATOR.random(FIRST_BATCH << 2 * min(self._batch, 2)).tobytes())
        self._buffer = drawn[:]  # a copy has no room to grow
        self._batch += 1

    def exponential(self, mean: float) -> float:
        """Return an exponential time with that mean."""
        if not self._buffer:
            self._refill()
        return -mean * log1p(-self._buffer.pop())

    def normal(self, mean: float, deviation: float) -> float:
        """Return a normal number."""
        return mean + deviation * _NORMAL.inv_cdf(self.uniform())

    def lognormal(self, mean: float, sigma: float, most: float = float("inf")) -> float:
        """Return a lognormal number, cut at `most`; `mean` is that of the law before the cut, sigma that of its logarithm."""
        return min(most, exp(log(mean) - sigma * sigma / 2.0 + sigma * _NORMAL.inv_cdf(self.uniform())))

    def bernoulli(self, probability: float) -> bool:
        """Return True with that probability."""
        return self.uniform() < probability

    def integer(self, below: int) -> int:
        """Return a whole number from 0 to `below` - 1."""
        return min(int(self.uniform() * below), below - 1)

    def weighted(self, cumulative_weights: Sequence[float]) -> int:
        """Return a place in the list with probability in proportion to its weight."""
        place = bisect_right(cumulative_weights, self.uniform() * cumulative_weights[-1])
        return min(place, len(cumulative_weights) - 1)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in random order (Fisher and Yates)."""
        result = list(items)
        for place in range(len(result) - 1, 0, -1):
            other = self.integer(place + 1)
            result[place], result[other] = result[other], result[place]
        return result


class Streams:
    """The streams of one run, found by name; never by position, so a new stream leaves all others alone."""

    __slots__ = ("_prefix",)

    def __init__(self, seed: int, replication: int) -> None:
        self._prefix = f"{seed}\x1f{replication}\x1f"

    def stream(self, name: str) -> Stream:
        """Return the stream of that name, at its beginning."""
        return Stream(hashlib.blake2b((self._prefix + name).encode(), digest_size=16).digest())
