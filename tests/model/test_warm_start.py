"""What earlier days have left when a run begins: replies that are due and unread mail."""

from __future__ import annotations

from dataclasses import replace

import pytest

import anywhere_sim as aw
from anywhere_sim.scenario.activity import ACTIVITIES
from anywhere_sim.simulation.mail_history import MailHistory
from tests.statements.pairs import run, small, words
from tests.support import rules

OFFICE = small(
    start="10:00", end="11:00", beginning="settled", groups__people__mailboxes=20,
    groups__people__itinerary=[["08:00", "office"], ["18:00", "off"]],
)  # fmt: skip
PEOPLE = 100


class OnlyToday(MailHistory):
    days = 0


class TenDays(MailHistory):
    days = 10


def with_history(scenario: aw.Scenario, history: type[MailHistory]) -> aw.Run:
    """Return a run that begins with another history."""
    return run(scenario, 3, rules=replace(rules(), mail_history=history))


def replies(of: aw.Run) -> int:
    """Return how many replies were written."""
    return int((of.messages["origin"].astype(str) == "reply").sum())


def test_earlier_days_leave_replies_that_are_due() -> None:
    """Half of all replies leave within two hours, a third later than six (measurements B8)."""
    today, week = with_history(OFFICE, OnlyToday), with_history(OFFICE, MailHistory)
    assert replies(week) > replies(today)


def test_what_is_due_does_not_change_with_more_days_than_a_reply_takes() -> None:
    week, more = with_history(OFFICE, MailHistory), with_history(OFFICE, TenDays)
    assert replies(more) == pytest.approx(replies(week), rel=0.1)


def test_what_earlier_days_have_brought_is_not_simulated() -> None:
    """What is written, received and done in the run itself has the same streams as without
    history.
    """
    today, week = with_history(OFFICE, OnlyToday), with_history(OFFICE, MailHistory)
    new = [of.messages[of.messages["origin"].astype(str) != "reply"] for of in (today, week)]
    ids = [set(messages.loc[messages["written_s"] >= OFFICE.start, "message"]) for messages in new]
    assert ids[0] <= ids[1]


@pytest.mark.parametrize("beginning", ["settled", "cold"])
def test_the_first_day_has_the_replies_to_the_mail_of_days_before(beginning: str) -> None:
    """One message in eight that is read is replied to, on the first day as on any other: about
    265 replies, so that three standard errors are 18 %. Without days before, a third is missing.
    """
    made = run(
        small(
            start="00:00", end="24:00", beginning=beginning, groups__people__activity="light",
            groups__people__mailboxes=PEOPLE,
            groups__people__itinerary=[["08:10", "office"], ["18:00", "off"]],
            communities__everybody={"activity_sigma": 0.0, "burst_messages": 1.0},
        )
    )  # fmt: skip
    read = words(made.operations["kind"]).count("read")
    share = replies(made) / read
    assert share == pytest.approx(ACTIVITIES["light"].reply_share, rel=0.18)


def test_both_beginnings_have_the_same_mail() -> None:
    """At 07:00 nobody has opened Outlook: what is unread and due has nothing to do with clients."""
    night = small(start="07:00", end="09:00", groups__people__mailboxes=20)
    settled, cold = (run(night.with_(beginning=word)).messages for word in ("settled", "cold"))
    first, second = (
        messages[messages["written_s"] < night.start].sort_values(["message", "recipient"])
        for messages in (settled, cold)
    )
    assert len(first) > 20
    assert (first["written_s"] < 0.0).any()
    assert list(first["message"]) == list(second["message"])


@pytest.mark.parametrize("history", [OnlyToday, MailHistory])
def test_the_same_history_leaves_the_same_state(history: type[MailHistory]) -> None:
    first, again = with_history(OFFICE, history), with_history(OFFICE, history)
    assert first.operations.equals(again.operations)


EVENLY = {
    "communities__everybody": {"day_shape": [0.0] * 8 + [1.0] * 10 + [0.0] * 6},
    "groups__people__itinerary": [["08:00", "office"]],
}


def in_the_minutes_after_nine(start: str, mode: str, seed: int) -> aw.Run:
    """Return a run that begins at nine, or at eight, when nobody has opened Outlook yet."""
    return run(
        small(
            start=start, end="09:01", groups__people__mode=mode, groups__people__mailboxes=80,
            **EVENLY,
        ),
        seed,
    )  # fmt: skip


@pytest.mark.parametrize("mode", ["online", "cached"])
def test_the_first_minute_has_as_much_as_any_other(mode: str) -> None:
    """A settled beginning finds people in the middle of their mail: what they read, delete and move
    in the first minute is, within 15 %, what they do in it when the run began before work, with the
    same mail. If nobody were reading at the start, it would be two fifths.
    """
    done = {"09:00": 0, "07:30": 0}
    for seed in range(1, 5):
        for start in done:
            operations = in_the_minutes_after_nine(start, mode, seed).operations
            first = operations[operations["start_s"] >= 9 * 3600]
            done[start] += int(first["kind"].astype(str).isin(["read", "delete", "move"]).sum())
    assert done["07:30"] > 60
    assert done["09:00"] == pytest.approx(done["07:30"], rel=0.15)


def test_who_is_reading_at_the_start_has_the_rest_of_the_time_left() -> None:
    """Everybody stays ten minutes with each message: in a run from half past seven and in one from
    nine the same messages are begun at the same times, but for what people wait for in between.
    """
    slow = ACTIVITIES["light"].model_copy(
        update={"reading_s": 600.0, "reading_sigma": 0.0, "reading_exponent": 0.0}
    )
    early, settled = (
        run(
            small(
                start=start, end="10:00", groups__people__mode="cached",
                groups__people__mailboxes=20, groups__people__activity=slow, **EVENLY,
            ),
            2,
        )
        .messages.query("seen_s >= 9 * 3600")
        .set_index(["message", "recipient"])["seen_s"]
        for start in ("07:30", "09:00")
    )  # fmt: skip
    both = early.index.intersection(settled.index)
    assert len(both) > 20
    assert len(both) == pytest.approx(len(early), rel=0.1)
    assert float((early[both] - settled[both]).abs().quantile(0.9)) < 10.0
