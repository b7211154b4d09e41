"""How long people stay with a message, and what depends on it."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np

from anywhere_sim.des.random_streams import Streams
from anywhere_sim.scenario.activity import ACTIVITIES
from anywhere_sim.scenario.community import Community
from tests.statements.pairs import run, small, words
from tests.support import rules

HABITS = ACTIVITIES["medium"]


def test_the_mean_over_all_messages_is_the_key_and_bigger_ones_take_longer() -> None:
    """Tolerances are four standard errors of a lognormal's mean."""
    community, people = Community(), rules().people
    workload = people.mail_workload(Streams(1, 0), people.contact_network(community, ["a", "b"]))
    messages = [workload.from_outside("a", f"m{number}", 0.0) for number in range(10_000)]
    times_s = np.array([workload.reading_s(message, "a", HABITS) for message in messages])
    sigma = np.hypot(HABITS.reading_sigma, HABITS.reading_exponent * community.size_sigma)
    deviation_s = HABITS.reading_s * sqrt(exp(sigma**2) - 1.0)
    assert abs(times_s.mean() - HABITS.reading_s) < 4 * deviation_s / 100
    sizes = np.array([message.size_bytes for message in messages])
    slope, _ = np.polyfit(np.log(sizes), np.log(times_s), 1)
    error = HABITS.reading_sigma / community.size_sigma / 100
    assert abs(slope - HABITS.reading_exponent) < 4 * error
    again = [workload.reading_s(message, "a", HABITS) for message in messages[:100]]
    assert again == list(times_s[:100])
    others = [workload.reading_s(message, "b", HABITS) for message in messages[:100]]
    assert not set(others) & set(again)


def test_no_step_where_the_mean_time_with_a_message_crosses_the_upload_hold_off() -> None:
    """A change waits 15 s for the next one. With one time for every message, 14 s would gather
    them all in an upload and 16 s none: 1.8 times as many uploads.
    """

    def uploads(reading_s: float) -> int:
        made = run(
            small(
                end="11:00",
                groups__people__mode="cached",
                groups__people__mailboxes=20,
                groups__people__activity=HABITS.model_dump() | {"reading_s": reading_s},
                groups__people__itinerary=[["08:10", "office"]],
            )
        )
        return words(made.syncs["direction"]).count("up")

    assert 1.0 <= uploads(16.0) / uploads(14.0) < 1.1
