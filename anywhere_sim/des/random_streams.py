"""Random numbers by name: a stream is a key, a batch number and a small buffer.

Two scenarios that are compared must meet the same people: who writes when must not depend on how
many numbers somebody else has drawn. So every decision has a stream of its own, and its name alone
(with seed and replication) decides its numbers::

    seed, replication, name --BLAKE2b--> key --Philox(key, batch)--> 4, 16, 64, 64 ... numbers

Philox is counter-based: a batch is computed from the key and its number, without those before it.
So a stream keeps no generator, and the streams of a run share one.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from math import exp, log, log1p
from statistics import NormalDist
from struct import Struct
from typing import Any, Final, TypeVar

import numpy as np

T = TypeVar("T")
BATCHES: Final = (4, 16, 64)
"""How many numbers are drawn at once: most streams are used little."""
EMPTY_BUFFER = array("d")  # of every stream that nobody has drawn from; nothing is added to it
_NORMAL = NormalDist()
_WORDS: Final = Struct("=2Q")
"""A key as two words of 64 bits: plain numbers are read sooner than those of an array."""
_MIN_UNIFORM: Final = 2.0**-54  # in place of 0, which the generator may draw


class _Generator:
    """Philox 4x64 (Salmon et al. 2011), set to a key and a batch number before each draw.

    Its state is written and then drawn from in two steps, so each run has its own: one that two
    threads shared would give the numbers of the wrong key.
    """

    __slots__ = ("_drawn", "_numbers", "_philox", "_random", "_state")

    def __init__(self) -> None:
        self._philox = np.random.Philox(0)
        self._random = np.random.Generator(self._philox).random
        self._state: dict[str, Any] = dict(self._philox.state)
        self._state |= {"buffer": (0,) * 4, "buffer_pos": 4}  # nothing is left of an earlier draw
        self._drawn = [array("d", bytes(8 * size)) for size in BATCHES]
        self._numbers = [np.frombuffer(drawn) for drawn in self._drawn]  # the same memory

    def draw(self, key: bytes, batch: int) -> array[float]:
        """Return the uniform numbers of a batch: 4 of batch 0, 16 of batch 1, 64 of the others."""
        self._state["state"] = {"counter": (0, batch, 0, 0), "key": _WORDS.unpack(key)}
        self._philox.state = self._state  # type: ignore[assignment]
        size = min(batch, 2)
        self._random(out=self._numbers[size])
        return self._drawn[size][:]  # a copy has no room to grow


class Stream:
    """Independent uniform numbers of one name, and other laws by inverse transform.

    The values depend on (seed, replication, name) and on how many were taken from this stream, on
    nothing else. Every law takes one uniform number a value, so two scenarios that differ in a
    parameter stay in step. A stream that is not drawn from costs some 110 bytes.
    """

    __slots__ = ("_batch", "_buffer", "_generator", "_key")

    def __init__(self, key: bytes, generator: _Generator) -> None:
        self._key = key
        self._generator = generator
        self._batch = 0
        self._buffer = EMPTY_BUFFER

    def uniform(self) -> float:
        """Return a number in the open interval (0, 1)."""
        if not self._buffer:
            self._refill()
        return self._buffer.pop() or _MIN_UNIFORM

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

    def lognormal(self, mean: float, sigma: float, maximum: float = float("inf")) -> float:
        """Return a lognormal number, or `maximum` where that is less.

        `mean` is that of the law before the cut, `sigma` the deviation of its logarithm.
        """
        normal = sigma * _NORMAL.inv_cdf(self.uniform())
        return min(maximum, exp(log(mean) - sigma * sigma / 2.0 + normal))

    def bernoulli(self, probability: float) -> bool:
        """Return True with that probability."""
        return self.uniform() < probability

    def integer(self, below: int) -> int:
        """Return an integer from 0 to `below` - 1."""
        return min(int(self.uniform() * below), below - 1)

    def weighted(self, cumulative_weights: Sequence[float]) -> int:
        """Return an index with probability in proportion to its weight."""
        index = bisect_right(cumulative_weights, self.uniform() * cumulative_weights[-1])
        return min(index, len(cumulative_weights) - 1)

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in random order (Fisher and Yates)."""
        result = list(items)
        for index in range(len(result) - 1, 0, -1):
            other = self.integer(index + 1)
            result[index], result[other] = result[other], result[index]
        return result


class Streams:
    """The streams of one run, found by name; never by position, so a new one changes no other.

    They draw from one generator, which is theirs alone: runs in several threads have each its own
    Streams, and get the numbers that they get one after another.
    """

    __slots__ = ("_generator", "_hash_of_run")

    def __init__(self, seed: int, replication: int) -> None:
        self._hash_of_run = hashlib.blake2b(f"{seed}\x1f{replication}\x1f".encode(), digest_size=16)
        self._generator = _Generator()

    def stream(self, name: str) -> Stream:
        """Return the stream of that name, at its beginning: who draws asks once and keeps it."""
        key = self._hash_of_run.copy()
        key.update(name.encode())
        return Stream(key.digest(), self._generator)
