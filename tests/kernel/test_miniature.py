"""Events per call, counted exactly."""

from __future__ import annotations

import anywhere_sim as aw
from benchmarks.miniature import Miniature


def test_the_miniature_costs_at_most_seven_events_per_call() -> None:
    made = Miniature(1000, 1)
    made.run(300.0)
    assert made.calls > 5000
    assert made.env.events_fired / made.calls <= 7.0


def test_the_model_costs_at_most_eight_events_per_call_and_six_and_a_half_when_direct() -> None:
    assert aw.simulate(aw.Scenario.load("office-day"), 1).manifest["events_per_rpc"] <= 6.5
    assert aw.simulate(aw.Scenario.load("mobile-workforce"), 1).manifest["events_per_rpc"] <= 8.0
