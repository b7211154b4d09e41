"""The station against the Kiefer-Wolfowitz recursion, and what happens when it stops."""

from __future__ import annotations

from heapq import heapreplace

import numpy as np
import pytest

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.station import BoundedPool, Job, Source, Station


def kiefer_wolfowitz(arrivals: np.ndarray, services: np.ndarray, servers: int) -> list[float]:
    free, waits = [0.0] * servers, []
    for arrival, service in zip(arrivals, services, strict=True):
        begin = max(arrival, free[0])
        waits.append(begin - arrival)
        heapreplace(free, begin + service)
    return waits


@pytest.mark.parametrize("servers", [1, 4])
def test_waits_follow_the_recursion(servers: int) -> None:
    draws = np.random.default_rng(5)
    arrivals, services = (
        np.cumsum(draws.exponential(1.0, 5000)),
        draws.exponential(0.9 * servers, 5000),
    )
    env, waits, times = Environment(), [], []
    station = Station(env, servers)

    def arrive(place: int) -> None:
        begun = env.now
        waits.append(
            station.serve(Job(), services[place], lambda job: times.append(env.now - begun))
        )

    for place, arrival in enumerate(arrivals):
        env.call_at(arrival, lambda place=place: arrive(place))
    env.run()
    assert np.allclose(waits, kiefer_wolfowitz(arrivals, services, servers), atol=1e-9)
    assert station.busy_s() == pytest.approx(services.sum(), rel=1e-9)
    assert env.events_fired == 2 * len(arrivals)


@pytest.mark.parametrize("servers", [1, 4])
def test_jobs_of_a_source_come_after_their_gaps(servers: int) -> None:
    draws, env = np.random.default_rng(6), Environment(initial_time=100.0)
    gaps, services = draws.exponential(1.0, 5000), draws.exponential(0.9 * servers, 5000)
    source = Source(env, Station(env, servers), gaps.tolist(), services.tolist())
    env.run()
    waits = kiefer_wolfowitz(np.cumsum(gaps), services, servers)
    assert np.allclose(source.waits_s, waits, atol=1e-9)
    assert env.events_fired == 2 * len(gaps)


def test_a_source_needs_a_service_for_each_gap() -> None:
    env = Environment()
    with pytest.raises(ValueError, match="2 gaps and 1 services"):
        Source(env, Station(env, 1), [1.0, 1.0], [1.0])


def test_stop_returns_every_job_in_order_and_ignores_old_departures() -> None:
    env, done = Environment(), []
    station = Station(env, 2)
    jobs = [Job() for _ in range(5)]
    for job in jobs:
        station.serve(job, 10.0, done.append)
    env.run(until=4.0)
    assert station.busy_s() == pytest.approx(8.0)
    assert station.stop() == jobs
    assert station.present == 0
    fresh = Job()
    assert station.serve(fresh, 1.0, done.append) == 0.0
    env.run()
    assert done == [fresh]
    assert station.busy_s() == pytest.approx(9.0)


def test_a_station_needs_a_server() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Station(Environment(), 0)


def departures(arrivals: np.ndarray, services: np.ndarray, servers: int) -> np.ndarray:
    env, left = Environment(), {}
    station = Station(env, servers)
    for place, arrival in enumerate(arrivals):
        env.call_at(
            arrival,
            lambda place=place: station.serve(
                Job(), services[place], lambda job: left.setdefault(place, env.now)
            ),
        )
    env.run()
    return np.array([left[place] for place in range(len(arrivals))])


def test_more_servers_on_the_same_arrivals_let_nobody_leave_later() -> None:
    draws = np.random.default_rng(9)
    arrivals, services = np.cumsum(draws.exponential(1.0, 500)), draws.exponential(1.5, 500)
    two, three = departures(arrivals, services, 2), departures(arrivals, services, 3)
    assert np.allclose(two, arrivals + kiefer_wolfowitz(arrivals, services, 2) + services)
    assert (three <= two + 1e-9).all()


def test_the_101st_thread_waits_and_enters_when_one_leaves() -> None:
    env, inside, refused = Environment(), [], []
    room = BoundedPool(env, 100, patience_s=10.0)
    for number in range(102):
        room.enter(number, inside.append, refused.append)
    assert len(inside) == 100
    assert room.waiting == 2
    env.call_at(3.0, room.leave)
    env.run()
    assert inside[-1] == 100
    assert refused == [101]
    assert room.refusals == 1
    assert env.now == 10.0
