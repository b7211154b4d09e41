"""Bytes and time that TCP costs, by hand and as measured."""

from __future__ import annotations

import numpy as np
import pytest

from anywhere_sim.des.random_streams import Streams
from anywhere_sim.network.tcp_model import STACKS, Stack, TcpModel
from anywhere_sim.scenario.policy import Policy
from tests.support import rules

XP, LINUX = STACKS["windows-xp"], STACKS["linux"]


def tcp_model(stack: Stack) -> TcpModel:
    return rules().network.tcp_model(stack)


def test_schedules_of_silence() -> None:
    assert tcp_model(XP).syn_times_s() == (0.0, 3.0, 9.0)
    assert tcp_model(XP).syn_give_up_s() == 21.0
    assert tcp_model(XP.with_(syn_timeouts_s=(3.0, 6.0))).syn_give_up_s() == 9.0
    assert tcp_model(LINUX.with_(syn_timeouts_s=(1.0, 2.0, 4.0))).syn_give_up_s() == 7.0
    resolver = rules().network.resolver
    waits = (("windows-2000", 17.0), ("windows-xp", 15.0), ("windows-vista", 12.0))
    for name, give_up_s in waits:
        assert resolver(STACKS[name], Policy()).give_up_s() == give_up_s


def test_bytes_of_a_payload_by_hand() -> None:
    assert tcp_model(XP).ip_bytes(3000) == 3000 + 3 * 40
    assert [tcp_model(XP).acks_in_flight(segments * 1460) for segments in range(7)] == [
        0,
        0,
        0,
        1,
        1,
        2,
        2,
    ]
    assert tcp_model(XP).ip_bytes(0) == 0


def test_slow_start_explains_the_measured_download() -> None:
    """30 KB at 2 Mbit/s and 60 ms RTT took 0.1923 s on a real stack, request included (performance
    7).
    """
    rate = 250_000.0
    seconds = (
        0.0605
        + tcp_model(LINUX).ip_bytes(30_000) / rate
        + tcp_model(LINUX).slow_start_stall_s(30_000, rate, 0.06, 10, quick=True)
    )
    assert seconds == pytest.approx(0.1923, rel=0.03)


def test_a_window_grows_by_what_is_counted() -> None:
    """A round of 1 s, 10 ms a segment: 20 segments from a window of 2 take 2, 4, 8 where bytes are
    counted and 2, 3, 4, 6 where acknowledgements are.
    """
    rate, payload = 150_000.0, 20 * 1460

    def stall_s(cwnd_growth: float, *, quick: bool) -> float:
        return tcp_model(XP.with_(cwnd_growth=cwnd_growth)).slow_start_stall_s(
            payload, rate, 1.0, 2, quick=quick
        )

    assert stall_s(1.0, quick=True) == pytest.approx(3 * 1.01 - (2 + 4 + 8) * 0.01)
    assert stall_s(0.5, quick=True) == pytest.approx(4 * 1.01 - (2 + 3 + 4 + 6) * 0.01)
    assert stall_s(0.5, quick=False) == pytest.approx(4 * 1.02 - (2 + 3 + 4 + 6) * 0.01)
    assert (XP.cwnd_growth, LINUX.cwnd_growth) == (0.5, 1.0)


def test_loss_costs_what_is_drawn() -> None:
    draws = Streams(3, 0).stream("loss")
    costs = [tcp_model(XP).loss_cost(draws, 146_000, 0.02, 0.1, 125_000.0) for _ in range(3000)]
    resent = np.array([cost[0] for cost in costs]) / 1500
    assert abs(resent.mean() - 100 * 0.02 / 0.98) < 4 * resent.std() / 3000**0.5
    assert min(cost[1] for cost in costs) == 0.0


@pytest.mark.parametrize("loss", [1e-9, 1e-17, 5e-324])
def test_a_loss_too_small_to_count_costs_nothing(loss: float) -> None:
    draws = Streams(3, 0).stream("loss")
    assert tcp_model(XP).loss_cost(draws, 146_000, loss, 0.1, 125_000.0) == (0, 0.0)
