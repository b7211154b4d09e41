"""What fills the file of a copy, offline file or cached, and what happens when it is full."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import anywhere_sim as aw
from anywhere_sim.scenario.group import FILE_BYTES, OLD_FILE_BYTES
from tests.statements.pairs import run, small, words


def first(made: aw.Run) -> pd.DataFrame:
    """Return the rows of first synchronisations."""
    rows = made.syncs.astype({"kind": str, "folder": str, "outcome": str, "trigger": str})
    return rows[rows["kind"] == "first"].sort_values("start_s")


def one(mode: str, **changes: Any) -> aw.Scenario:
    """Return a scenario of one person on a LAN with a new profile."""
    return small(**{
        "groups__people__mailboxes": 1, "groups__people__mode": mode, "places__here__kind": "lan",
        "groups__people__set_up": False, "groups__people__mailbox_mb": 10,
        "groups__people__policy": {"ost_schedule_s": 1200}, "end": "09:00",
    } | changes)  # fmt: skip


def test_the_first_exchange_fills_an_offline_file() -> None:
    """It brings what the first synchronisation of a cached copy of that mailbox brings."""
    file, copy = first(run(one("offline_ost"))), first(run(one("cached")))
    assert len(file) == 8
    assert set(file["trigger"]) <= {"schedule", "f9"}
    assert file["bytes"].sum() == pytest.approx(copy["bytes"].sum(), rel=0.02)
    assert file["bytes"].sum() > 10e6
    assert first(run(one("offline_ost", groups__people__set_up=True))).empty


def test_what_a_cut_has_left_of_a_first_exchange_comes_with_a_later_one() -> None:
    """Ten megabytes over 100 kbit/s take 14 minutes; the line is away in between."""
    slow = {
        "places__here__kind": "branch_wan", "places__here__down_kbps": 100, "end": "10:30",
        "places__here__up_kbps": 100, "places__here__company": True,
        "events": [{"at": "08:35", "do": "cut", "place": "here", "for_s": 1200}],
    }  # fmt: skip
    rows = first(run(one("offline_ost", **slow)))
    assert "cut" in set(rows["outcome"])
    whole = rows[rows["outcome"] == "done"]
    assert sorted(whole["folder"]) == sorted(set(rows["folder"]))
    assert rows["bytes"].sum() == pytest.approx(10.4e6, rel=0.06)


def test_an_old_item_that_no_exchange_has_brought_cannot_be_opened_offline() -> None:
    changes = {
        "places__here__port_135": "drop", "groups__people__activity": "heavy", "end": "12:00",
        "groups__people__mailboxes": 3, "groups__people__client": "outlook2002",
    }  # fmt: skip

    def outcomes(*, set_up: bool) -> set[str]:
        made = run(one("offline_ost", **changes, groups__people__set_up=set_up))
        assert "offline" in words(made.states["state"])
        old = made.operations[made.operations["kind"].astype(str) == "open_old"]
        assert len(old) > 2
        return set(words(old["outcome"]))

    assert outcomes(set_up=True) == {"done"}
    assert outcomes(set_up=False) == {"waiting"}


@pytest.mark.parametrize("mode", ["cached", "offline_ost"])
def test_a_file_of_the_old_kind_is_full_at_2_gb(mode: str) -> None:
    """There are 20 KB of room: what goes beyond stays on the server, and each synchronisation of
    the Inbox stops with an outcome of its own. A file of the new kind has room.
    """
    almost_mb = OLD_FILE_BYTES / 1.3 / 1e6 - 0.02
    settled = {"groups__people__set_up": True, "groups__people__mailbox_mb": almost_mb}

    def inbox(*, old_file: bool) -> tuple[list[str], int]:
        made = run(one(mode, **settled, groups__people__old_file=old_file, end="09:30"))
        rows = made.syncs.astype({"folder": str, "direction": str})
        rows = rows[(rows["folder"] == "inbox") & (rows["direction"] == "down")]
        return words(rows["outcome"]), int(rows["items"].sum())

    outcomes, few = inbox(old_file=True)
    assert outcomes[-1] == "full"
    others, many = inbox(old_file=False)
    assert set(others) == {"done"}
    assert few < 8 < 10 < many


def test_a_mailbox_that_no_file_takes_stops_folder_by_folder() -> None:
    """Of 1.8 GB the old kind of file takes 1.65; the folders after that are tried, one by one, at
    each connection, and their items are asked of the server.
    """
    made = run(
        one(
            "cached",
            groups__people__set_up=True,
            groups__people__mailbox_mb=1_800,
            groups__people__old_file=True,
            events=[{"at": "08:40", "do": "cut", "place": "here", "for_s": 60}],
        )
    )
    rows = first(made)
    assert set(rows["outcome"]) == {"full"}
    assert set(rows["folder"]) == {"sent", "deleted"}
    assert set(rows["items"]) == {0}
    assert "no room left (error 8004060C)" in str(aw.story(made, mailbox="people/1"))
    assert len(rows) >= 4


def test_how_large_a_file_may_grow() -> None:
    """Outlook 2002 knows the old kind alone, later ones keep that of an old profile."""

    def max_bytes(**group: Any) -> int:
        changes = {f"groups__people__{key}": value for key, value in group.items()}
        return small(**changes).groups["people"].max_file_bytes

    assert max_bytes() == FILE_BYTES == 21_474_836_480
    assert max_bytes(old_file=True) == OLD_FILE_BYTES == 2_147_483_648
    assert max_bytes(client="outlook2002", mode="online") == OLD_FILE_BYTES
