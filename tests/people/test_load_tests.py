"""The users of load tests do what is printed of them, evenly over their day."""

from __future__ import annotations

import numpy as np
import pytest

import anywhere_sim as aw
from tests.statements.pairs import run, small

PEOPLE = 100
SOON = {"reply_delay_median_s": 600.0, "size_mean_bytes": 2000, "size_sigma": 0.0}


def day_of(activity: str) -> aw.Run:
    return run(
        small(
            start="06:00", end="18:00", beginning="settled", groups__people__activity=activity,
            groups__people__mailboxes=PEOPLE, groups__people__itinerary=[["00:00", "office"]],
            communities__everybody=SOON,
        )
    )  # fmt: skip


def test_the_light_user_of_loadsim_does_as_printed_evenly_over_eight_hours() -> None:
    """5 looks, 12 old messages, 1 change to the calendar, 6.7 sent and 20.4 received a day
    (measurements A3), within three standard errors of a Poisson count; an eighth of it an hour.
    """
    made = day_of("loadsim_light")
    kinds = made.operations["kind"].astype(str)
    for kind, a_day in {"view_folder": 5.0, "open_old": 12.0, "calendar": 1.0, "send": 6.7}.items():
        count = int((kinds == kind).sum())
        assert count == pytest.approx(a_day * PEOPLE, abs=3 * np.sqrt(a_day * PEOPLE)), kind
    received = int((made.messages["delivered_s"] >= 6 * 3600).sum())
    assert received == pytest.approx(20.4 * PEOPLE, rel=0.15)
    hours = made.operations.loc[kinds == "open_old", "start_s"] // 3600
    assert set(hours) == set(range(8, 16))
    an_hour = 12 * PEOPLE / 8
    assert (abs(hours.value_counts() - an_hour) < 4 * np.sqrt(an_hour)).all()


def test_people_of_a_load_test_are_alike() -> None:
    """A tenth of them opens a tenth of the old messages, not 38 %."""
    operations = day_of("loadsim_light").operations
    old = operations[operations["kind"].astype(str) == "open_old"]
    counts = old["mailbox"].astype(str).value_counts()
    assert counts.iloc[: PEOPLE // 10].sum() / counts.sum() < 0.2


def test_hours_that_are_no_span_of_a_day_are_refused() -> None:
    with pytest.raises(aw.ScenarioError, match="even_hours"):
        small(groups__people__activity__even_hours=(16, 8))
