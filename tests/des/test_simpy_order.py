"""The event loop under SimPy's events: their order is that of SimPy's own environment."""

from __future__ import annotations

import pytest
import simpy

from anywhere_sim.des.environment import Environment, Process, Signal, Timer
from anywhere_sim.des.station import Job, Station


def test_processes_interrupts_and_conditions_keep_the_order_of_simpy() -> None:
    """One instant: an interrupt before a time-out that is due too; any_of ends with its first."""

    def story(env) -> list[tuple[str, float]]:
        seen: list[tuple[str, float]] = []

        def sleeper(name):
            try:
                yield env.timeout(5.0)
                seen.append((name, env.now))
            except simpy.Interrupt as interrupt:
                seen.append((f"{name} {interrupt.cause}", env.now))

        def waker(other):
            yield env.timeout(5.0)
            seen.append(("waker", env.now))
            other[0].interrupt("up")

        def chooser():
            short, long = env.timeout(2.0, "short"), env.timeout(9.0, "long")
            first = yield env.any_of([short, long])
            seen.append((",".join(first.values()), env.now))
            both = yield short & long
            seen.append((",".join(both.values()), env.now))

        second = []
        env.process(sleeper("first"))

        def early():
            yield env.timeout(1.0)
            env.process(waker(second))
            second.append(env.process(sleeper("second")))

        env.process(early())
        env.process(chooser())
        env.run(until=20.0)
        return seen

    told = story(Environment())
    assert told == story(simpy.Environment())
    assert ("second up", 6.0) in told


def test_who_waits_for_a_signal_goes_on_at_once_or_behind_what_is_due() -> None:
    """At once only where no process is at work; an interrupt ends the wait for good."""
    env, seen = Environment(), list[object]()

    def waiter(name: str, signal: Signal) -> Process:
        try:
            seen.append((name, (yield signal), env.now))
        except simpy.Interrupt:
            seen.append((name, "interrupted", env.now))

    names = ("at once", "behind", "from a process", "interrupted")
    signals = {name: Signal(env) for name in names}
    processes = {name: env.process(waiter(name, signals[name])) for name in names}
    env.call_at(1.0, lambda: signals["at once"].succeed_now("a"))
    env.call_at(1.0, lambda: signals["behind"].succeed("b"))
    env.call_at(1.0, lambda: seen.append("due"))

    def teller() -> Process:
        yield env.timeout(2.0)
        processes["interrupted"].interrupt()
        signals["from a process"].succeed_now("c")
        seen.append("teller")
        yield env.timeout(1.0)
        signals["interrupted"].succeed("nobody")

    env.process(teller())
    env.run()
    assert seen == [
        ("at once", "a", 1.0), "due", ("behind", "b", 1.0),
        "teller", ("interrupted", "interrupted", 2.0), ("from a process", "c", 2.0),
    ]  # fmt: skip
    assert all(signal.triggered for signal in signals.values())


def test_a_time_that_has_passed_is_refused_as_by_simpy() -> None:
    for env in (Environment(3.0), simpy.Environment(3.0)):
        with pytest.raises(ValueError, match="until"):
            env.run(until=2.0)


def test_an_integer_for_a_time_leaves_the_same_times() -> None:

    def times(one: float, two: float) -> list[float]:
        env, seen = Environment(), []
        station = Station(env, 1)
        env.schedule_call(None, one, lambda _: seen.append(env.now))
        env.schedule_call(None, one, lambda _: station.serve(Job(), two, done))
        timer = Timer(env, lambda: seen.append(env.now))
        timer.set(two)

        def done(_: object) -> None:
            seen.append(env.now)

        env.run()
        return seen

    assert times(1, 2) == times(1.0, 2.0) == [1.0, 2.0, 3.0]
