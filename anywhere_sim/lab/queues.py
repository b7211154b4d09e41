"""Experiments with queues: theory against simulation, and an overload that keeps itself alive."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import pandas as pd

from anywhere_sim.analysis.intervals import Interval, mean_interval
from anywhere_sim.analysis.queueing_theory import Mmc
from anywhere_sim.des.environment import Environment
from anywhere_sim.des.station import Job, Source, Station
from anywhere_sim.network.link import ConstantRate
from anywhere_sim.network.processor_sharing_link import ProcessorSharingLink


def mmc_waits_s(
    arrivals_per_s: float, service_s: float, servers: int, customers: int = 20_000, seed: int = 1
) -> np.ndarray:
    """Return the wait of each customer of an M/M/c station, in seconds, without the first tenth.

    >>> waits_s = lab.mmc_waits_s(0.8, 1.0, 1, customers=1_000)
    >>> len(waits_s), bool(waits_s.min() >= 0)
    (900, True)
    """
    draws, env = np.random.default_rng(seed), Environment()
    gaps_s, services_s = (
        draws.exponential(mean, customers + 1).tolist()
        for mean in (1.0 / arrivals_per_s, service_s)
    )
    source = Source(
        env, Station(env, servers), [0.0, *gaps_s[: customers - 1]], services_s[:customers]
    )
    env.run()
    return np.array(source.waits_s[customers // 10 :])


def simulated_wait(
    arrivals_per_s: float,
    service_s: float,
    servers: int,
    replications: int = 8,
    customers: int = 20_000,
) -> Interval:
    """Return the mean wait with its 95 % interval over replications.

    >>> wait = lab.simulated_wait(0.5, 1.0, 1, replications=3, customers=500)
    >>> wait.low < wait.mean < wait.high
    True
    """
    return mean_interval(
        [
            mmc_waits_s(arrivals_per_s, service_s, servers, customers, seed).mean()
            for seed in range(replications)
        ]
    )


def wait_curve(
    servers: int,
    service_s: float,
    loads: Collection[float] = (0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95),
) -> pd.DataFrame:
    """Return, by share of capacity used, the mean wait in milliseconds: by Erlang C for each
    percent, and by simulation (mean, low, high) at `loads`.

    >>> table = lab.wait_curve(1, 0.1, loads=(0.5,))
    >>> float(table.loc[0.5, "Erlang C"])
    100.0
    """
    rows = []
    for load in sorted({*loads, *(percent / 100.0 for percent in range(30, 96))}):
        rate = load * servers / service_s
        row = {"load": load, "Erlang C": Mmc(rate, service_s, servers).wait_s}
        if load in loads:
            interval = simulated_wait(rate, service_s, servers, replications=5)
            row |= {"simulated": interval.mean, "low": interval.low, "high": interval.high}
        rows.append(row)
    return 1000.0 * pd.DataFrame(rows).set_index("load")


def simulated_sharing_s(
    arrivals_per_s: float, service_s: float, law: str, jobs: int = 100_000, seed: int = 1
) -> float:
    """Return the mean time of a job, in seconds, at one server that all jobs present share equally:
    our own shared link.

    `law` is that of the service time, with the same mean: "constant", "exponential", or "heavy" (a
    tenth of the jobs is 9.1 times the mean).

    >>> 1 < lab.simulated_sharing_s(0.5, 1.0, "constant", jobs=2_000) < 3
    True
    """
    draws, env = np.random.default_rng(seed), Environment()
    link, times_s = ProcessorSharingLink(env, ConstantRate(1.0)), list[float]()
    come_s = np.cumsum(draws.exponential(1.0 / arrivals_per_s, jobs))
    shapes = {
        "constant": np.ones(jobs),
        "exponential": draws.exponential(1.0, jobs),
        "heavy": np.where(draws.random(jobs) < 0.1, 9.1, 0.1),
    }
    sizes = service_s * shapes[law]
    arrivals = iter(zip(come_s.tolist(), sizes.tolist(), strict=True))

    def arrive(job: tuple[float, float]) -> None:
        link.send(job[0], job[1], lambda begun_s: times_s.append(env.now - begun_s))
        plan()

    def plan() -> None:
        job = next(arrivals, None)
        if job is not None:
            env.call_at(job[0], lambda: arrive(job))

    plan()
    env.run()
    return float(np.mean(times_s))


def waits_from_empty_s(load: float, customers: int, runs: int = 400) -> np.ndarray:
    """Return the wait of the 1st, 2nd, ... customer of an M/M/1 that starts empty, averaged over
    runs; service takes 1 s on average.

    >>> waits_s = lab.waits_from_empty_s(0.8, customers=20, runs=50)
    >>> float(waits_s[0]), len(waits_s)
    (0.0, 20)
    """
    return np.asarray(np.mean([_waits(customers, seed, load) for seed in range(runs)], axis=0))


def interval_coverage(make: str, repetitions: int = 400, customers: int = 4_000) -> float:
    """Return the share of 95 % intervals that hold the true mean wait of an M/M/1 at load 0.8.

    `make` says from what: "replications" (ten independent runs), or "one run" (its customers, as if
    they were independent).

    >>> 0 <= lab.interval_coverage("one run", repetitions=3, customers=200) <= 1
    True
    """
    truth = Mmc(0.8, 1.0, 1).wait_s
    hits = 0
    for repetition in range(repetitions):
        if make == "replications":
            interval = mean_interval(
                [_lindley(customers, 10 * repetition + number).mean() for number in range(10)]
            )
        else:
            interval = mean_interval(_lindley(customers, repetition))
        hits += interval.low <= truth <= interval.high
    return hits / repetitions


def _lindley(customers: int, seed: int, load: float = 0.8) -> np.ndarray:
    """Return the waits of an M/M/1 after a warm-up of as many customers."""
    return _waits(2 * customers, seed, load)[customers:]


def _waits(customers: int, seed: int, load: float) -> np.ndarray:
    """Return the waits of an M/M/1 that starts empty, by Lindley's recursion; service takes 1 s on
    average.
    """
    draws = np.random.default_rng(seed)
    steps = draws.exponential(1.0, customers) - draws.exponential(1.0 / load, customers)
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray((sums - np.minimum.accumulate(sums))[:-1])


PATIENCE_S = 45.0  # facts 1.3: RPC/HTTP ConnectTimeout, KB 831060


def retry_storm(
    clients: int, work_s: float, again_s: Callable[[int], float], until_s: float = 1800.0
) -> pd.DataFrame:
    """Return the share of the clients that are served, in percent, and the server's backlog in
    seconds, every 5 s.

    All ask at time 0 for `work_s` seconds of one server. Who isn't served within 45 s gives up and
    asks again after `again_s(failures)` seconds; the work that was asked for is done all the same.

    >>> table = lab.retry_storm(50, work_s=0.2, again_s=lambda failures: 10.0, until_s=60.0)
    >>> float(table["served, %"].iloc[-1])
    100.0
    """
    env, served_s = Environment(), list[float]()
    station = Station(env, 1)

    def ask(failures: int) -> None:
        takes_s = station.serve(Job(), work_s, _ignore) + work_s
        if takes_s <= PATIENCE_S:
            served_s.append(env.now + takes_s)
        else:
            later_s = env.now + PATIENCE_S + again_s(failures + 1)
            if later_s < until_s:
                env.call_at(later_s, lambda: ask(failures + 1))

    for _ in range(clients):
        ask(0)
    backlog_s: list[float] = []
    times_s = np.arange(5.0, until_s + 1.0, 5.0)
    for time_s in times_s:
        env.call_at(float(time_s), lambda: backlog_s.append(station.present * work_s))
    env.run()
    share = 100.0 * np.searchsorted(np.sort(served_s), times_s, side="right") / clients
    return pd.DataFrame(
        {"served, %": share, "backlog, s": backlog_s}, index=pd.Index(times_s, name="time_s")
    )


def _ignore(_: Job) -> None:
    """Whoever asked may have given up."""
