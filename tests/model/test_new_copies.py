"""Books that are due as a whole, mailboxes that are moved: what begins anew."""

from __future__ import annotations

from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.exchange.mailbox import Views
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
