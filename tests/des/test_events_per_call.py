"""Events per call and per step, counted exactly."""

from __future__ import annotations

import anywhere_sim as aw
from benchmarks.events import events_per_step
from benchmarks.miniature import Miniature


def test_the_miniature_costs_at_most_seven_events_per_call() -> None:
    made = Miniature(1000, 1)
    made.run(300.0)
    assert made.calls > 5000
    assert made.env.events_fired / made.calls <= 7.0


def test_the_model_costs_at_most_nine_events_per_step_and_eight_when_direct() -> None:
    assert events_per_step(aw.simulate(aw.Scenario.load("office-day"), 1)) <= 8.0
    assert events_per_step(aw.simulate(aw.Scenario.load("mobile-workforce"), 1)) <= 9.0
