"""Random numbers by name: a stream is a key, a batch number and a small buffer.

Two scenarios that are compared must meet the same people: who writes when must not depend on how
many numbers somebody else has drawn. So every decision has a stream of its own, and its name alone
(with seed and replication) decides its numbers::

    seed, replication, name --BLAKE2b--> key --Philox(key, batch)--> 4, 16, 64, 64 ... numbers

Philox is counter-based: a batch is computed from the key and its number, without those before it.
So a stream keeps no generator, and the streams of a run share one. Compiled code computes the four
numbers that are next; Python asks numpy, to which telling a key costs more than 64 numbers.
"""

from __future__ import annotations

import hashlib
import statistics
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from math import exp, log, log1p
from struct import Struct
from types import FunctionType
from typing import Any, Final, TypeVar

import numpy as np
from mypy_extensions import i32, i64, mypyc_attr

T = TypeVar("T")
BATCHES: Final = (4, 16, 64)
"""How many numbers make a batch: most streams are used little."""
EMPTY_BUFFER = array("d")  # of every stream that nobody has drawn from; nothing is added to it
_WORDS: Final = Struct("=2Q")
"""A key as two words of 64 bits: plain numbers are read sooner than those of an array."""
_MIN_UNIFORM: Final = 2.0**-54  # in place of 0, which the generator may draw
_ROUNDS: Final[i64] = 10
_LOW: Final[i64] = 0xFFFFFFFF  # the lower half of a word
_MANTISSA: Final[i64] = 0x1FFFFFFFFFFFFF  # of a number below 1
_FIRST_HIGH: Final[i64] = 0xD2E7470E  # the two multipliers, in halves
_FIRST_LOW: Final[i64] = 0xE14C6C93
_SECOND_HIGH: Final[i64] = 0xCA5A8263
_SECOND_LOW: Final[i64] = 0x95121157


def checked_quantile(probability: float, mean: float, deviation: float) -> float:
    """Return a quantile of a normal law as the standard library gives it to everybody."""
    return statistics.NormalDist(mean, deviation).inv_cdf(probability)


UNCHECKED = "_normal_dist_inv_cdf"
normal_quantile: Final[Callable[[float, float, float], float]] = getattr(
    statistics, UNCHECKED, checked_quantile
)
"""What `NormalDist.inv_cdf` calls when it has looked at its argument: the same number in a third
of the time. Its name is private, and a Python without it asks the method.
"""


@mypyc_attr(acyclic=True)
class Stream:
    """Independent uniform numbers of one name, and other laws by inverse transform.

    The values depend on (seed, replication, name) and on how many were taken from this stream, on
    nothing else. Every law takes one uniform number a value, so two scenarios that differ in a
    parameter stay in step.
    """

    __slots__ = ()

    def _next(self) -> float:
        """Return the next number of the interval [0, 1)."""
        raise NotImplementedError

    def uniform(self) -> float:
        """Return a number in the open interval (0, 1)."""
        return self._next() or _MIN_UNIFORM

    def exponential(self, mean: float) -> float:
        """Return an exponential time with that mean."""
        return -mean * log1p(-self._next())

    def normal(self, mean: float, deviation: float) -> float:
        """Return a normal number."""
        return mean + deviation * normal_quantile(self.uniform(), 0.0, 1.0)

    def lognormal(self, mean: float, sigma: float, maximum: float = float("inf")) -> float:
        """Return a lognormal number, or `maximum` where that is less.

        `mean` is that of the law before the cut, `sigma` the deviation of its logarithm.
        """
        normal = sigma * normal_quantile(self.uniform(), 0.0, 1.0)
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


@mypyc_attr(acyclic=True)
class WordStream(Stream):
    """A stream of compiled code: Philox 4x64 (Salmon et al. 2011) in machine words, 80 bytes.

    It keeps the four numbers of one counter. In Python the same arithmetic gives the same numbers,
    ten times as slowly as numpy.
    """

    __slots__ = ("_first", "_fourth", "_key_0", "_key_1", "_left", "_second", "_third", "_turn")

    def __init__(self, key: bytes) -> None:
        self._key_0: i64 = _word(key, 0)
        self._key_1: i64 = _word(key, 8)
        self._turn: i32 = 0
        self._left: i32 = 0
        self._first = self._second = self._third = self._fourth = 0.0

    def _next(self) -> float:
        if self._left == 0:
            self._refill()
        self._left -= 1
        if self._left == 3:
            return self._fourth
        if self._left == 2:
            return self._third
        return self._second if self._left == 1 else self._first

    def _refill(self) -> None:
        """Draw what is next: the whole of batch 0, a quarter of batch 1, a 16th of the later ones.

        A batch is taken from its end.
        """
        turn = i64(self._turn)
        if turn > 4:
            self._draw(16 - (turn - 5) % 16, 2 + (turn - 5) // 16)
        elif turn > 0:
            self._draw(5 - turn, 1)
        else:
            self._draw(1, 0)
        self._turn, self._left = self._turn + 1, 4

    def _draw(self, word_0: i64, word_1: i64) -> None:
        """Draw the numbers of a counter, whose other two words are 0."""
        key_0, key_1 = self._key_0, self._key_1
        first: i64 = _joined(_FIRST_HIGH, _FIRST_LOW)
        second: i64 = _joined(_SECOND_HIGH, _SECOND_LOW)
        step_0: i64 = _joined(0x9E3779B9, 0x7F4A7C15)
        step_1: i64 = _joined(0xBB67AE85, 0x84CAA73B)
        word_2: i64 = 0
        word_3: i64 = 0
        rounds: i64 = 0
        while rounds < _ROUNDS:
            # the upper words of two products, by halves: a function for it would take twice as long
            low: i64 = word_0 & _LOW
            high: i64 = word_0 >> 32 & _LOW
            middle: i64 = high * _FIRST_LOW + (low * _FIRST_LOW >> 32 & _LOW)
            other: i64 = low * _FIRST_HIGH + (middle & _LOW)
            upper_0: i64 = high * _FIRST_HIGH + (middle >> 32 & _LOW) + (other >> 32 & _LOW)
            low = word_2 & _LOW
            high = word_2 >> 32 & _LOW
            middle = high * _SECOND_LOW + (low * _SECOND_LOW >> 32 & _LOW)
            other = low * _SECOND_HIGH + (middle & _LOW)
            upper_2: i64 = high * _SECOND_HIGH + (middle >> 32 & _LOW) + (other >> 32 & _LOW)
            low = word_0 * first
            word_0 = upper_2 ^ word_1 ^ key_0
            word_1 = word_2 * second
            word_2 = upper_0 ^ word_3 ^ key_1
            word_3 = low
            key_0 += step_0
            key_1 += step_1
            rounds += 1
        self._first, self._second = _number(word_0), _number(word_1)
        self._third, self._fourth = _number(word_2), _number(word_3)


# Words of 64 bits. Python keeps more of them, but nothing looks at those.


def _word(key: bytes, first: i64) -> i64:
    """Return eight bytes of a key as a word, the lowest first."""
    word: i64 = 0
    place: i64 = 8
    while place > 0:
        place -= 1
        word = word << 8 | key[first + place]
    return word


def _joined(high: i64, low: i64) -> i64:
    """Return a word of two halves."""
    return high << 32 | low


def _number(word: i64) -> float:
    """Return the number below 1 that the upper 53 bits are."""
    return float(word >> 11 & _MANTISSA) * 2.0**-53


COMPILED = not isinstance(_number, FunctionType)


class _Philox:
    """Numpy's generator, set to a key and a batch number before each draw.

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


@mypyc_attr(acyclic=True)
class NumpyStream(Stream):
    """A stream of Python: a key, the number of a batch and what is left of the one before it.

    One that is not drawn from costs some 110 bytes.
    """

    __slots__ = ("_batch", "_buffer", "_key", "_philox")

    def __init__(self, key: bytes, philox: _Philox) -> None:
        self._key = key
        self._philox = philox
        self._batch = 0
        self._buffer = EMPTY_BUFFER

    def _next(self) -> float:
        if not self._buffer:
            self._buffer = self._philox.draw(self._key, self._batch)
            self._batch += 1
        return self._buffer.pop()


class Streams:
    """The streams of one run, found by name; never by position, so a new one changes no other.

    In Python they draw from one generator, which is theirs alone: runs in several threads have each
    its own Streams, and get the numbers that they get one after another.
    """

    __slots__ = ("_hash_of_run", "_philox")

    def __init__(self, seed: int, replication: int) -> None:
        self._hash_of_run = hashlib.blake2b(f"{seed}\x1f{replication}\x1f".encode(), digest_size=16)
        self._philox = None if COMPILED else _Philox()

    def stream(self, name: str) -> Stream:
        """Return the stream of that name, at its beginning: who draws asks once and keeps it."""
        hash_of_name = self._hash_of_run.copy()
        hash_of_name.update(name.encode())
        key = hash_of_name.digest()
        return WordStream(key) if self._philox is None else NumpyStream(key, self._philox)
