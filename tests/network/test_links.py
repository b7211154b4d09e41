"""Shared links against a naive link that visits every flow at every event."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np
import pytest

from anywhere_sim.des.environment import Environment
from anywhere_sim.network.link import ConstantRate, Link, Rate
from tests.support import rules

DISCIPLINES = ["processor_sharing_link", "max_min_link"]


def constant() -> Rate:
    """Return a kilobyte per second."""
    return ConstantRate(1000.0)


def recorded() -> Rate:
    """Return a recording of 20 s with a gap of 4 s."""
    return rules().network.recorded_rate(
        [0.0, 5.0, 9.0, 12.0, 20.0], [0.0, 5000.0, 5000.0, 20_000.0, 24_000.0]
    )


def link_of(discipline: str, env: Environment, rate: Rate) -> Link:
    """Return a link of a discipline, by its name among the components of a network."""
    return getattr(rules().network, discipline)(env, rate)


def naive(arrivals: np.ndarray, sizes: np.ndarray, rate: Rate) -> dict[int, float]:
    """Return when each flow leaves an equal-share link: every flow is visited at every event."""
    left: dict[int, float] = {}
    done: dict[int, float] = {}
    now, nxt = 0.0, 0
    while nxt < len(arrivals) or left:
        arrival = arrivals[nxt] if nxt < len(arrivals) else inf
        head = min(left, key=lambda flow: (left[flow], flow)) if left else None
        finish = rate.time_after(now, left[head] * len(left)) if head is not None else inf
        until = min(arrival, finish)
        part = rate.bytes_between(now, until) / len(left) if left else 0.0
        for flow in left:
            left[flow] -= part
        now = until
        if finish <= arrival:
            done[head] = now
            del left[head]
        else:
            left[nxt] = sizes[nxt]
            nxt += 1
    return done


@pytest.mark.parametrize("kind", DISCIPLINES)
@pytest.mark.parametrize("rate_of", [constant, recorded])
def test_completions_equal_the_naive_link(kind: str, rate_of: Callable[[], Rate]) -> None:
    rate = rate_of()
    draws = np.random.default_rng(3)
    count = 2000 if kind == "processor_sharing_link" else 150
    arrivals, sizes = np.cumsum(draws.exponential(1.0, count)), draws.exponential(800.0, count)
    env, done = Environment(), {}
    link = link_of(kind, env, rate)
    for place, arrival in enumerate(arrivals):
        env.call_at(
            arrival,
            lambda place=place: link.send(
                place, sizes[place], lambda flow: done.setdefault(flow, env.now)
            ),
        )
    env.run()
    expected = naive(arrivals, sizes, rate)
    assert max(abs(done[flow] - expected[flow]) for flow in expected) < 1e-9
    assert link.delivered_bytes() == pytest.approx(sizes.sum(), rel=1e-9)
    assert link.flows == 0


def naive_with_bursts(
    arrivals: np.ndarray, sizes: np.ndarray, bursts: np.ndarray, rate: Rate
) -> dict[int, float]:
    """Return the same where the last bytes of each flow are a burst: the first burst has the whole
    rate until it has left.
    """
    left: dict[int, float] = {}
    queue: list[int] = []
    done: dict[int, float] = {}
    now, nxt = 0.0, 0
    while nxt < len(arrivals) or left:
        arrival = arrivals[nxt] if nxt < len(arrivals) else inf
        parts = queue[:1] or list(left)
        head = min(parts, key=lambda flow: left[flow]) if parts else None
        finish = rate.time_after(now, left[head] * len(parts)) if head is not None else inf
        until = min(arrival, finish)
        for flow in parts:
            left[flow] -= rate.bytes_between(now, until) / len(parts)
        now = until
        if finish > arrival:
            left[nxt] = max(sizes[nxt] - bursts[nxt], 0.0)
            head, nxt = nxt, nxt + 1
            if left[head]:
                continue
        if head in queue:
            done[head] = now
            queue.remove(head)
            del left[head]
        else:
            queue.append(head)
            left[head] = min(bursts[head], sizes[head])
    return done


@pytest.mark.parametrize("kind", DISCIPLINES)
@pytest.mark.parametrize("rate_of", [constant, recorded])
def test_bursts_leave_in_order_and_fluids_wait(kind: str, rate_of: Callable[[], Rate]) -> None:
    rate = rate_of()
    draws = np.random.default_rng(5)
    count = 1000 if kind == "processor_sharing_link" else 150
    arrivals, sizes, bursts = (
        np.cumsum(draws.exponential(1.0, count)),
        draws.exponential(800.0, count),
        draws.exponential(600.0, count),
    )
    env, done = Environment(), {}
    link = link_of(kind, env, rate)
    for place, arrival in enumerate(arrivals):
        send = (
            place,
            sizes[place],
            lambda flow: done.setdefault(flow, env.now),
            inf,
            bursts[place],
        )
        env.call_at(arrival, lambda send=send: link.send(*send))
    env.run()
    expected = naive_with_bursts(arrivals, sizes, bursts, rate)
    assert max(abs(done[flow] - expected[flow]) for flow in expected) < 1e-9
    assert link.delivered_bytes() == pytest.approx(sizes.sum(), rel=1e-9)
    assert (bursts > sizes).any()
    assert (bursts < sizes).any()


@pytest.mark.parametrize("kind", DISCIPLINES)
def test_a_burst_taken_out_lets_those_behind_it_move_up(kind: str) -> None:
    env, ended = Environment(), {}
    link = link_of(kind, env, ConstantRate(100.0))
    flows = [
        link.send(name, 1000.0, lambda name: ended.setdefault(name, env.now), inf, 1000.0)
        for name in ("first", "second", "third")
    ]
    shared = link.send("shared", 900.0, lambda name: ended.setdefault(name, env.now), inf, 300.0)
    env.run(until=4.0)
    assert link.delivered_bytes() == pytest.approx(400.0)
    assert link.remove(flows[1]) == pytest.approx(1000.0)
    assert link.remove(flows[0]) == pytest.approx(600.0)
    assert link.remove(shared) == pytest.approx(900.0)
    env.run()
    assert ended == {"third": pytest.approx(14.0)}
    assert link.delivered_bytes() == pytest.approx(1400.0)


def test_one_timer_event_per_completion_at_a_constant_number_of_flows() -> None:
    draws = np.random.default_rng(4)
    env = Environment()
    link = link_of("processor_sharing_link", env, ConstantRate(1000.0))
    left = [3000]

    def again(_: object) -> None:
        left[0] -= 1
        if left[0] > 0:
            link.send(None, draws.exponential(100.0), again)

    for _ in range(50):
        link.send(None, draws.exponential(100.0), again)
    env.run()
    assert link.timer_events <= 1.05 * link.completions


@pytest.mark.parametrize("kind", DISCIPLINES)
def test_bytes_are_kept_when_flows_are_taken_out(kind: str) -> None:
    env = Environment()
    link = link_of(kind, env, ConstantRate(100.0))
    finished: list[str] = []
    first = link.send("first", 1000.0, finished.append)
    link.send("second", 1000.0, finished.append)
    env.run(until=4.0)
    assert link.remove(first) == pytest.approx(800.0)
    assert link.remove(first) == 0.0
    env.run()
    assert finished == ["second"]
    assert env.now == pytest.approx(12.0)
    assert link.delivered_bytes() == pytest.approx(1200.0)
    assert link.busy_s() == pytest.approx(12.0)


@pytest.mark.parametrize("kind", DISCIPLINES)
def test_a_stalled_link_moves_nothing_and_goes_on(kind: str) -> None:
    env, ended = Environment(), []
    link = link_of(kind, env, ConstantRate(100.0))
    link.send(None, 1000.0, lambda _: ended.append(env.now))
    env.call_at(5.0, link.stall)
    env.call_at(25.0, link.resume)
    env.run()
    assert ended == [pytest.approx(30.0)]


def test_caps_leave_the_rest_to_the_others() -> None:
    env, ended = Environment(), {}
    link = link_of("max_min_link", env, ConstantRate(100.0))
    for name, size, cap in (("capped", 100.0, 10.0), ("free", 900.0, inf), ("other", 900.0, inf)):
        link.send(name, size, lambda flow: ended.setdefault(flow, env.now), cap)
    env.run()
    assert ended == {
        "capped": pytest.approx(10.0),
        "free": pytest.approx(19.0),
        "other": pytest.approx(19.0),
    }


def test_caps_hold_in_each_stretch_of_a_recorded_rate() -> None:
    env, ended = Environment(), {}
    link = link_of("max_min_link", env, recorded())
    for name, size, cap in (("capped", 2400.0, 400.0), ("free", 4000.0, inf)):
        link.send(name, size, lambda flow: ended.setdefault(flow, env.now), cap)
    env.run()
    assert ended == {"capped": pytest.approx(10.0), "free": pytest.approx(9.0 + 1000.0 / 4600.0)}


def test_a_recording_repeats_and_its_gaps_pass_nothing() -> None:
    rate = recorded()
    assert rate.bytes_between(5.0, 9.0) == 0.0
    assert rate.bytes_between(0.0, 40.0) == pytest.approx(48_000.0)
    assert rate.time_after(4.0, 1000.0 + 2500.0) == pytest.approx(9.5)
    assert rate.mean_kbps(0.0, 20.0) == pytest.approx(24_000 * 8 / 1000 / 20)
    with pytest.raises(ValueError, match="zero throughout"):
        rules().network.recorded_rate([0.0, 1.0], [0.0, 0.0])


@pytest.mark.parametrize("kind", DISCIPLINES)
def test_what_ends_at_the_same_instant_can_still_be_taken_out(kind: str) -> None:
    env, left = Environment(), []
    link = link_of(kind, env, ConstantRate(100.0))

    def take_out(_: object) -> None:
        left.append(link.remove(burst))

    link.send("fluid", 100.0, take_out)
    burst = link.send("burst", 100.0, lambda _: None, burst_bytes=100.0)
    env.run()
    assert env.now == pytest.approx(2.0)
    assert left == [pytest.approx(0.0)]
    assert link.flows == 0
    assert link.delivered_bytes() == pytest.approx(200.0)
