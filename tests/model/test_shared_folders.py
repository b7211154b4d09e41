"""What a copy keeps of other mailboxes, and what is asked of the server instead."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import anywhere_sim as aw
from tests.statements.pairs import run, small, words

ASSISTANT: dict[str, Any] = {
    "groups__people__client": "outlook2007",
    "groups__people__mailboxes": 1,
    "groups__people__shared_mailboxes": 4,
    "groups__people__itinerary": [["08:05", "office"]],
    "beginning": "cold",
    "end": "08:40",
}


def of_shared(made: aw.Run) -> pd.DataFrame:
    """Return the synchronisations of folders of other mailboxes."""
    rows = made.syncs.astype({"kind": str, "folder": str, "trigger": str, "outcome": str})
    return rows[rows["folder"] == "shared"]


def test_a_copy_of_2007_keeps_folders_of_other_mailboxes() -> None:
    """A new copy fetches each once, beside its own mailbox; that of 2003 has none of them."""
    new = ASSISTANT | {"groups__people__set_up": False, "groups__people__mailbox_mb": 2}
    made = run(small(**new, groups__people__shared_folder_mb=2.0))
    first = of_shared(made)[of_shared(made)["kind"] == "first"]
    assert len(first) == 4
    assert first["bytes"].tolist() == pytest.approx([2e6] * 4, rel=0.05)
    for without in (
        {"groups__people__client": "outlook2003"},
        {"groups__people__policy": {"download_shared": False}},
    ):
        assert of_shared(run(small(**new | without))).empty


def test_changes_in_shared_folders_come_after_the_hold_off() -> None:
    """Sixty changes an hour in each: nearly each hold-off of 30 s has some. With a connection each
    folder is asked, changed or not.
    """
    changes = {"groups__people__shared_changes_per_day": 480.0}
    rows = of_shared(run(small(**ASSISTANT, **changes)))
    assert set(rows["kind"]) == {"incremental"}
    assert (rows["trigger"] == "connected").sum() == 4
    later = rows[rows["trigger"] == "hold_off"]
    hours = (rows["end_s"].max() - rows["start_s"].min()) / 3600.0
    assert later["items"].sum() == pytest.approx(240.0 * hours, rel=0.15)
    quiet = of_shared(run(small(**ASSISTANT, groups__people__shared_changes_per_day=0.0)))
    assert len(quiet) == 4
    assert quiet["items"].sum() == 0


def test_a_look_at_a_shared_calendar_is_answered_by_the_copy() -> None:
    """One at a mail folder is not; both ends of the share."""
    habits = small().groups["people"].habits.model_dump() | {"shared_folder_views": 120.0}

    def served(mail: float, **changes: Any) -> set[str]:
        activity = habits | {"shared_mail_share": mail}
        made = run(small(**ASSISTANT | changes, groups__people__activity=activity))
        looks = made.operations[made.operations["kind"].astype(str) == "shared_folder"]
        assert len(looks) > 3
        return set(words(looks["served_by"]))

    assert served(0.0) == {"copy"}
    assert served(1.0) == {"server"}
    assert served(0.0, groups__people__client="outlook2003") == {"server"}


def test_shared_folders_count_in_the_size_of_the_file() -> None:
    """Of four folders of 3 MB an old file with 7 MB of room has two, and takes 1 MB of another."""
    almost_mb = 2 * 2**30 / 1.3 / 1e6 - 7.0
    made = run(
        small(
            **ASSISTANT,
            groups__people__old_file=True,
            groups__people__mailbox_mb=almost_mb,
        )
    )
    first = of_shared(made)[of_shared(made)["kind"] == "first"]
    assert set(first["outcome"]) == {"full"}
    assert first["bytes"].sum() == pytest.approx(1e6, rel=0.15)


def test_what_a_cut_has_left_of_shared_folders_comes_later() -> None:
    slow = {
        "places__office__kind": "branch_wan", "places__office__down_kbps": 500,
        "places__office__up_kbps": 500, "groups__people__shared_folder_mb": 4.0,
        "groups__people__set_up": False, "groups__people__mailbox_mb": 1,
        "places__office__company": True,
        "events": [{"at": "08:08", "do": "cut", "place": "office", "for_s": 120}],
    }  # fmt: skip
    rows = of_shared(run(small(**ASSISTANT, **slow)))
    first = rows[rows["kind"] == "first"]
    assert "cut" in set(first["outcome"])
    assert (first["outcome"] == "done").sum() == 4
    assert first["bytes"].sum() == pytest.approx(16.4e6, rel=0.06)


def test_a_session_that_is_refused_is_tried_again_by_the_back_off() -> None:
    """Sixteen shared mailboxes ask for more than 32 sessions: one is refused each time, every 15 s
    for five minutes and every 15 min from then on, while the others work.
    """
    many = ASSISTANT | {"groups__people__shared_mailboxes": 16, "end": "09:30"}
    made = run(small(**many, groups__people__shared_folder_mb=0.0))
    attempts = made.attempts.astype({"failed_stage": str})
    refused = attempts[attempts["failed_stage"] == "limit"]
    steps_s = refused.groupby("round")["start_s"].min().diff().dropna()
    assert steps_s.iloc[1:20].tolist() == pytest.approx([15.0] * 19, abs=0.5)
    assert steps_s.iloc[21:].tolist() == pytest.approx([900.0] * (len(steps_s) - 21), abs=15.5)
    assert len(steps_s) > 23
    assert words(made.states["state"])[-1] == "connected"
