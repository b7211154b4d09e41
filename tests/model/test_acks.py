"""Acknowledgements that wait, ride or leave alone, by hand."""

from __future__ import annotations

import pytest

from anywhere_sim.des.environment import Environment, Process
from anywhere_sim.network.link import ConstantRate
from anywhere_sim.network.processor_sharing_link import ProcessorSharingLink
from anywhere_sim.network.segmentation import DelayedAck
from anywhere_sim.network.tcp_exchange import TcpExchange
from anywhere_sim.network.tcp_model import STACKS
from anywhere_sim.scenario.place import Place
from tests.support import line, over, rules


def delayed() -> DelayedAck:
    return rules().network.delayed_ack(40, 0.2, quick=False)


def left(acks: DelayedAck, now: float, channels: int = 1) -> tuple[int, int]:
    """Return the bytes just ahead of what is sent now, and those that left alone before."""
    return acks.data_sent(now, channels), acks.stand_alone_bytes


def test_one_waits_and_rides_or_leaves_alone() -> None:
    early, late = delayed(), delayed()
    for acks in (early, late):
        acks.data_received(1, 10.0)
    assert left(early, 10.1) == (0, 0)
    assert left(late, 10.0 + 0.2) == (0, 40)
    assert left(late, 10.3) == (0, 40)


def test_two_are_acknowledged_at_once() -> None:
    """Those of two messages, and the last two of a long one; an odd one more waits."""
    acks = delayed()
    acks.data_received(1, 10.0)
    acks.data_received(1, 10.1)
    assert left(acks, 10.15) == (40, 0)
    acks.data_received(4, 11.0)
    assert left(acks, 11.0) == (40, 0)
    acks.data_received(1, 12.0)
    acks.data_received(2, 12.1)
    assert left(acks, 12.2) == (40, 0)
    acks.data_received(2, 13.0)
    assert left(acks, 14.0) == (0, 40)


def test_on_a_connection_of_its_own_none_rides() -> None:
    acks = delayed()
    acks.piggybacks = False
    acks.data_received(1, 10.0)
    assert left(acks, 10.0) == (0, 0)
    acks.data_received(1, 10.5)
    assert acks.stand_alone_bytes == 40


def test_what_waits_on_two_channels_rides_on_those_that_carry_an_answer() -> None:
    acks = delayed()
    acks.data_received(1, 10.0, channels=2)
    assert left(acks, 10.0, channels=1) == (0, 0)
    assert left(acks, 11.0) == (0, 40)


def test_a_quick_end_leaves_none_waiting_until_it_has_answered_in_time() -> None:
    acks = rules().network.delayed_ack(52, 0.04, quick=True)
    acks.data_received(1, 10.0)
    assert left(acks, 10.1) == (0, 52)
    acks.data_received(1, 11.0)
    assert left(acks, 11.0) == (52, 52)
    acks.data_received(1, 12.0)
    assert left(acks, 12.0) == (0, 52)


def exchange_over(stack: str) -> tuple[TcpExchange, Environment]:
    """Return a exchange over a line of 128 kbit/s and 100 ms."""
    env = Environment()
    place = Place.model_validate(
        {
            "kind": "cable",
            "down_kbps": 128,
            "up_kbps": 128,
            "rtt_ms": 100,
            "jitter_ms": 0,
            "loss": 0,
        }
    )
    links = (
        ProcessorSharingLink(env, ConstantRate(16_000.0)),
        ProcessorSharingLink(env, ConstantRate(16_000.0)),
    )
    return over(line(env, place, STACKS[stack], links)), env


@pytest.mark.parametrize(
    ("stack", "up_bytes", "down_bytes"),
    [
        ("windows-xp", 48 + 40 + 2 * 140, 48 + 2 * 140),
        ("linux", 60 + 52 + 2 * 152 + 52, 60 + 2 * 152 + 52),
    ],
)
def test_two_exchanges_on_a_new_connection(stack: str, up_bytes: int, down_bytes: int) -> None:
    """On Windows every acknowledgement of the four messages rides; Linux sends the first one each
    way at once. The last answer's still waits.
    """
    exchange, env = exchange_over(stack)

    def steps() -> Process:
        yield from exchange.connect("open")
        yield from exchange.exchange(100, 100)
        yield from exchange.exchange(100, 100)

    env.process(steps())
    env.run()
    assert (exchange.tcp.traffic.bytes_up, exchange.tcp.traffic.bytes_down) == (
        up_bytes,
        down_bytes,
    )
    assert (
        exchange.access_path.up.delivered_bytes(),
        exchange.access_path.down.delivered_bytes(),
    ) == (up_bytes, down_bytes)


def test_what_was_acknowledged_at_once_counts_where_nothing_follows() -> None:
    exchange, env = exchange_over("windows-xp")
    env.process(exchange.exchange(100, 2 * 1460))
    env.run()
    assert exchange.tcp.traffic.bytes_up == 140
    exchange.tcp.close()
    assert exchange.tcp.traffic.bytes_up == exchange.access_path.up.delivered_bytes() == 140 + 40


@pytest.mark.parametrize(("stack", "anew"), [("linux", True), ("windows-xp", False)])
def test_after_a_rest_linux_begins_anew_in_slow_start_and_windows_does_not(
    stack: str, *, anew: bool
) -> None:
    """Ten megabits, a hundred milliseconds: the second of two uploads of forty segments is faster
    by the gaps of slow start, but not after a rest.
    """
    exchange, env = exchange_over(stack)
    exchange.access_path.up.set_rate(ConstantRate(1_250_000.0))
    took_s = []

    def steps() -> Process:
        for rest_s in (0.0, 0.0, 60.0):
            yield env.timeout(rest_s)
            begun_s = env.now
            yield from exchange.exchange(40 * 1448, 1)
            took_s.append(env.now - begun_s)

    env.process(steps())
    env.run()
    first, warm, rested = took_s
    assert first - warm > 0.1
    assert rested == pytest.approx(first if anew else warm, abs=0.003)
