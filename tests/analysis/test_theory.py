"""Formulas against one another, against printed values, and against the project's own station and link."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from anywhere_sim.analysis.statistics.batch_means import batch_means
from anywhere_sim.analysis.statistics.interval import mean_interval
from anywhere_sim.analysis.theory.closed import finite_source, mean_value_analysis
from anywhere_sim.analysis.theory.erlang import Mmc, erlang_b, erlang_c, square_root_staffing
from anywhere_sim.analysis.theory.laws import little, response_time, utilisation
from anywhere_sim.analysis.theory.single import Mg1, processor_sharing_s
from anywhere_sim.kernel.clock import Clock
from anywhere_sim.kernel.equal_share import EqualShareLink
from anywhere_sim.kernel.rate import ConstantRate
from anywhere_sim.kernel.station import Job, Station


def test_erlang_s_formulas_give_the_printed_values() -> None:
    assert erlang_b(2.0, 3) == pytest.approx(4.0 / 19.0)  # (2^3 / 6) / (1 + 2 + 2 + 4/3)
    assert erlang_c(2.0, 3) == pytest.approx(4.0 / 9.0)
    assert Mmc(3.2, 1.0, 4).wait_s == pytest.approx(0.7455, abs=5e-4)
    assert erlang_c(5.0, 4) == 1.0
    assert Mmc(5.0, 1.0, 4).wait_s == inf
    assert square_root_staffing(100.0) == 110


def test_one_server_is_a_special_case_of_many_and_of_any_law() -> None:
    assert Mmc(0.7, 1.0).response_s == pytest.approx(Mg1(0.7, 1.0).response_s) == pytest.approx(processor_sharing_s(0.7, 1.0))
    assert Mg1(0.7, 1.0, scv=0.0).wait_s == pytest.approx(Mg1(0.7, 1.0).wait_s / 2.0)


def test_a_finite_source_agrees_with_mean_value_analysis_and_obeys_the_laws() -> None:
    exact, balanced = mean_value_analysis([0.4], 12, think_s=5.0), finite_source(12, 5.0, 0.4)
    assert exact.throughput_per_s == pytest.approx(balanced.throughput_per_s)
    assert exact.response_s == pytest.approx(balanced.response_s)
    assert response_time(12, exact.throughput_per_s, 5.0) == pytest.approx(exact.response_s)
    assert little(exact.throughput_per_s, exact.response_s) == pytest.approx(exact.present[0])
    assert utilisation(exact.throughput_per_s, 0.4) < 1.0
    assert mean_value_analysis([0.4, 0.1], 500, 5.0).throughput_per_s == pytest.approx(1.0 / 0.4, rel=1e-6)


def waits_at_a_station(seed: int, customers: int) -> float:
    draws, clock, waits = np.random.default_rng(seed), Clock(), []
    station, arrivals, services = Station(clock, 4), iter(draws.exponential(1.0 / 3.2, customers)), iter(draws.exponential(1.0, customers))

    def arrive(source: Job) -> None:
        waits.append(station.serve(Job(), next(services), lambda _: None))
        if len(waits) < customers:
            clock.arm(source, clock.now + next(arrivals), arrive)

    clock.arm(Job(), 0.0, arrive)
    clock.run()
    return float(np.mean(waits[1_000:]))


def test_the_station_waits_as_erlang_says() -> None:
    found = mean_interval([waits_at_a_station(seed, 30_000) for seed in range(12)], confidence=0.99)
    assert found.low < Mmc(3.2, 1.0, 4).wait_s < found.high
    assert found.half_width < 0.12


@pytest.mark.parametrize("law", ["exponential", "fixed"])
def test_the_shared_link_takes_as_long_as_processor_sharing_says_for_any_law(law: str) -> None:
    draws, clock, times = np.random.default_rng(22), Clock(), []
    link = EqualShareLink(clock, ConstantRate(1.0))
    sizes = draws.exponential(1.0, 40_000) if law == "exponential" else np.ones(40_000)
    for arrival, size in zip(np.cumsum(draws.exponential(1.0 / 0.7, 40_000)), sizes, strict=True):
        clock.call_at(float(arrival), lambda size=float(size): link.send(clock.now, size, lambda begun: times.append(clock.now - begun)))
    clock.run()
    found = batch_means(times[500:], confidence=0.999).interval
    assert found.low < processor_sharing_s(0.7, 1.0) < found.high
