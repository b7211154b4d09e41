"""Streams of several runs that are drawn from in turn, by threads that change places as often as
Python lets them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from anywhere_sim.des.random_streams import Streams

RUNS, STREAMS, DRAWS = 4, 300, 40  # 40 draws of a stream are three batches


@pytest.fixture
def _tiny_switch_interval() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def _numbers(replication: int) -> list[list[float]]:
    """Return the numbers of a run's streams, a draw from each in turn."""
    run = Streams(7, replication)
    streams = [run.stream(f"person/{number}") for number in range(STREAMS)]
    return [[stream.uniform() for stream in streams] for _ in range(DRAWS)]


@pytest.mark.usefixtures("_tiny_switch_interval")
def test_threads_draw_what_is_drawn_one_after_another() -> None:
    serial = [_numbers(number) for number in range(RUNS)]
    start = Barrier(RUNS)

    def together(replication: int) -> list[list[float]]:
        start.wait()
        return _numbers(replication)

    with ThreadPoolExecutor(RUNS) as pool:
        assert list(pool.map(together, range(RUNS))) == serial


def test_streams_of_two_runs_do_not_disturb_each_other() -> None:
    one, other = Streams(7, 0).stream("a"), Streams(7, 1).stream("a")
    mixed = [(one.uniform(), other.uniform()) for _ in range(100)]
    alone, later = Streams(7, 0).stream("a"), Streams(7, 1).stream("a")
    assert [number for number, _ in mixed] == [alone.uniform() for _ in range(100)]
    assert [number for _, number in mixed] == [later.uniform() for _ in range(100)]
