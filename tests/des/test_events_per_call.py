"""Events per call and per step, counted exactly."""

from __future__ import annotations

import pyarrow as pa

import anywhere_sim as aw
from benchmarks.events import events_per_step
from benchmarks.miniature import Miniature


def test_the_miniature_costs_at_most_seven_events_per_call() -> None:
    batches: list[pa.RecordBatch] = []
    made = Miniature(1000, 1, batches.append)
    made.run(300.0)
    assert made.rows is not None
    made.rows.flush()
    assert made.calls == sum(batch.num_rows for batch in batches) > 5000
    assert made.env.events_fired / made.calls <= 7.0


def test_the_model_costs_at_most_nine_events_per_step_and_eight_when_direct() -> None:
    for name, most in (("office-day", 8.0), ("mobile-workforce", 9.0)):
        morning = aw.Scenario.load(name).with_(end="12:00")
        assert events_per_step(aw.simulate(morning, 1)) <= most
