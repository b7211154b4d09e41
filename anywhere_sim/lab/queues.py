"""Experiments with queues: theory beside simulation."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from anywhere_sim.analysis.statistics.interval import Interval, mean_interval
from anywhere_sim.analysis.theory.erlang import Mmc
from anywhere_sim.kernel.clock import Clock
from anywhere_sim.kernel.station import Job, Station


def waits(arrivals_per_s: float, service_s: float, servers: int, customers: int = 20_000, seed: int = 1, empty: bool = False) -> np.ndarray:
    """Return the wait of each customer of an M/M/c station, in seconds; without the first tenth unless it begins `empty` on purpose."""
    draws, clock = np.random.default_rng(seed), Clock()
    station, found = Station(clock, servers), list[float]()
    gaps, services = (iter(draws.exponential(mean, customers + 1).tolist()) for mean in (1.0 / arrivals_per_s, service_s))

    def arrive(source: Job) -> None:
        found.append(station.serve(Job(), next(services), _gone))
        if len(found) < customers:
            clock.arm(source, clock.now + next(gaps), arrive)

    clock.arm(Job(), 0.0, arrive)
    clock.run()
    return np.array(found[0 if empty else customers // 10 :])


def simulated_wait(arrivals_per_s: float, service_s: float, servers: int, replications: int = 8, customers: int = 20_000) -> Interval:
    """Return the mean wait with its 95 % interval over replications."""
    return mean_interval([waits(arrivals_per_s, service_s, servers, customers, seed).mean() for seed in range(replications)])


def wait_curve(servers: int, service_s: float, loads: Iterable[float] = (0.3, 0.5, 0.7, 0.8, 0.9, 0.95)) -> pd.DataFrame:
    """Return, by share of capacity used, the mean wait by Erlang C and by simulation (mean, low, high), in milliseconds."""
    rows = []
    for load in loads:
        rate = load * servers / service_s
        found = simulated_wait(rate, service_s, servers, replications=5)
        rows.append(
            {"load": load, "Erlang C": Mmc(rate, service_s, servers).wait_s, "simulated": found.mean, "low": found.low, "high": found.high}
        )
    return 1000.0 * pd.DataFrame(rows).set_index("load")


def coverage(make: str, repetitions: int = 400, customers: int = 4_000) -> float:
    """Return the share of 95 % intervals that hold the true mean wait of an M/M/1 at load 0.8.

    `make` says from what: "replications" (ten independent runs), or "one run" (its customers, as if they were independent).
    """
    truth = Mmc(0.8, 1.0, 1).wait_s
    hits = 0
    for repetition in range(repetitions):
        if make == "replications":
            found = mean_interval([_lindley(customers, 10 * repetition + number).mean() for number in range(10)])
        else:
            found = mean_interval(_lindley(customers, repetition))
        hits += found.low <= truth <= found.high
    return hits / repetitions


def _lindley(customers: int, seed: int, load: float = 0.8) -> np.ndarray:
    """Return the waits of an M/M/1 by Lindley's recursion, after a warm-up of as many customers."""
    draws = np.random.default_rng(seed)
    steps = draws.exponential(1.0, 2 * customers) - draws.exponential(1.0 / load, 2 * customers)
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray((sums - np.minimum.accumulate(sums))[customers:-1])


def _gone(_: Job) -> None:
    """A customer leaves."""
