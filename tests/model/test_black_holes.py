"""Packets too large for a place: those that the sender learns of, and those that vanish."""

from __future__ import annotations

from math import inf

import pytest

import anywhere_sim as aw
from anywhere_sim.des.environment import Environment, Process
from anywhere_sim.network.link import ConstantRate
from anywhere_sim.network.tcp_exchange import StageFailed, TcpExchange
from anywhere_sim.network.tcp_model import STACKS
from anywhere_sim.scenario.place import Place
from tests.support import build, line, over, rules, simulate


def morning(icmp: str) -> aw.Run:
    """Return an hour of two people online, on Windows XP, through a tunnel that is too narrow."""
    return simulate(
        build(
            {
                "why": "test",
                "start": "08:00",
                "end": "09:00",
                "servers": {"mbx1": {"role": "mailbox", "profile": "exchange2003"}},
                "places": {
                    "branch": {
                        "kind": "vpn", "tunnel_bytes": 80, "mtu_bytes": 1400, "icmp": icmp,
                    }
                },
                "groups": {
                    "people": {
                        "mailboxes": 2,
                        "client": "outlook2003",
                        "server": "mbx1",
                        "mode": "online",
                        "itinerary": [["08:05", "branch"]],
                    }
                },
            }
        ),
        1,
    )  # fmt: skip


def talk_at(stack: str, **place: object) -> tuple[Environment, TcpExchange]:
    """Return the steps of a client with a stack at a place of 8 Mbit/s and 50 ms."""
    env = Environment()
    where = Place.model_validate({"kind": "dsl", "rtt_ms": 50} | place)
    narrow = STACKS[stack]
    if "mtu_bytes" in place:
        narrow = narrow.with_(segment_bytes=where.mtu_bytes - narrow.header_bytes)
    links = [
        rules().network.processor_sharing_link(env, ConstantRate(1e6), rtt_s=0.05) for _ in "ud"
    ]
    return env, over(line(env, where, narrow, (links[0], links[1])))


def test_small_messages_pass_and_the_first_large_one_kills_its_connection() -> None:
    """63 time-outs of 0.3 s after the first answer of more than one segment; small ones before."""
    clear, narrow = morning("returned"), morning("dropped")
    assert set(clear.connections["end_reason"]) == {"unfinished"}
    died = narrow.connections[narrow.connections["end_reason"] == "black_hole"]
    assert (narrow.attempts["outcome"] == "connected").all()
    assert len(died) > 2
    assert died["rpcs"].min() >= 1
    assert died["end_s"].sub(died["start_s"]).min() >= 63 * 0.3
    assert narrow.operations["wait_s"].max() > 63 * 0.3
    assert narrow.operations["wait_s"].mean() > clear.operations["wait_s"].mean() + 5.0


def test_segments_are_as_small_as_the_place_asks() -> None:
    """10,000 B down: seven segments of 1,460 B, or ten of 1,052."""
    said = {}
    for mtu_bytes in (1500, 1092):
        env, talk = talk_at("windows-xp", mtu_bytes=mtu_bytes)
        env.process(talk.exchange(100, 10_000))
        env.run()
        said[mtu_bytes] = talk.tcp.traffic.bytes_down
    assert said[1092] - said[1500] == 3 * 40


@pytest.mark.parametrize(("stack", "first_s"), [("windows-xp", inf), ("windows-vista", 7 * 0.3)])
def test_a_stack_that_finds_black_holes_goes_on_with_small_segments(
    stack: str, first_s: float
) -> None:
    """Its first large answer waits for three time-outs (1 + 2 + 4), later ones for none."""
    env, talk = talk_at(stack, mtu_bytes=1400, icmp="dropped")
    took_s: list[float] = []
    given_up_s: list[float] = []

    def steps() -> Process:
        for down in (1300, 5360, 5360):
            begun_s, bytes_down = env.now, talk.tcp.traffic.bytes_down
            try:
                yield from talk.exchange(100, down)
            except StageFailed:
                given_up_s.append(env.now - begun_s)
                return
            took_s.append(env.now - begun_s)
            if down > 1360:
                segments_and_a_later_ack = talk.tcp.traffic.bytes_down - bytes_down
                assert 5360 + 10 * 40 <= segments_and_a_later_ack <= 5360 + 11 * 40

    env.process(steps())
    env.run()
    assert took_s[0] < 0.1
    if first_s == inf:
        assert given_up_s == [pytest.approx(63 * 0.3, abs=0.1)]
    else:
        assert took_s[1] == pytest.approx(first_s, abs=0.3)
        assert took_s[2] < 0.3
