"""What the modes do when the connection is not there, when a launch is, and when a mode is changed;
judged on the traces.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import anywhere_sim as aw
from tests.statements.pairs import run, small, words

FILE: dict[str, Any] = {
    "groups__people__client": "outlook2002",
    "groups__people__mode": "offline_ost",
}
CUT = [{"at": "09:00", "do": "cut", "place": "here", "for_s": 3600}]


def ops(made: aw.Run, kind: str) -> pd.DataFrame:
    return made.operations[made.operations["kind"].astype(str) == kind]


def test_what_is_read_offline_came_with_an_exchange() -> None:
    """A morning at the office, then at home without a network: what no exchange has brought cannot
    be read.
    """
    day: dict[str, Any] = {
        "end": "13:00",
        "groups__people__mailboxes": 6,
        "places__here__web": "none",
        "groups__people__itinerary": [["08:10", "office"], ["11:00", "off"], ["11:05", "here"]],
    }

    habits = small().groups["people"].habits.model_dump() | {"send_receives": 0.0}

    def read_at_home(**policy: Any) -> int:
        made = run(
            small(**FILE, **day, groups__people__policy=policy, groups__people__activity=habits)
        )
        assert (len(made.syncs) > 0) == bool(policy["ost_on_exit"])
        return int((ops(made, "read")["place"].astype(str) == "here").sum())

    assert read_at_home(ost_schedule_s=None, ost_on_exit=True) > 0
    assert read_at_home(ost_schedule_s=None, ost_on_exit=False) == 0


def test_a_scheduled_exchange_of_a_connected_run_brings_what_has_come_since() -> None:
    made = run(
        small(
            **FILE,
            end="12:00",
            groups__people__itinerary=[["08:10", "office"]],
            groups__people__policy={"ost_schedule_s": 1200},
        )
    )
    down = made.syncs[made.syncs["direction"].astype(str) == "down"]
    last_s = down["start_s"].max()
    assert down["items"].sum() == (made.messages["delivered_s"] < last_s).sum()


@pytest.mark.parametrize(
    ("place", "seconds"),
    [({"port_135": "drop"}, 21.0), ({"internal_names": "silent"}, 15.0), ({"rtt_ms": 4_000}, 30.0)],
)
def test_outlook_with_an_offline_file_opens_offline_when_the_server_does_not_answer(
    place: dict[str, str], seconds: float
) -> None:
    """Also on a company LAN: nobody tells it, it has tried, for as long as that took and 30 s at
    most (facts 1.3, 1.6).
    """
    made = run(
        small(
            **FILE,
            groups__people__itinerary=[["08:10", "office"]],
            places__office={"kind": "lan"} | place,
        )
    )
    trying = made.states[made.states["state"].astype(str) == "trying"]
    assert len(trying) == 3
    assert (trying["end_s"] - trying["start_s"]).max() == pytest.approx(seconds, abs=0.1)
    assert len(made.attempts) > 0
    assert set(words(made.states["state"])) == {"off", "trying", "offline"}


def test_an_offline_run_stays_offline_when_its_exchange_is_cut() -> None:
    thin = {"kind": "vpn", "down_kbps": 8, "up_kbps": 8}
    cuts = [
        {"at": f"08:{minute}", "do": "cut", "place": "tunnel", "for_s": 60}
        for minute in (21, 31, 41, 51)
    ]
    made = run(
        small(
            **FILE,
            places__tunnel=thin,
            events=cuts,
            groups__people__policy={"ost_schedule_s": 600},
            groups__people__itinerary=[["08:10", "here"], ["08:15", "tunnel"]],
        )
    )
    assert "cut" in words(made.syncs["outcome"])
    assert set(words(made.states["state"])) == {"off", "trying", "offline"}


def test_f9_is_pressed_and_lasts_until_the_exchange_is_over() -> None:
    away: dict[str, Any] = {
        "end": "14:00",
        "groups__people__policy": {"ost_schedule_s": None},
        "groups__people__mailboxes": 8,
    }
    at_home, tunnel = (
        run(
            small(
                **FILE,
                **away,
                places__later={"kind": kind},
                groups__people__itinerary=[["08:10", "here"], ["08:15", "later"]],
            )
        )
        for kind in ("dsl", "vpn")
    )
    assert set(words(ops(at_home, "send_receive")["outcome"])) == {"failed"}
    done = ops(tunnel, "send_receive")
    assert words(done["outcome"]).count("done") >= 5
    assert done["wait_s"].max() > 1.0
    assert set(words(tunnel.syncs["trigger"])) == {"f9"}


def test_in_a_settled_beginning_the_schedules_of_offline_files_are_not_in_step() -> None:
    made = run(
        small(
            **FILE,
            start="08:00",
            end="08:30",
            groups__people__mailboxes=20,
            groups__people__itinerary=[["07:00", "office"]],
        )
    )
    begun_s = made.syncs.groupby("mailbox", observed=True)["start_s"].min() - 8 * 3600
    assert len(begun_s) == 20
    assert np.histogram(begun_s, bins=[0, 600, 1200, 1800])[0].min() >= 2


def test_online_a_message_that_could_not_be_sent_goes_when_there_is_a_connection() -> None:
    made = run(
        small(groups__people__mode="online", end="12:00", groups__people__mailboxes=10, events=CUT)
    )
    sends = ops(made, "send")
    assert words(sends["outcome"]).count("failed") > 5
    written = made.messages[
        made.messages["written_s"].between(9 * 3600, 10 * 3600)
        & (made.messages["origin"].astype(str) != "outside")
    ]
    assert len(written) > 5
    assert (written["sent_s"] > 10 * 3600).all()
    assert (written["sent_s"] < 10.2 * 3600).all()


def test_a_roll_out_takes_along_what_waits_in_the_old_copy() -> None:
    away: dict[str, Any] = {
        "groups__people__client": "outlook2003",
        "groups__people__mode": "offline_ost",
        "groups__people__mailbox_mb": 1,
    }
    roll_out = [{"at": "10:30", "do": "roll_out", "group": "people"}]
    made = run(
        small(
            **away,
            groups__people__policy={"ost_schedule_s": None, "roh_flags": 0},
            end="13:00",
            events=roll_out,
            places__tunnel={"kind": "vpn"},
            groups__people__itinerary=[["08:10", "here"], ["10:20", "tunnel"]],
        )
    )
    before = made.changes[made.changes["made_s"] < 10.5 * 3600]
    assert "message" in words(before["kind"])
    assert set(words(before["state"])) == {"uploaded"}
    assert "first" in words(made.syncs["kind"])


def test_a_version_without_cached_mode_is_not_rolled_out() -> None:
    roll_out = [{"at": "08:30", "do": "roll_out", "group": "people"}]
    with pytest.raises(aw.ScenarioError, match="no cached mode"):
        small(groups__people__client="outlook2002", groups__people__mode="online", events=roll_out)


def test_a_copy_of_a_new_profile_is_filled_from_a_settled_beginning_too() -> None:
    made = run(
        small(
            start="08:00",
            groups__people__set_up=False,
            groups__people__mailbox_mb=5,
            groups__people__itinerary=[["07:00", "office"]],
        )
    )
    assert "first" in words(made.syncs["kind"])


def test_a_header_without_its_body_is_not_read_until_the_body_has_come() -> None:
    slow: dict[str, Any] = {
        "places__here": {"kind": "gprs"},
        "places__nowhere": {"kind": "dsl", "web": "none"},
        "end": "14:00",
        "groups__people__mailboxes": 6,
        "groups__people__itinerary": [["08:10", "here"], ["10:00", "nowhere"], ["12:30", "office"]],
    }
    made = run(small(**slow))
    reads = ops(made, "read")
    waiting = reads[reads["outcome"].astype(str) == "waiting"]
    assert set(words(waiting["served_by"])) == {"header"}
    assert words(waiting["place"]).count("nowhere") > 3
    done = reads[reads["outcome"].astype(str) == "done"]
    assert len(done) == made.messages["seen_s"].notna().sum()
    at_office = made.messages[made.messages["seen_s"] > 12.5 * 3600]
    assert (at_office["reached_s"] < 10.1 * 3600).sum() > 3


def test_bodies_that_a_slow_link_left_out_come_on_the_lan() -> None:
    made = run(
        small(
            places__here={"kind": "gprs"},
            end="13:00",
            groups__people__mailboxes=6,
            groups__people__itinerary_spread_s=0,
            groups__people__itinerary=[["08:00", "here"], ["11:00", "office"]],
        )
    )
    bodies = made.syncs[made.syncs["trigger"].astype(str) == "bodies"]
    assert bodies["items"].sum() > 5
    assert set(words(bodies["place"])) == {"office"}
    reads = ops(made, "read")
    served = reads[
        (reads["start_s"] > bodies["end_s"].max()) & (reads["place"].astype(str) == "office")
    ]["served_by"]
    assert set(words(served)) == {"copy"}


@pytest.mark.parametrize("mode", ["cached", "online"])
def test_what_came_due_while_outlook_was_closed_is_one_look_and_what_is_to_be_written(
    mode: str,
) -> None:
    made = run(
        small(
            groups__people__mode=mode,
            groups__people__mailboxes=20,
            groups__people__itinerary_spread_s=0,
            start="08:00",
            end="13:00",
            beginning="cold",
            groups__people__itinerary=[["08:00", "office"], ["09:00", "off"], ["12:00", "office"]],
        )
    )
    after = made.operations[made.operations["start_s"].between(12 * 3600, 12 * 3600 + 20)]
    kinds = words(after["kind"])
    assert kinds.count("view_folder") <= 21 * (2 if mode == "cached" else 1)
    assert after[after["kind"].astype(str) == "view_folder"]["mailbox"].nunique() == 20
    assert not {"search", "open_old", "look_up", "calendar"} & set(kinds) or len(kinds) < 60
    assert "send" in words(
        made.operations[made.operations["start_s"].between(12 * 3600, 12 * 3600 + 1800)]["kind"]
    )


def test_what_was_to_be_written_before_outlook_was_open_waits_and_fails_at_no_time() -> None:
    """Replies and mail that came due between 09:00 and 12:00 go when there is a connection."""
    made = run(
        small(
            groups__people__mode="online",
            groups__people__mailboxes=20,
            groups__people__itinerary_spread_s=0,
            start="08:00",
            end="12:30",
            beginning="cold",
            groups__people__itinerary=[["08:00", "office"], ["09:00", "off"], ["12:00", "office"]],
        )
    )
    sends = ops(made, "send")
    after = sends[sends["start_s"] >= 12 * 3600]
    assert len(after) > 20
    assert set(words(after["outcome"])) == {"done"}


@pytest.mark.parametrize("mode", ["cached", "online"])
def test_mail_of_the_night_is_read_in_the_first_half_hour(mode: str) -> None:
    """In cached mode Outlook opens with the copy of last evening; the mail comes a moment later."""
    made = run(
        small(
            groups__people__mode=mode,
            groups__people__mailboxes=20,
            groups__people__itinerary_spread_s=0,
            groups__people__activity="medium",
            start="07:00",
            end="08:40",
            groups__people__itinerary=[["08:10", "office"]],
        )
    )
    of_the_night = made.messages[made.messages["written_s"] < 8 * 3600]
    assert len(of_the_night) > 40
    assert of_the_night["seen_s"].notna().mean() > 0.9


def test_each_client_fetches_the_address_book_once_a_day_while_it_is_open() -> None:
    """The last success lies in yesterday's hours, so it is due in today's; all but those whose
    Outlook opens later than yesterday.
    """
    made = run(
        small(
            groups__people__mailboxes=40,
            groups__people__activity="light",
            start="00:00",
            end="24:00",
            beginning="cold",
            groups__people__itinerary=[["08:30", "office"], ["17:30", "off"]],
        )
    )
    books = (
        made.syncs[made.syncs["kind"].astype(str) == "address_book"]
        .groupby("mailbox", observed=True)
        .size()
    )
    assert set(books) == {1}
    assert len(books) >= 38


def test_the_changes_of_a_day_are_fetched_and_the_whole_book_above_an_eighth() -> None:
    def fetched(share: float) -> float:
        policy = {"address_book_changed_share": share, "address_book_every_s": 1800}
        made = run(
            small(
                groups__people__mailboxes=100,
                groups__people__itinerary=[["08:10", "office"]],
                groups__people__policy=policy,
            )
        )
        return float(made.syncs[made.syncs["kind"].astype(str) == "address_book"]["bytes"].median())

    assert fetched(0.1) < 15_000
    assert fetched(0.13) > 100_000


def test_calls_of_news_and_of_a_synchronisation_are_those_of_the_protocol() -> None:
    """MS-OXCFXICS: open, configure and state in one call, a buffer for each 96 KB and one at least,
    which brings the final state.
    """
    made = run(
        small(end="12:00", groups__people__itinerary=[["08:10", "office"]], record_rpcs=True)
    )
    syncs = made.syncs[
        (made.syncs["outcome"].astype(str) == "done")
        & (made.syncs["trigger"].astype(str) != "bodies")
    ]
    down = syncs[
        (syncs["kind"].astype(str) == "incremental") & (syncs["direction"].astype(str) == "down")
    ]
    small_ones = down[down["bytes"] < 90_000]
    assert len(small_ones) > 20
    assert set(small_ones["rpcs"]) == {2}
    assert small_ones["rops"].between(11, 17).all()
    folders = syncs.groupby(syncs["direction"].astype(str))["folder"].agg(
        lambda column: set(words(column))
    )
    assert folders["down"] >= {"hierarchy", "inbox", "sent"}
    assert folders["up"] >= {"inbox", "calendar", "deleted", "other", "outbox"}
    assert (
        syncs[syncs["folder"].astype(str) == "hierarchy"]["trigger"].astype(str) == "connected"
    ).all()
    sent = made.changes[
        (made.changes["kind"].astype(str) == "message")
        & (made.changes["state"].astype(str) == "uploaded")
    ]
    assert down[down["folder"].astype(str) == "sent"]["items"].sum() == len(sent)
    news = made.rpcs["kind"].astype(str).value_counts()
    assert news.get("notification", 0) >= len(down[down["trigger"].astype(str) == "hold_off"])
