"""The search for a size against queueing theory, and on a small branch."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import anywhere_sim as aw
from anywhere_sim.analysis.queueing_theory import Mmc, processor_sharing_s
from anywhere_sim.experiments.size_search import Found, Point, Search, Shares
from anywhere_sim.report.capacity import notes, sentence, table

JOBS, SERVICE_S, PER_MAILBOX_S = 10_000, 1.0, 0.001


def _draws(replication: int) -> tuple[np.ndarray, np.ndarray]:
    """Return gaps between arrivals (mean 1) and service times (mean SERVICE_S)."""
    draws = np.random.default_rng([11, replication])
    return draws.exponential(1.0, JOBS), draws.exponential(SERVICE_S, JOBS)


def _mean_wait_s(size: int, replication: int, servers: int) -> float:
    """Return the mean wait at M/M/c, first come first served."""
    gaps, services_s = _draws(replication)
    arrivals_s = np.cumsum(gaps) / (size * PER_MAILBOX_S)
    free_s, waited_s = [0.0] * servers, 0.0
    for arrived_s, service_s in zip(arrivals_s.tolist(), services_s.tolist(), strict=True):
        begun_s = max(arrived_s, free_s[0])
        waited_s += begun_s - arrived_s
        heapq.heapreplace(free_s, begun_s + service_s)
    return waited_s / JOBS


def _mean_response_s(size: int, replication: int) -> float:
    """Return the mean response at M/M/1-PS, by the work that each job present has been given."""
    gaps, services_s = _draws(replication)
    arrivals_s = [*(np.cumsum(gaps) / (size * PER_MAILBOX_S)).tolist(), np.inf]
    given_s = total_s = 0.0
    ends: list[tuple[float, float]] = []
    for service_s, (now_s, next_s) in zip(services_s.tolist(), pairwise(arrivals_s), strict=True):
        heapq.heappush(ends, (given_s + service_s, now_s))
        while ends and now_s + (ends[0][0] - given_s) * len(ends) <= next_s:
            end, arrived_s = ends[0]
            now_s += (end - given_s) * len(ends)
            heapq.heappop(ends)
            given_s = end
            total_s += now_s - arrived_s
        if ends:
            given_s += (next_s - now_s) / len(ends)
    return total_s / JOBS


def _search(measure: Callable[[int, int], float], limit: float) -> Found:
    def evaluate(points: Sequence[Point]) -> dict[Point, Shares]:
        return {point: {"queue: wait": measure(*point) / limit} for point in points}

    search = Search(evaluate, precision=0.03)
    search.look_at(60)
    return search.run()


def test_the_size_of_a_queue_is_that_of_theory() -> None:
    """M/M/3 with a mean wait of half a service: the size by Erlang's formula lies in the interval,
    which is as narrow as was asked for.
    """
    found = _search(lambda size, number: _mean_wait_s(size, number, 3), 0.5 * SERVICE_S)
    sizes = np.arange(500, 3_000)
    waits_s = np.array([Mmc(size * PER_MAILBOX_S, SERVICE_S, 3).wait_s for size in sizes])
    expected = float(np.interp(0.5 * SERVICE_S, waits_s, sizes))
    assert found.size.low <= expected <= found.size.high
    assert found.size.half_width <= 0.03 * found.size.mean
    assert found.binding == "queue: wait"


def test_the_size_under_processor_sharing_is_that_of_theory() -> None:
    """A response of four services under processor sharing: three quarters of the capacity."""
    found = _search(_mean_response_s, 4.0 * SERVICE_S)
    expected = 0.75 / (PER_MAILBOX_S * SERVICE_S)
    assert processor_sharing_s(expected * PER_MAILBOX_S, SERVICE_S) == pytest.approx(4.0)
    assert found.size.low <= expected <= found.size.high


def test_limits_that_no_size_meets_and_that_every_size_meets_are_said() -> None:
    """What a quarter of the people exceed as much stands beside; what never binds has no size."""

    def evaluate(points: Sequence[Point]) -> dict[Point, Shares]:
        return {(size, number): {"far": 3.0, "near": size / 100.0} for size, number in points}

    search = Search(evaluate)
    search.look_at(400)
    found = search.run()
    assert found.beside == ("far",)
    assert found.binding == "near"
    assert found.size.mean == pytest.approx(100.0, rel=0.02)
    endless = Search(lambda points: {point: {"near": 1e-9} for point in points}, largest=10_000)
    endless.look_at(60)
    assert endless.run().binding == ""


def test_a_wall_is_found_in_few_steps() -> None:
    """Each mailbox adds the same up to the wall, beyond it the share jumps: the sizes below say
    where it is.
    """
    tried: list[int] = []

    def evaluate(points: Sequence[Point]) -> dict[Point, Shares]:
        tried.extend(size for size, number in points if number == 0)
        return {point: {"wall": point[0] / 5_900 if point[0] <= 5_900 else 1.5} for point in points}

    search = Search(evaluate)
    for size in (60, 240, 2_200):
        search.look_at(size)
    found = search.run()
    assert found.size.mean == pytest.approx(5_900, rel=0.04)
    assert len(set(tried)) <= 6


def test_open_requests_bind_first_and_a_search_goes_on(tmp_path: Path) -> None:
    """A front end with 120 requests: what is refused beyond them tells the size; each client holds
    as many at every size. The same search again simulates nothing.
    """
    small = aw.Scenario.build(
        {
            "why": "a front end with few requests",
            "start": "09:00",
            "end": "09:05",
            "servers": {
                "mbx1": {"role": "mailbox"},
                "fe1": {"role": "front_end", "request_limit": 120},
            },
            "places": {"home": {"kind": "cable"}},
            "groups": {
                "clerks": {"mailboxes": 2, "server": "mbx1", "itinerary": [["08:00", "home"]]}
            },
        }
    )
    steps: list[bool] = []

    def found() -> aw.Capacity:
        steps.clear()
        return aw.capacity(
            small, folder=tmp_path, precision=0.2, watch=lambda step: steps.append(step.stored)
        )

    first = found()
    assert first.binding == "fe1: open requests"
    assert first.size.low < first.size.mean < first.size.high
    assert not any(steps)
    held = first.points.query("limit == @first.binding and size == 2")["share"].mean() * 120 / 2
    assert first.size.mean == pytest.approx(120 / held, rel=0.4)
    again = found()
    assert all(steps)
    assert again.size == first.size
    assert "the first limit is the open requests of fe1" in sentence(first)
    assert table(first).index[0] == first.binding
    assert "09:00 to 09:05" in next(notes(first))
