"""Laptops that are shut with Outlook open, and opened again."""

from __future__ import annotations

from typing import Any

import pytest

import anywhere_sim as aw
from tests.statements.pairs import run, small, words

SHUT_S, OPENED_S = 8 * 3600 + 1800.0, 9 * 3600.0
LID: dict[str, Any] = {
    "groups__people__itinerary": [["08:05", "here"], ["08:30", "asleep"], ["09:00", "here"]],
    "groups__people__itinerary_spread_s": 0,
    "groups__people__mailboxes": 4,
    "groups__people__policy": {"roh_flags": 0x2B},
}


def shut(**changes: Any) -> aw.Run:
    """Return a morning in which the lid is shut from 08:30 to 09:00."""
    return run(small(**LID, **changes))


@pytest.mark.parametrize("mode", ["cached", "online"])
def test_nothing_is_done_and_nothing_is_tried_while_the_lid_is_shut(mode: str) -> None:
    """No action, no attempt, no synchronisation; one round of attempts on waking, at once."""
    made = shut(groups__people__mode=mode)
    states = made.states.astype({"state": str})
    asleep = states[states["state"] == "asleep"]
    assert asleep[["start_s", "end_s"]].drop_duplicates().to_numpy().tolist() == [
        [SHUT_S, OPENED_S]
    ]
    assert len(asleep) == 4
    for table in (made.operations, made.attempts, made.syncs):
        assert not table["start_s"].between(SHUT_S, OPENED_S, inclusive="neither").any()
    woken = made.attempts[made.attempts["start_s"] >= OPENED_S]
    first = woken.groupby(woken["mailbox"].astype(str))["start_s"].min()
    assert first.tolist() == [OPENED_S] * 4
    at_once = woken[woken["start_s"] < OPENED_S + 60.0]
    assert at_once.groupby(at_once["mailbox"].astype(str))["round"].nunique().eq(1).all()
    assert set(words(at_once["trigger"])) == {"link"}


def test_what_was_changed_before_goes_up_on_waking_and_new_mail_comes_down() -> None:
    made = shut()
    waited = made.changes[made.changes["made_s"].between(SHUT_S - 20.0, SHUT_S)]
    assert waited["uploaded_s"].dropna().gt(SHUT_S - 20.0).all()
    slept = made.messages[made.messages["delivered_s"].between(SHUT_S, OPENED_S)]
    assert len(slept)
    assert slept["reached_s"].dropna().between(OPENED_S, OPENED_S + 60.0).mean() > 0.9


@pytest.mark.parametrize("mode", ["cached", "online", "offline_ost"])
def test_outlook_starts_in_the_mode_that_it_was_given_while_the_lid_was_shut(mode: str) -> None:
    """The restart that a new mode asks for comes with waking: the calls of a start are made, and
    an offline file makes its choice, where a mode that was not launched would go on offline.
    """
    away = {"cached": "online", "online": "cached", "offline_ost": "online"}[mode]
    made = shut(
        groups__people__mode=away,
        groups__people__roll_out={"to": mode, "per_day": 4, "between": ["08:40", "08:50"]},
    )
    tries = made.attempts[made.attempts["start_s"].between(OPENED_S, OPENED_S + 5.0)]
    assert set(words(tries["trigger"])) == {"launch"}
    states = made.states.astype({"state": str, "mode": str})
    woken = states[states["start_s"] >= OPENED_S]
    assert set(woken["mode"]) == {mode}
    assert woken[woken["state"] == "connected"]["mailbox"].nunique() == 4


def test_servers_keep_the_sessions_of_machines_that_sleep() -> None:
    """Nobody tells them that the lid was shut; of who closes Outlook, idle channels alone stay."""

    def sessions(place: str) -> int:
        itinerary = [["08:05", "here"], ["08:30", place]]
        made = run(small(**LID | {"groups__people__itinerary": itinerary}))
        servers = made.servers.astype({"role": str})
        later = servers[(servers["role"] == "front_end") & (servers["time_s"] > SHUT_S + 60.0)]
        return int(later["http_sessions"].iloc[0])

    assert sessions("asleep") >= 2 * sessions("off")


def test_an_itinerary_repeats_on_its_weekdays() -> None:
    """Monday and Wednesday at home for an hour, closed on Tuesday, the same minute each time."""
    quiet = dict.fromkeys(("folder_views", "outside_messages", "new_messages"), 0.0)
    made = run(
        small(
            end="60:00",
            groups__people__mailboxes=2,
            groups__people__activity="light",
            groups__people__itinerary=[["08:30", "here"], ["09:30", "off"]],
            groups__people__days=["mon", "wed"],
            **{f"groups__people__activity__{name}": value for name, value in quiet.items()},
        )
    )
    states = made.states.astype({"state": str, "mailbox": str})
    opened = states[states["state"] == "trying"].groupby("mailbox")["start_s"]
    assert opened.count().tolist() == [2, 2]
    assert opened.apply(lambda times_s: times_s.max() - times_s.min()).tolist() == pytest.approx(
        [2 * 86_400.0] * 2
    )
