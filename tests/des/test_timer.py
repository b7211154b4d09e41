"""A time-out that is moved often and expires rarely."""

from __future__ import annotations

from anywhere_sim.des.environment import Environment, Timer


def test_a_deadline_moved_later_costs_nothing_until_it_goes_off() -> None:
    env, fired = Environment(), []
    deadline = Timer(env, lambda: fired.append(env.now))
    for when_s in range(10, 30):
        deadline.set(float(when_s))
    env.run()
    assert fired == [29.0]
    assert env.events_fired == 2
    deadline.set(40.0)
    deadline.clear()
    env.run()
    assert fired == [29.0]
