"""Formulas against printed tables and against one another.

`test_theory_against_simulation.py` holds them against stations and links.
"""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from anywhere_sim.analysis.queueing_theory import (
    Mg1,
    Mmc,
    erlang_b,
    erlang_c,
    finite_source,
    little,
    mean_value_analysis,
    processor_sharing_s,
    response_time,
    square_root_staffing,
    utilisation,
)


@pytest.mark.parametrize(
    ("servers", "load"),
    [
        (2, 0.153),
        (4, 0.869),
        (5, 1.36),
        (10, 4.46),
        (20, 12.0),
        (24, 15.3),
        (40, 29.0),
        (70, 56.1),
        (100, 84.1),
    ],
)
def test_erlang_b_gives_the_printed_capacities_at_one_percent_blocking(
    servers: int, load: float
) -> None:
    """Rappaport, Wireless Communications (2002), table 3.4, three digits.

    The load printed is the one that is blocked at 1 %.
    """
    digit = 10.0 ** (np.floor(np.log10(load)) - 2.0)
    assert erlang_b(load - digit, servers) < 0.01 < erlang_b(load + digit, servers)


@pytest.mark.parametrize(
    ("load", "servers", "waiting"),
    [
        (0.8, 1, 3.2),
        (0.8, 2, 0.152),
        (1.0, 2, 0.333),
        (2.0, 3, 0.889),
        (2.0, 4, 0.174),
        (3.2, 4, 2.386),
    ],
)
def test_erlang_c_gives_the_printed_numbers_that_wait(
    load: float, servers: int, waiting: float
) -> None:
    """Stevenson, Operations Management, infinite-source values for Lq, the mean number waiting."""
    assert little(load, Mmc(load, 1.0, servers).wait_s) == pytest.approx(waiting, abs=6e-4)


def test_erlang_s_formulas_at_the_edges() -> None:
    assert erlang_b(2.0, 3) == pytest.approx(4.0 / 19.0)  # (2^3 / 6) / (1 + 2 + 2 + 4/3)
    assert erlang_c(2.0, 3) == pytest.approx(4.0 / 9.0)
    assert erlang_c(5.0, 4) == 1.0
    assert Mmc(5.0, 1.0, 4).wait_s == inf


def test_square_root_staffing_keeps_the_share_that_waits() -> None:
    """Halfin and Whitt (1981): with one spare root it tends to 0.2234 as the load grows.

    That is 1 / (1 + Phi(1) / phi(1)).
    """
    assert square_root_staffing(100.0) == 110
    shares = [erlang_c(load, square_root_staffing(load)) for load in (100.0, 10_000.0, 1_000_000.0)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == pytest.approx(0.2234, rel=1e-3)


def test_pollaczek_and_khinchine_for_a_fixed_service() -> None:
    """Gross and Harris (1998), 5.1: half the wait of an exponential service; 1.6 wait at 80 %."""
    assert little(0.8, Mg1(0.8, 1.0, scv=0.0).wait_s) == pytest.approx(1.6)
    assert little(0.8, Mg1(0.8, 1.0).wait_s) == pytest.approx(3.2)


@pytest.mark.parametrize(
    ("factor", "efficiency"),
    [(0.012, 0.999), (0.025, 0.997), (0.050, 0.989), (0.060, 0.983), (0.070, 0.977), (0.080, 0.969),
     (0.090, 0.960), (0.100, 0.950)],
)  # fmt: skip
def test_a_finite_source_gives_the_printed_efficiency(factor: float, efficiency: float) -> None:
    """Peck and Hazelwood, Finite Queuing Tables (1958): five in the source, one server.

    The service factor is service / (service + think).
    """
    network = finite_source(5, 1.0 - factor, factor)
    assert 1.0 / (1.0 - factor + network.response_s) == pytest.approx(efficiency, abs=6e-4)


@pytest.mark.parametrize(
    ("users", "response_s", "throughput"), [(1, 6.0, 0.1), (2, 7.4, 0.175), (3, 9.088, 0.229)]
)
def test_mean_value_analysis_gives_the_printed_iterations(
    users: int, response_s: float, throughput: float
) -> None:
    """Jain, The Art of Computer Systems Performance Analysis (1991), example 34.4.

    Processor 2 s, disks 3 s and 1 s, think time 4 s.
    """
    network = mean_value_analysis([2.0, 3.0, 1.0], users, think_s=4.0)
    assert network.response_s == pytest.approx(response_s, abs=6e-4)
    assert network.throughput_per_s == pytest.approx(throughput, abs=6e-4)


def test_one_server_is_a_special_case_of_many_and_of_any_law() -> None:
    assert (
        Mmc(0.7, 1.0).response_s
        == pytest.approx(Mg1(0.7, 1.0).response_s)
        == pytest.approx(processor_sharing_s(0.7, 1.0))
    )
    assert Mg1(0.7, 1.0, scv=0.0).wait_s == pytest.approx(Mg1(0.7, 1.0).wait_s / 2.0)


def test_a_finite_source_agrees_with_mean_value_analysis_and_obeys_the_laws() -> None:
    exact, balanced = mean_value_analysis([0.4], 12, think_s=5.0), finite_source(12, 5.0, 0.4)
    assert exact.throughput_per_s == pytest.approx(balanced.throughput_per_s)
    assert exact.response_s == pytest.approx(balanced.response_s)
    assert response_time(12, exact.throughput_per_s, 5.0) == pytest.approx(exact.response_s)
    assert little(exact.throughput_per_s, exact.response_s) == pytest.approx(exact.present[0])
    assert utilisation(exact.throughput_per_s, 0.4) < 1.0
    assert mean_value_analysis([0.4, 0.1], 500, 5.0).throughput_per_s == pytest.approx(
        1.0 / 0.4, rel=1e-6
    )
