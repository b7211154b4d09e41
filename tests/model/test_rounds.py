"""Rounds and attempts while the world changes under them: moves, cuts, outages."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import anywhere_sim as aw
from tests.statements.pairs import run, small, words

CRASH = {"at": "08:30", "do": "crash", "for_s": 1800}


def _ends(made: aw.Run) -> pd.DataFrame:
    return made.attempts[made.attempts["start_s"] > 30_600]


def test_a_round_ends_with_its_line_and_the_next_one_judges_anew() -> None:
    """Eight seconds on GPRS are too short for a round; at the office the client must not go on with
    the order of the slow line.
    """
    places = {"places__gprs": {"kind": "gprs"}, "groups__people__itinerary_spread_s": 0}
    made = run(
        small(groups__people__itinerary=[["08:10:00", "gprs"], ["08:10:08", "office"]], **places)
    )
    later = made.attempts[made.attempts["place"].astype(str) == "office"]
    assert set(words(later["path"])) == {"tcp"}
    assert set(words(later["speed_class"])) == {"fast"}
    assert (
        later.groupby("mailbox", observed=True)["start_s"].min().max() <= 29_408 + 15
    )  # at the next poll of the network, without a back-off
    assert words(made.states["state"])[-1] == "connected"
    assert made.connections.groupby("mailbox", observed=True).size().max() == 5


def test_a_path_given_up_with_its_line_is_not_dead() -> None:
    """The name was being asked for in vain when the person moved: at the office TCP is tried all
    the same.
    """
    silent = {"places__here__internal_names": "silent", "groups__people__itinerary_spread_s": 0}
    made = run(
        small(groups__people__itinerary=[["08:10:00", "here"], ["08:10:02", "office"]], **silent)
    )
    assert set(words(made.connections["path"])) == {"tcp"}
    later = made.attempts[made.attempts["place"].astype(str) == "office"]
    assert later.groupby("mailbox", observed=True)["start_s"].min().max() <= 29_402 + 15


def test_a_link_that_is_back_breaks_no_attempt_of_its_own() -> None:
    """A cut of 20 s: what was begun on the way back is not broken off by the news that the link is
    there.
    """
    cuts = [
        {"at": f"08:{minute}", "do": "cut", "place": "here", "for_s": 20}
        for minute in range(15, 58, 3)
    ]
    made = run(small(events=cuts))
    broken = made.attempts[made.attempts["outcome"].astype(str) == "abandoned"]
    back = [28_800 + 60 * minute + 20 for minute in range(15, 58, 3)]
    assert not any(
        begun >= last and ended < last + 160
        for begun, ended in zip(broken["start_s"], broken["end_s"], strict=True)
        for last in back
    )


@pytest.mark.parametrize("how", ["crash", "restart", "shutdown"])
def test_a_store_that_is_away_is_noticed_by_the_front_end_at_conn(how: str) -> None:
    """The proxy connects to the store when CONN/B1 comes (facts 2.1): its own SYN schedule of 21 s
    for silence (no host: crash, restart), at once for a refusal (no service: shutdown).
    """
    made = run(
        small(
            events=[CRASH | {"do": how, "server": "mbx1"}],
            groups__people__itinerary=[["08:40", "here"]],
        )
    )
    failed = _ends(made)
    failed = failed[(failed["path"].astype(str) == "https") & (failed["start_s"] < 32_300)]
    assert set(words(failed["failed_stage"])) == {"conn"}
    took = failed["end_s"] - failed["auth_s"]
    assert (took < 0.3).all() if how == "shutdown" else took.between(21.0, 21.3).all()


def test_behind_a_web_proxy_a_front_end_that_crashed_costs_the_proxys_connect() -> None:
    made = run(
        small(
            events=[CRASH | {"server": "fe1"}],
            places__here__web="proxy",
            groups__people__itinerary=[["08:40", "here"]],
        )
    )
    failed = _ends(made)
    failed = failed[(failed["path"].astype(str) == "https") & (failed["start_s"] < 32_300)]
    assert set(words(failed["failed_stage"])) == {"proxy"}
    assert (failed["end_s"] - failed["start_s"]).between(21.0, 21.5).all()


def test_no_connection_is_made_to_a_server_that_went_away_on_the_way() -> None:
    """A store that restarts again and again, some of it in the middle of attempts: nobody holds a
    connection of an earlier start.
    """
    restarts = [
        {"at": f"08:{minute:02d}:{second:02d}", "do": "restart", "server": "mbx1", "for_s": 0.2}
        for minute in range(15, 55)
        for second in (0, 20, 40)
    ]
    slow = {
        "places__here__rtt_ms": 900,
        "groups__people__mailboxes": 6,
        "groups__people__policy": {"backoff": "none", "link_poll_s": 1},
    }
    made = run(small(events=restarts, **slow))
    stops = [28_800 + 60 * minute + second for minute in range(15, 55) for second in (0, 20, 40)]
    led = made.attempts[made.attempts["outcome"].astype(str) == "connected"]
    assert len(led) > 20
    for begun, ended in zip(led["tcp_s"], led["end_s"], strict=True):
        assert not any(begun < stop < ended for stop in stops)


def test_outages_that_overlap_last_until_the_last_one_is_over() -> None:
    crash, restart = (
        CRASH | {"server": "mbx1"},
        {"at": "08:40", "do": "restart", "server": "mbx1", "for_s": 60},
    )
    made = run(small(events=[crash, restart], groups__people__itinerary=[["08:35", "here"]]))
    assert made.connections["start_s"].min() > 32_400
    cut, short = (
        {"at": "08:30", "do": "cut", "place": "here", "for_s": 1800},
        {"at": "08:40", "do": "cut", "place": "here", "for_s": 60},
    )
    made = run(small(events=[cut, short], groups__people__itinerary=[["08:35", "here"]]))
    assert made.connections["start_s"].min() > 32_400


def test_all_mail_connections_come_back_after_a_loss() -> None:
    """Outlook 2007 opens more mail connections when direct; a middle box that forgets them must not
    leave it with two.
    """
    changes: dict[str, Any] = {
        "groups__people__client": "outlook2007",
        "groups__people__shared_mailboxes": 2,
        "end": "11:00",
    }
    made = run(
        small(
            places__here__idle_timeout_s=300,
            groups__people__itinerary=[["08:10", "here"]],
            **changes,
        )
    )
    last = made.connections[made.connections["end_reason"].astype(str) == "unfinished"]
    coming = made.attempts[made.attempts["outcome"] == "unfinished"]
    assert len(last[last["service"] == "mail"]) + len(coming[coming["service"] == "mail"]) == 3 * 6


def test_an_event_before_the_run_is_refused() -> None:
    with pytest.raises(aw.ScenarioError, match="event at 07:00"):
        small(events=[{"at": "07:00", "do": "cut", "place": "here", "for_s": 7200}])
