"""Books that are due as a whole, mailboxes that are moved: what begins anew."""

from __future__ import annotations

from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.analysis.roll_out import roll_out_steps
from anywhere_sim.exchange.mailbox import Views
from anywhere_sim.report.findings import RunFindings
from anywhere_sim.report.verdict import verdict
from tests.statements.pairs import run, small

BRANCH: dict[str, Any] = {
    "end": "08:30",
    "beginning": "settled",
    "places__here": {
        "kind": "branch_wan", "down_kbps": 1024, "up_kbps": 1024, "shared": True, "company": True,
    },
    "groups__people__activity": "light",
    "groups__people__itinerary": [["07:00", "here"]],
    "groups__people__mailboxes": 5,
    "groups__people__mailbox_mb": 2,
}  # fmt: skip


def books(made: aw.Run) -> Any:
    """Return the synchronisations of the address book that came whole."""
    rows = made.syncs.astype({"kind": str, "outcome": str})
    return rows[(rows["kind"] == "address_book") & (rows["outcome"] == "done")]


@pytest.mark.parametrize("entries", [1_000, 3_000])
def test_a_branch_that_is_due_fetches_as_many_books_as_people(entries: int) -> None:
    """1 MB per 1,000 entries of the directory, whatever number of mailboxes is simulated; the line
    is full as long as its bytes take.
    """
    due = [{"at": "08:05", "do": "whole_book", "group": "people"}]
    made = run(small(**BRANCH, directory_entries=entries, events=due))
    fetched = books(made)
    assert len(fetched) == 5
    assert fetched["bytes"].sum() == pytest.approx(5_000.0 * entries, rel=0.08)
    took_s = fetched["end_s"].max() - fetched["start_s"].min()
    assert took_s == pytest.approx(5_000.0 * entries * 8 / 1_024_000, rel=0.12)


def test_a_book_is_not_due_as_a_whole_unless_something_says_so() -> None:
    policy = {"address_book_every_s": 600}
    made = run(small(**BRANCH, directory_entries=3_000, groups__people__policy=policy))
    assert 30_000 < books(made)["bytes"].max() < 40_000


def test_a_mailbox_that_is_moved_has_an_empty_copy_and_no_views() -> None:
    """The copy is filled again, and the book comes whole."""
    moved = [{"at": "08:05", "do": "move_mailbox", "group": "people", "spread_s": 60}]
    made = run(small(**BRANCH, directory_entries=1_000, events=moved))
    rows = made.syncs.astype({"kind": str, "mailbox": str})
    first = rows[rows["kind"] == "first"].groupby("mailbox")["bytes"].sum()
    assert first.tolist() == pytest.approx([2e6] * 5, rel=0.15)
    assert len(books(made)) == 5
    views = Views()
    assert [views.use("inbox", "", 0.0), views.use("inbox", "", 1.0)] == [True, False]
    views.clear()
    assert views.use("inbox", "", 2.0)


def test_what_waits_in_an_offline_file_outlives_the_move_of_its_mailbox() -> None:
    """Messages written offline at home lie in the new file, and leave with its first exchange."""
    moved = [{"at": "08:40", "do": "move_mailbox", "group": "people"}]
    made = run(
        small(
            groups__people__mode="offline_ost",
            groups__people__client="outlook2002",
            groups__people__itinerary=[["08:05", "here"], ["09:00", "off"], ["09:05", "office"]],
            places__here__port_135="drop",
            groups__people__policy={"ost_schedule_s": 600},
            end="10:00",
            events=moved,
        )
    )
    messages = made.changes[made.changes["kind"].astype(str) == "message"]
    written = messages[messages["made_s"] < 8 * 3600 + 40 * 60]
    assert len(written) > 0
    assert set(written["state"].astype(str)) == {"uploaded"}


def test_a_roll_out_to_people_who_have_a_copy_does_nothing() -> None:
    rows = []
    for events in ([], [{"at": "08:30", "do": "roll_out", "group": "people"}]):
        made = run(small(events=events, end="09:00"))
        rows.append((len(made.connections), len(made.states), made.syncs["bytes"].sum()))
    assert rows[0] == rows[1]


def test_a_roll_out_in_steps_gives_so_many_a_copy_in_each_window() -> None:
    """Two of five on Monday from 08:05 to 08:15, none on Tuesday, two on Wednesday."""
    plan = {"per_day": 2, "between": ["08:05", "08:15"], "days": ["mon", "wed"]}
    online: dict[str, Any] = {"groups__people__mode": "online", "end": "56:30"}
    staged = small(**BRANCH | online, groups__people__roll_out=plan)
    made = run(staged)
    first = made.syncs[made.syncs["kind"].astype(str) == "first"]
    begun_s = first["start_s"].groupby(first["mailbox"].astype(str)).min()
    assert list(begun_s.index) == [f"people/{number}" for number in range(1, 5)]
    monday, wednesday = begun_s.iloc[:2] / 3600.0, begun_s.iloc[2:] / 3600.0
    assert ((monday > 8 + 5 / 60) & (monday < 8.25 + 1 / 60)).all()
    assert ((wednesday > 56 + 5 / 60) & (wednesday < 56.25 + 1 / 60)).all()
    steps = roll_out_steps(made, staged)
    assert steps["complete"].tolist() == [2, 2, 0]
    assert steps["forecast"].tolist() == [False, False, True]
    last_s = steps["last_s"].iloc[-1]  # Monday next week, when the last of five has its turn
    assert last_s == pytest.approx(7 * 86_400 + 8.25 * 3600, abs=300)


@pytest.mark.parametrize("end", ["08:21:30", "08:40"])
def test_a_window_in_which_outlook_is_closed_delays_each_step_alike(end: str) -> None:
    """Who opens it at 08:20 fetches the copy then; so it will be with the steps to come, whether
    the first is complete at the end of the run or not.
    """
    plan = {"per_day": 2, "between": ["08:05", "08:15"], "days": ["mon", "tue"]}
    opened = {"groups__people__itinerary": [["08:20", "here"]], "groups__people__mailbox_mb": 8}
    closed = BRANCH | opened | {"end": end}
    staged = small(**closed, groups__people__mode="online", groups__people__roll_out=plan)
    steps = roll_out_steps(run(staged), staged)
    first, second = steps.iloc[0], steps.iloc[1]
    assert bool(first["forecast"]) == (end == "08:21:30")
    assert first["late"] == first["begun"] == 2
    assert first["first_late_s"] == pytest.approx(8 * 3600 + 20 * 60, abs=60)
    assert second["last_s"] - second["begin_s"] == pytest.approx(first["last_s"] - first["begin_s"])
    found = RunFindings.of(run(staged), staged)
    assert "2 of the 2 of step 1 were begun after its window" in verdict(found)[0]


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"between": ["20:00", "20:00"]}, "is no window; give two times before 24:00"),
        ({"between": ["20:00", "30:00"]}, "is no window; give two times before 24:00"),
        ({"days": []}, "days"),
        ({"days": ["mon", "mon"]}, "names a day twice"),
        ({"per_day": 0}, "per_day"),
        ({"to": "online"}, "the group is in mode 'online' from the beginning"),
        ({"per_night": 3}, "per_night"),
    ],
)
def test_a_roll_out_that_makes_no_sense_is_refused(plan: dict[str, Any], said: str) -> None:
    usual = {"per_day": 200, "between": ["20:00", "06:00"], "days": ["mon", "tue"]}
    with pytest.raises(aw.ScenarioError, match=said):
        small(groups__people__mode="online", groups__people__roll_out=usual | plan)
