"""Each formula against the project's own stations and links: the interval is right and narrow.

At most 1 % of the truth to either side at 95 %, 2 % for tails; the truth has to lie in the 99 %
interval. Truths are the formulas, whose printed values `test_queueing_theory.py` checks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import log
from typing import Any

import numpy as np
import pytest

from anywhere_sim.analysis.intervals import mean_interval
from anywhere_sim.analysis.queueing_theory import (
    Mg1,
    Mmc,
    erlang_b,
    erlang_c,
    finite_source,
    mean_value_analysis,
    processor_sharing_s,
    square_root_staffing,
)
from anywhere_sim.des.environment import Environment
from anywhere_sim.des.station import Job, Station
from anywhere_sim.network.link import ConstantRate
from anywhere_sim.network.processor_sharing_link import ProcessorSharingLink

REPLICATIONS = 20
WARM_UP = 500
Law = Callable[[np.random.Generator, int], np.ndarray]
LAWS: dict[str, tuple[Law, float]] = {
    "exponential": (lambda draws, count: draws.exponential(1.0, count), 1.0),
    "fixed": (lambda _, count: np.ones(count), 0.0),
    "gamma": (lambda draws, count: draws.gamma(0.5, 2.0, count), 2.0),
}
"""Laws of service with mean 1, and their squared coefficients of variation."""


def agrees(found: list[float], truth: float, within: float = 0.01) -> None:
    assert mean_interval(found).half_width <= within * truth
    wide = mean_interval(found, confidence=0.99)
    assert wide.low < truth < wide.high


def arrivals(
    seed: int,
    rate_per_s: float,
    customers: int,
    enter: Callable[[float], None],
    env: Environment,
    law: str = "exponential",
) -> None:
    """Let customers come at a rate, each with a service of mean 1, until all have left."""
    draws = np.random.default_rng(seed)
    gaps, services = (
        iter(draws.exponential(1.0 / rate_per_s, customers)),
        LAWS[law][0](draws, customers),
    )

    def arrive(source: Job) -> None:
        enter(next(services_left))
        gap = next(gaps, None)
        if gap is not None:
            env.schedule_call(source, env.now + gap, arrive)

    services_left: Iterator[float] = iter(services.tolist())
    env.schedule_call(Job(), next(gaps), arrive)
    env.run()


def responses(
    seed: int, rate_per_s: float, servers: int, customers: int, law: str = "exponential"
) -> np.ndarray:
    """Return wait and service, a row each, of the customers of a station after a warm-up."""
    env = Environment()
    station, found = Station(env, servers), []
    arrivals(
        seed,
        rate_per_s,
        customers,
        lambda service: found.append((station.serve(Job(), service, lambda _: None), service)),
        env,
        law,
    )
    return np.array(found[WARM_UP:]).T


def test_mm1_mean_and_tail() -> None:
    runs = [responses(seed, 0.4, 1, 12_000).sum(axis=0) for seed in range(REPLICATIONS)]
    agrees([run.mean() for run in runs], Mmc(0.4, 1.0).response_s)
    agrees([float(np.quantile(run, 0.95)) for run in runs], -log(0.05) / (1.0 - 0.4), within=0.02)


def test_mmc_mean_and_share_that_waits() -> None:
    runs = [responses(seed, 2.4, 4, 24_000) for seed in range(100, 100 + REPLICATIONS)]
    agrees([run.sum(axis=0).mean() for run in runs], Mmc(2.4, 1.0, 4).response_s)
    agrees([float((run[0] > 0.0).mean()) for run in runs], erlang_c(2.4, 4), within=0.02)


def test_erlang_b_is_the_share_that_finds_every_server_busy() -> None:
    def lost(seed: int) -> float:
        env, blocked = Environment(), []
        station = Station(env, 3)

        def enter(service: float) -> None:
            blocked.append(station.present == 3)
            if not blocked[-1]:
                station.serve(Job(), service, lambda _: None)

        arrivals(seed, 2.0, 28_000, enter, env)
        return float(np.mean(blocked[WARM_UP:]))

    agrees([lost(seed) for seed in range(200, 200 + REPLICATIONS)], erlang_b(2.0, 3))


@pytest.mark.parametrize("law", ["fixed", "gamma"])
def test_mg1_waits_as_pollaczek_and_khinchine_say(law: str) -> None:
    rate = 0.5 if law == "fixed" else 0.25
    found = [
        float(
            responses(seed, rate, 1, 12_000 if law == "fixed" else 30_000, law).sum(axis=0).mean()
        )
        for seed in range(300, 300 + REPLICATIONS)
    ]
    agrees(found, Mg1(rate, 1.0, LAWS[law][1]).response_s)


@pytest.mark.parametrize("law", ["exponential", "fixed"])
def test_a_shared_link_takes_as_long_as_processor_sharing_says_for_any_law(law: str) -> None:
    def mean_s(seed: int) -> float:
        env, times = Environment(), []
        link = ProcessorSharingLink(env, ConstantRate(1.0))
        arrivals(
            seed,
            0.4,
            12_000,
            lambda size: link.send(env.now, size, lambda begun: times.append(env.now - begun)),
            env,
            law,
        )
        return float(np.mean(times[WARM_UP:]))

    agrees([mean_s(seed) for seed in range(400, 400 + REPLICATIONS)], processor_sharing_s(0.4, 1.0))


def test_square_root_staffing_leaves_the_share_that_waits_which_it_promises() -> None:
    servers = square_root_staffing(4.0)
    found = [
        float((responses(seed, 4.0, servers, 40_000)[0] > 0.0).mean())
        for seed in range(500, 500 + REPLICATIONS)
    ]
    agrees(found, erlang_c(4.0, servers), within=0.02)


def closed(
    seed: int, users: int, think_s: float, cycles: int, stages: list[tuple[float, Any, Environment]]
) -> tuple[float, float]:
    """Return throughput and mean response of users who think and then pass each stage."""
    draws, env = np.random.default_rng(seed), stages[0][2]
    begun, done = {}, []

    def think(user: int) -> None:
        env.call_at(env.now + draws.exponential(think_s), lambda: ask(user))

    def ask(user: int) -> None:
        begun[user] = env.now
        enter(user, 0)

    def enter(user: int, stage: int) -> None:
        if stage == len(stages):
            done.append((env.now, env.now - begun[user]))
            if len(done) < cycles:
                think(user)
            return
        demand_s, station, _ = stages[stage]
        work = draws.exponential(demand_s)
        if isinstance(station, Station):
            station.serve(Job(), work, lambda _: enter(user, stage + 1))
        else:
            station.send(None, work, lambda _: enter(user, stage + 1))

    for user in range(users):
        think(user)
    env.run()
    ends, times = np.array(done[WARM_UP:cycles]).T
    return float((len(ends) - 1) / (ends[-1] - ends[0])), float(times.mean())


def test_a_finite_source_asks_and_waits_as_its_balance_says() -> None:
    truth = finite_source(6, 5.0, 0.4)

    def run(seed: int) -> tuple[float, float]:
        env = Environment()
        return closed(seed, 6, 5.0, 12_000, [(0.4, Station(env, 1), env)])

    throughputs, times = zip(*(run(seed) for seed in range(600, 600 + REPLICATIONS)), strict=True)
    agrees(list(throughputs), truth.throughput_per_s)
    agrees(list(times), truth.response_s)


def test_a_closed_network_of_stations_and_a_link_does_as_mean_value_analysis_says() -> None:
    truth = mean_value_analysis([2.0, 3.0, 1.0], 6, think_s=4.0)

    def run(seed: int) -> tuple[float, float]:
        env = Environment()
        stations = [Station(env, 1), Station(env, 1), ProcessorSharingLink(env, ConstantRate(1.0))]
        return closed(
            seed,
            6,
            4.0,
            8_000,
            [
                (demand, station, env)
                for demand, station in zip((2.0, 3.0, 1.0), stations, strict=True)
            ],
        )

    throughputs, times = zip(*(run(seed) for seed in range(700, 700 + REPLICATIONS)), strict=True)
    agrees(list(throughputs), truth.throughput_per_s)
    agrees(list(times), truth.response_s)
