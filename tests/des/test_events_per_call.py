"""Events per call and per step, and streams per mailbox, counted exactly."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest

import anywhere_sim as aw
from anywhere_sim.compiled import way
from anywhere_sim.des.random_streams import Stream, Streams
from benchmarks.events import events_per_step
from benchmarks.fleet import fleet
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


@pytest.mark.skipif(way() == "compiled", reason="compiled code does not see a patch")
def test_a_settled_mailbox_asks_for_a_stream_per_message_and_reader_of_its_past(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some 67 answers of five days, each once; 75 messages, 33 times of reading, forty others."""
    asked, stream = Counter[str](), Streams.stream

    def counted(streams: Streams, name: str) -> Stream:
        asked[name.partition("/")[0]] += 1
        return stream(streams, name)

    monkeypatch.setattr(Streams, "stream", counted)
    aw.simulate(fleet(400, end="10:00:01"), 1)
    assert asked["itinerary"] == 400
    assert 60 * 400 < asked["answer"] < 75 * 400
    assert asked.total() < 220 * 400
