"""Random numbers by name: a stream is a key, a batch number and a small buffer, filled by the generator of its run."""

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
FIRST_BATCH = (
    4  # values drawn at once: 4, then 16, then 64 each time, since most streams are used little
)
_NORMAL = NormalDist()
_LEAST = 2.0**-54
_NOTHING_YET = array("d")  # of every stream that nobody has drawn from


class _Generator:
    """A counter-based generator (Philox 4x64, Salmon et al. 2011) that is set to a key and a batch number before each draw.

    Its state is written and then drawn from in two steps, so each run has its own: one that two threads shared would give the
    numbers of the wrong key.
    """

    __slots__ = ("_counter", "_key", "_philox", "_random", "_state")

    def __init__(self) -> None:
        self._philox = np.random.Philox(0)
        self._random = np.random.Generator(self._philox).random
        self._state: dict[str, Any] = dict(self._philox.state)
        self._state["buffer_pos"] = 4  # nothing is left of an earlier draw
        self._counter = self._state["state"]["counter"]
        self._key = memoryview(self._state["state"]["key"]).cast("B")

    def draw(self, key: bytes, batch: int) -> array[float]:
        """Return the uniform numbers of a batch: 4 of the first, 16 of the second, 64 of each later one."""
        self._key[:] = key
        self._counter[1] = batch
        self._philox.state = self._state  # type: ignore[assignment]
        drawn = array("d", self._random(FIRST_BATCH << 2 * min(batch, 2)).tobytes())
        return drawn[:]  # a copy has no room to grow


class Stream:
    """Independent uniform numbers of one name, and other laws by inverse transform: one uniform per value.

    The values depend on (seed, replication, name) and on how many were taken from this stream, on nothing else.
    """

    __slots__ = ("_batch", "_buffer", "_generator", "_key")

    def __init__(self, key: bytes, generator: _Generator) -> None:
        self._key = key
        self._generator = generator
        self._batch = 0
        self._buffer = _NOTHING_YET

    def uniform(self) -> float:
        """Return a number in the open interval (0, 1)."""
        if not self._buffer:
            self._refill()
        return self._buffer.pop() or _LEAST

    def _refill(self) -> None:
        """Draw the next batch."""
        self._buffer = self._generator.draw(self._key, self._batch)
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
        return min(
            most, exp(log(mean) - sigma * sigma / 2.0 + sigma * _NORMAL.inv_cdf(self.uniform()))
        )

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
    """The streams of one run, found by name; never by position, so a new stream leaves all others alone.

    They draw from one generator, which is theirs alone: runs in several threads have each its own Streams, and get the numbers
    that they get one after another.
    """

    __slots__ = ("_generator", "_prefix")

    def __init__(self, seed: int, replication: int) -> None:
        self._prefix = f"{seed}\x1f{replication}\x1f"
        self._generator = _Generator()

    def stream(self, name: str) -> Stream:
        """Return the stream of that name, at its beginning."""
        return Stream(
            hashlib.blake2b((self._prefix + name).encode(), digest_size=16).digest(),
            self._generator,
        )
