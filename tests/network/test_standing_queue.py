"""What the windows of long messages keep in a router's queue, and who waits for it."""

from __future__ import annotations

from math import inf, sqrt

import pytest

from anywhere_sim.des.environment import Environment, Process
from anywhere_sim.network.link import ConstantRate, Link
from anywhere_sim.network.tcp_model import STACKS, SendWindow
from anywhere_sim.scenario.place import Place
from tests.support import line, over, rules

DISCIPLINES = ["processor_sharing_link", "max_min_link"]


def link_of(discipline: str, env: Environment, queue_bytes: float = inf) -> Link:
    """Return a kilobyte per second, one second of round trip, and a queue of that size."""
    return getattr(rules().network, discipline)(
        env, ConstantRate(1000.0), rtt_s=1.0, queue_bytes=queue_bytes
    )


@pytest.mark.parametrize("kind", DISCIPLINES)
def test_a_call_waits_for_what_a_window_keeps_in_the_queue(kind: str) -> None:
    """A window of 3,000 B at 1,000 B/s and a round trip of 1 s: 2,000 B stand. Near the end only
    what is left does, whether it is in the last window or not.
    """
    env, left_s = Environment(), {}
    link = link_of(kind, env)
    window = SendWindow(3000.0, 0.5, 3000.0, 1000.0)
    link.send("bulk", 20_000.0, lambda name: left_s.setdefault(name, env.now), inf, 3000.0, window)
    for call_s in (5.0, 16.5, 19.6):
        env.call_at(
            call_s,
            lambda call_s=call_s: link.send(
                call_s, 100.0, lambda begun_s: left_s.setdefault(begun_s, env.now), inf, 100.0
            ),
        )
    env.run()
    assert left_s == {
        5.0: pytest.approx(7.1),
        16.5: pytest.approx(18.6),
        "bulk": pytest.approx(20.2),
        19.6: pytest.approx(20.3),
    }
    assert link.delivered_bytes() == pytest.approx(20_300.0)
    assert link.busy_s() == pytest.approx(20.3)


@pytest.mark.parametrize("kind", DISCIPLINES)
def test_windows_add_up_until_the_queue_is_full(kind: str) -> None:
    """Four windows of 3,000 B less 1,000 B on the path are 11,000 B; where the queue takes 6,000,
    each window rises from half of a quarter of path and queue to all of it, and a call of 500 B is
    dropped only near the top.
    """
    waited_s = {}
    for queue_bytes in (inf, 6000.0):
        env = Environment()
        link = link_of(kind, env, queue_bytes)
        window = SendWindow(3000.0, 0.5, 3000.0, 500.0)
        for _ in range(4):
            link.send(None, 50_000.0, lambda _: None, inf, 0.0, window)
        env.run(until=20.0)
        assert link.dropped_bytes(500.0) == 0.0
        left_s: list[float] = []
        link.send("call", 100.0, lambda _, env=env, to=left_s: to.append(env.now), inf, 100.0)
        env.run(until=40.0)
        waited_s[queue_bytes] = left_s[0] - 20.0
        assert link.dropped_bytes(7000.0) == pytest.approx(
            max(0.0, 7000.0 + 1000.0 * (waited_s[queue_bytes] - 0.1) - queue_bytes), abs=900.0
        )
    assert waited_s[inf] == pytest.approx(11.1)
    assert 4 * 1750.0 / 2.0 - 1000.0 <= 1000.0 * (waited_s[6000.0] - 0.1) <= 6000.0


def test_a_window_that_has_lost_is_halved_and_grows_by_a_packet_a_round_trip() -> None:
    window = SendWindow(2000.0, 0.5, 64_000.0, 1000.0)
    assert window.after_losses(4000.0, 10_000.0) == 4000.0
    assert window.after_losses(16_000.0, 10_000.0) == 10_000.0
    assert window.after_losses(16_001.0, 10_000.0) == pytest.approx(5000.0, abs=1.0)
    one_later = window.after_losses(16_000.0 + 11_000.0, 10_000.0)
    assert one_later == pytest.approx(sqrt(5000.0**2 + 1000.0 * 11_000.0))
    tooth_bytes = 0.75 * 10_000.0**2 / 1000.0
    assert window.after_losses(27_000.0 + tooth_bytes, 10_000.0) == pytest.approx(one_later)


def test_a_call_that_finds_the_queue_full_waits_for_a_time_out() -> None:
    """The queue of 3,000 B is full of another message: the call is sent again after an RTO."""
    took_s = {}
    for queue_bytes in (64_000.0, 3000.0):
        env = Environment()
        place = Place.model_validate({"kind": "dsl", "rtt_ms": 100})
        rate = ConstantRate(1000.0)
        up, down = (
            rules().network.processor_sharing_link(env, rate, rtt_s=0.1, queue_bytes=queue_bytes)
            for _ in range(2)
        )
        talk = over(line(env, place, STACKS["windows-xp"], (up, down)))

        def call(talk=talk, env=env, queue_bytes=queue_bytes) -> Process:
            yield from talk.connect("open")
            talk.tcp.access_path.up.send(None, 2900.0, lambda _: None, inf, 2900.0)
            begun_s = env.now
            yield from talk.exchange(500, 0)
            took_s[queue_bytes] = env.now - begun_s

        env.process(call())
        env.run()
        assert talk.tcp.resent_bytes == (480 if queue_bytes == 3000.0 else 0)
    assert took_s[3000.0] - took_s[64_000.0] == pytest.approx(2.0 * (0.1 + 3.0))
