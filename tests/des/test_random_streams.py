"""Random numbers by name: the same in any process and order."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

import numpy as np
import pytest

from anywhere_sim.compiled import way
from anywhere_sim.des.random_streams import (
    UNCHECKED,
    NumpyStream,
    Streams,
    WordStream,
    _Philox,
    checked_quantile,
    normal_quantile,
)  # fmt: skip

CODE = (
    "from anywhere_sim.des.random_streams import Streams; s = Streams(7, 2).stream('a/b'); "
    "print([s.uniform().hex() for _ in range(40)])"
)


def test_the_same_name_gives_the_same_numbers_in_any_process_and_order() -> None:
    alone = Streams(7, 2).stream("a/b")
    other, mixed = Streams(7, 2).stream("other"), Streams(7, 2).stream("a/b")
    numbers = [alone.uniform() for _ in range(40)]
    interleaved = [(other.uniform(), mixed.uniform())[1] for _ in range(40)]
    environment = os.environ | {"PYTHONHASHSEED": "99"}
    printed = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, env=environment
    ).stdout
    assert interleaved == numbers
    assert printed.strip() == str([number.hex() for number in numbers])
    assert Streams(7, 3).stream("a/b").uniform() != numbers[0]


def test_laws_have_their_means() -> None:
    draws, count = Streams(1, 0).stream("laws"), 20_000
    uniform = np.array([draws.uniform() for _ in range(count)])
    assert 0.0 < uniform.min() < uniform.max() < 1.0
    assert (
        np.abs(np.sort(uniform) - (np.arange(count) + 0.5) / count).max() < 1.95 / count**0.5
    )  # Kolmogorov, 0.1 %
    exponential = np.array([draws.exponential(3.0) for _ in range(count)])
    assert abs(exponential.mean() - 3.0) < 4 * 3.0 / count**0.5
    lognormal = np.array([draws.lognormal(50.0, 0.5) for _ in range(count)])
    assert abs(lognormal.mean() - 50.0) < 4 * lognormal.std() / count**0.5
    assert sorted(draws.shuffled(range(50))) == list(range(50))


def test_compiled_code_and_numpy_draw_the_same_numbers() -> None:
    """A number more than three batches; the fifth and the 21st are each the first of a new one."""
    philox = _Philox()
    assert isinstance(Streams(7, 2).stream("a/b"), WordStream) == (way() == "compiled")
    for key in (bytes(16), b"\xff" * 16, bytes(range(16)), bytes(range(240, 256))):
        own, other = WordStream(key), NumpyStream(key, philox)
        assert [own.uniform() for _ in range(149)] == [other.uniform() for _ in range(149)]


@pytest.mark.parametrize("probability", [2.0**-54, 1e-9, 0.02425, 0.5, 0.77, 1.0 - 2.0**-53])
def test_a_normal_quantile_is_that_of_the_standard_library(probability: float) -> None:
    for mean, deviation in ((0.0, 1.0), (3.0, 0.7)):
        wanted = checked_quantile(probability, mean, deviation)
        assert normal_quantile(probability, mean, deviation) == wanted
        assert getattr(statistics, UNCHECKED)(probability, mean, deviation) == wanted
