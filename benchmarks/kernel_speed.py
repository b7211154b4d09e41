"""Speeds of the kernel beside textbook SimPy, as ratios measured in one process; medians of interleaved runs."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import simpy
from simpy.core import StopSimulation

sys.path.insert(0, str(Path(__file__).parents[1]))

from anywhere_sim.kernel.clock import Clock
from anywhere_sim.kernel.equal_share import EqualShareLink
from anywhere_sim.kernel.rate import ConstantRate
from anywhere_sim.kernel.station import Job, Station
from benchmarks import naive
from benchmarks.miniature import Miniature, figures

RUNS = 5


def own_station(customers: int) -> float:
    """Customers per second; all numbers are drawn in one batch, within the time measured."""
    begun = perf_counter()
    draws, clock = np.random.default_rng(1), Clock()
    gaps, services = (iter(draws.exponential(mean, customers + 1).tolist()) for mean in (1.0 / 3.2, 1.0))
    station, pool = Station(clock, 4), list[Job]()

    def arrive(source: Job) -> None:
        station.serve(pool.pop() if pool else Job(), next(services), pool.append)
        if station.arrivals < customers:
            clock.arm(source, clock.now + next(gaps), again)

    again = [arrive]
    clock.arm(Job(), 0.0, again)
    clock.run()
    return customers / (perf_counter() - begun)


def naive_station(customers: int) -> float:
    begun = perf_counter()
    naive.station(customers, 4, 0.8, 1)
    return customers / (perf_counter() - begun)


def own_link(flows: int, completions: int) -> float:
    """Completions per second with a constant number of flows; sizes are drawn beforehand."""
    sizes, clock = _sizes(flows + completions), Clock()
    link = EqualShareLink(clock, ConstantRate(1.0))

    def again(_: object) -> None:
        if link.completions == completions:
            raise StopSimulation
        link.send(None, next(sizes), again)

    for _ in range(flows):
        link.send(None, next(sizes), again)
    begun = perf_counter()
    clock.run()
    return completions / (perf_counter() - begun)


def naive_link(flows: int, completions: int) -> float:
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
    begun = perf_counter()
    env.run(until=over)
    return completions / (perf_counter() - begun)


def _sizes(count: int) -> Iterator[float]:
    return iter(np.random.default_rng(1).exponential(1.0, count).tolist())


def own_miniature(clients: int, until_s: float) -> float:
    made = Miniature(clients, 1, list[object]().append)
    begun = perf_counter()
    made.run(until_s)
    return made.calls / (perf_counter() - begun)


def naive_miniature(clients: int, until_s: float) -> float:
    begun = perf_counter()
    calls = naive.miniature(clients, until_s, 1, figures(clients))
    return calls / (perf_counter() - begun)


CASES: list[tuple[str, float, Callable[[], float], Callable[[], float]]] = [
    ("M/M/4 at 0.8: customers per second, station / naive", 8.0, lambda: own_station(100_000), lambda: naive_station(50_000)),
    ("link at 10,000 flows: completions per second, own / naive", 700.0, lambda: own_link(10_000, 30_000), lambda: naive_link(10_000, 60)),
    ("link: cost at 10,000 flows / cost at 10 (at most)", 1.5, lambda: own_link(10, 30_000), lambda: own_link(10_000, 30_000)),
    (
        "miniature, 10,000 clients: calls per second, own / naive",
        5.0,
        lambda: own_miniature(10_000, 60.0),
        lambda: naive_miniature(10_000, 60.0),
    ),
]


def main() -> None:
    """Print a table and write it as JSON."""
    results = []
    for name, goal, first, second in CASES:
        pairs = [(first(), second()) for _ in range(RUNS)]
        ratio = median(one / other for one, other in pairs)
        met = ratio <= goal if "at most" in name else ratio >= goal
        results.append(
            {
                "what": name,
                "goal": goal,
                "ratio": ratio,
                "met": met,
                "first": median(p[0] for p in pairs),
                "second": median(p[1] for p in pairs),
            }
        )
        print(f"{name:62s} goal {goal:7.1f}  reached {ratio:8.2f}  {'met' if met else 'not met'}", flush=True)
    versions = {"python": platform.python_version(), "simpy": simpy.__version__, "machine": platform.machine()}
    Path(__file__).with_name("kernel_speed.json").write_text(
        json.dumps({"versions": versions, "results": results}, indent=1) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
