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
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from math import exp, log, log1p
from statistics import NormalDist
from struct import Struct
from types import FunctionType
from typing import Any, Final, TypeVar

import numpy as np
from mypy_extensions import i64

T = TypeVar("T")
BATCHES: Final = (4, 16, 64)
"""How many numbers make a batch: most streams are used little."""
EMPTY_BUFFER = array("d")  # of every stream that nobody has drawn from; nothing is added to it
_NORMAL = NormalDist()
_WORDS: Final = Struct("=2Q")
"""A key as two words of 64 bits: plain numbers are read sooner than those of an array."""
_MIN_UNIFORM: Final = 2.0**-54  # in place of 0, which the generator may draw
_ROUNDS: Final[i64] = 10
_LOW: Final[i64] = 0xFFFFFFFF  # the lower half of a word
_MANTISSA: Final[i64] = 0x1FFFFFFFFFFFFF  # of a number below 1


class _Generator:
    """Philox 4x64 (Salmon et al. 2011) for compiled code: four numbers of a key and a counter.

    In Python the same arithmetic gives the same numbers, ten times as slowly as numpy.
    """

    __slots__ = ("_block",)

    def __init__(self) -> None:
        self._block = array("d", bytes(8 * BATCHES[0]))

    def draw(self, key: bytes, turn: int) -> array[float]:
        """Return the numbers of a key that are next when it has been drawn from so many times.

        That is a quarter of batch 1, a sixteenth of the later ones: from the end, as all are taken.
        """
        batch: i64 = 0
        block: i64 = 0
        if turn > 4:
            batch, block = 2 + (turn - 5) // 16, 15 - (turn - 5) % 16
        elif turn > 0:
            batch, block = 1, 4 - turn
        _fill(self._block, block + 1, batch, _word(key, 0), _word(key, 8))
        return self._block[:]  # a copy has no room to grow


def _word(key: bytes, first: i64) -> i64:
    """Return eight bytes of a key as a word, the lowest first."""
    word: i64 = 0
    place: i64 = 8
    while place > 0:
        place -= 1
        word = word << 8 | key[first + place]
    return word


def _fill(numbers: array[float], word_0: i64, word_1: i64, key_0: i64, key_1: i64) -> None:
    """Write the numbers of a counter, whose other two words are 0."""
    word_2: i64 = 0
    word_3: i64 = 0
    rounds: i64 = 0
    while rounds < _ROUNDS:
        high_0, low_0 = _high(word_0, 0xE14C6C93, 0xD2E7470E), word_0 * -0x2D18B8F11EB3936D
        high_2, low_2 = _high(word_2, 0x95121157, 0xCA5A8263), word_2 * -0x35A57D9C6AEDEEA9
        word_0, word_1 = high_2 ^ word_1 ^ key_0, low_2
        word_2, word_3 = high_0 ^ word_3 ^ key_1, low_0
        key_0 += -0x61C8864680B583EB
        key_1 += -0x4498517A7B3558C5
        rounds += 1
    numbers[0] = float(word_0 >> 11 & _MANTISSA) * 2.0**-53
    numbers[1] = float(word_1 >> 11 & _MANTISSA) * 2.0**-53
    numbers[2] = float(word_2 >> 11 & _MANTISSA) * 2.0**-53
    numbers[3] = float(word_3 >> 11 & _MANTISSA) * 2.0**-53


def _high(word: i64, low: i64, high: i64) -> i64:
    """Return the upper 64 bits of a word's product with a number that is given in halves.

    Python keeps more than 64 bits of a word, but nothing looks at them.
    """
    word_low: i64 = word & _LOW
    word_high: i64 = word >> 32 & _LOW
    middle: i64 = word_high * low + (word_low * low >> 32 & _LOW)
    other: i64 = word_low * high + (middle & _LOW)
    return word_high * high + (middle >> 32 & _LOW) + (other >> 32 & _LOW)


COMPILED = not isinstance(_high, FunctionType)


class _NumpyGenerator(_Generator):
    """The same for Python: numpy's Philox, set to a key and a batch number before each draw.

    Its state is written and then drawn from in two steps, so each run has its own: one that two
    threads shared would give the numbers of the wrong key.
    """

    __slots__ = ("_drawn", "_numbers", "_philox", "_random", "_state")

    def __init__(self) -> None:
        super().__init__()
        self._philox = np.random.Philox(0)
        self._random = np.random.Generator(self._philox).random
        self._state: dict[str, Any] = dict(self._philox.state)
        self._state |= {"buffer": (0,) * 4, "buffer_pos": 4}  # nothing is left of an earlier draw
        self._drawn = [array("d", bytes(8 * size)) for size in BATCHES]
        self._numbers = [np.frombuffer(drawn) for drawn in self._drawn]  # the same memory

    def draw(self, key: bytes, turn: int) -> array[float]:
        """Return the numbers of a batch: 4 of batch 0, 16 of batch 1, 64 of the others."""
        self._state["state"] = {"counter": (0, turn, 0, 0), "key": _WORDS.unpack(key)}
        self._philox.state = self._state  # type: ignore[assignment]
        size = min(turn, 2)
        self._random(out=self._numbers[size])
        return self._drawn[size][:]


class Stream:
    """Independent uniform numbers of one name, and other laws by inverse transform.

    The values depend on (seed, replication, name) and on how many were taken from this stream, on
    nothing else. Every law takes one uniform number a value, so two scenarios that differ in a
    parameter stay in step. A stream that is not drawn from costs some 110 bytes.
    """

    __slots__ = ("_buffer", "_generator", "_key", "_turn")

    def __init__(self, key: bytes, generator: _Generator) -> None:
        self._key = key
        self._generator = generator
        self._turn = 0
        self._buffer = EMPTY_BUFFER

    def uniform(self) -> float:
        """Return a number in the open interval (0, 1)."""
        if not self._buffer:
            self._refill()
        return self._buffer.pop() or _MIN_UNIFORM

    def _refill(self) -> None:
        """Draw the numbers that are next."""
        self._buffer = self._generator.draw(self._key, self._turn)
        self._turn += 1

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
        self._generator = _Generator() if COMPILED else _NumpyGenerator()

    def stream(self, name: str) -> Stream:
        """Return the stream of that name, at its beginning: who draws asks once and keeps it."""
        key = self._hash_of_run.copy()
        key.update(name.encode())
        return Stream(key.digest(), self._generator)
