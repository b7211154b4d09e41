"""B4 and B5: the station and the shared link beside textbook programs."""

from __future__ import annotations

from collections.abc import Iterator
from time import process_time

import ciw
import numpy as np
import simpy
from simpy.core import StopSimulation

from anywhere_sim.des.environment import Environment
from anywhere_sim.des.station import Job, Station
from anywhere_sim.network.link import ConstantRate
from anywhere_sim.network.processor_sharing_link import ProcessorSharingLink
from benchmarks import naive
from benchmarks.goal import Reached, interleaved


def own_station(customers: int = 100_000) -> float:
    """Customers per second; all numbers are drawn in one batch, within the time measured."""
    begun = process_time()
    draws, env = np.random.default_rng(1), Environment()
    gaps, services = (
        iter(draws.exponential(mean, customers + 1).tolist()) for mean in (1.0 / 3.2, 1.0)
    )
    station, pool = Station(env, 4), list[Job]()

    def arrive(source: Job) -> None:
        station.serve(pool.pop() if pool else Job(), next(services), pool.append)
        if station.arrivals < customers:
            env.schedule_call(source, env.now + next(gaps), arrive)

    env.schedule_call(Job(), 0.0, arrive)
    env.run()
    return customers / (process_time() - begun)


def naive_station(customers: int = 50_000) -> float:
    begun = process_time()
    naive.station(customers, 4, 0.8, 1)
    return customers / (process_time() - begun)


def ciw_station(customers: int = 20_000) -> float:
    begun = process_time()
    exponential = ciw.dists.Exponential
    network = ciw.create_network(
        arrival_distributions=[exponential(3.2)],
        service_distributions=[exponential(1.0)],
        number_of_servers=[4],
    )
    ciw.seed(1)
    ciw.Simulation(network).simulate_until_max_customers(customers)
    return customers / (process_time() - begun)


def own_link(flows: int, completions: int = 30_000) -> float:
    """Completions per second with a constant number of flows; sizes are drawn beforehand."""
    sizes, env = _sizes(flows + completions), Environment()
    link = ProcessorSharingLink(env, ConstantRate(1.0))

    def again(_: object) -> None:
        if link.completions == completions:
            raise StopSimulation
        link.send(None, next(sizes), again)

    for _ in range(flows):
        link.send(None, next(sizes), again)
    begun = process_time()
    env.run()
    return completions / (process_time() - begun)


def naive_link(flows: int, completions: int = 60) -> float:
    """The same with a link that visits every flow."""
    sizes, env = _sizes(flows + completions + 1), simpy.Environment()
    link, left, over = naive.NaiveLink(env, 1.0), [completions], env.event()

    def again() -> None:
        left[0] -= 1
        if not left[0]:
            over.succeed()
        link.send(next(sizes), again)

    link.left = [[next(sizes), again] for _ in range(flows - 1)]
    link.send(next(sizes), again)
    begun = process_time()
    env.run(until=over)
    return completions / (process_time() - begun)


def _sizes(count: int) -> Iterator[float]:
    return iter(np.random.default_rng(1).exponential(1.0, count).tolist())


def measure() -> Iterator[Reached]:
    ratio, own, other = interleaved(own_station, naive_station)
    yield Reached(
        "B4",
        "M/M/4 at 0.8, customers/s: station / naive SimPy",
        8.0,
        False,
        ratio,
        f"{own:,.0f} and {other:,.0f} customers/s",
    )
    ratio, own, other = interleaved(own_station, ciw_station)
    yield Reached(
        "B4",
        "M/M/4 at 0.8, customers/s: station / Ciw",
        15.0,
        False,
        ratio,
        f"{own:,.0f} and {other:,.0f} customers/s",
    )
    ratio, own, other = interleaved(lambda: own_link(10_000), lambda: naive_link(10_000))
    yield Reached(
        "B5",
        "link, 10,000 flows, completions/s: own / naive",
        700.0,
        False,
        ratio,
        f"{own:,.0f} and {other:,.0f} completions/s",
    )
    ratio, few, many = interleaved(lambda: own_link(10), lambda: own_link(10_000))
    yield Reached(
        "B5",
        "link: cost of a completion at 10,000 flows / at 10",
        1.5,
        True,
        ratio,
        f"{many:,.0f} and {few:,.0f} completions/s",
    )
