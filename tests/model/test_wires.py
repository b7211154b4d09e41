"""The life of a connection on the wire: rests and keep-alives, one stream each way, its end."""

from __future__ import annotations

from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.model.servers.logons import Logons
from tests.statements.pairs import run, small, words

ONE: dict[str, Any] = {"groups__people__mailboxes": 1, "groups__people__itinerary_spread_s": 0}


def ends(made: aw.Run) -> list[str]:
    return words(made.connections["end_reason"])


def test_a_parked_wait_is_not_answered_through_a_middle_box_that_has_forgotten_the_connection() -> None:
    """NAT 200 s, keep-alive 720 s: a wait of 300 s ends at the server and the client never hears of it (facts 1.5); kept alive each 120 s it does."""
    both_2007 = {"groups__people__client": "outlook2007", "servers__mbx1__profile": "exchange2007", "groups__people__mailboxes": 2}
    at_night = {"start": "20:05", "end": "22:00", "groups__people__itinerary": [["20:00", "here"]], "record_rpcs": True}
    behind = {"places__here": {"kind": "cable", "idle_timeout_s": 200}}

    def longest_answered_s(keep_alive_s: float) -> float:
        policy = {"roh_flags": 0x2B, "keep_alive_s": keep_alive_s}
        calls = run(small(**both_2007, **at_night, **behind, groups__people__policy=policy)).rpcs
        waits = calls[calls["kind"].astype(str) == "async_wait"]
        return float((waits["done_s"] - waits["arrived_s"]).max())

    assert longest_answered_s(720.0) < 200.0
    assert longest_answered_s(120.0) == pytest.approx(300.0, abs=1.0)


def test_the_folders_of_one_connection_share_one_receive_window() -> None:
    """Windows XP, 17,520 B in 300 ms, so 480 kbit/s with headers: four folders at once are no faster over the one connection they use."""
    far = {"kind": "vpn", "rtt_ms": 300, "down_kbps": 50_000}
    roll_out = [{"at": "08:30", "do": "roll_out", "group": "people"}]
    made = run(small(**ONE, groups__people__mode="online", groups__people__mailbox_mb=20, groups__people__stack="windows-xp", places__here=far,
                     groups__people__activity="light", events=roll_out))  # fmt: skip
    assert (made.syncs["kind"].astype(str) == "first").sum() > 4
    down = made.links[made.links["direction"].astype(str) == "down"]
    assert 400.0 < down["bytes"].max() * 8 / 15 / 1000 < 485.0


def test_a_direct_connection_has_no_keep_alive_before_the_two_hours_of_tcp() -> None:
    """Behind a NAT of 300 s it dies unseen: nobody is told until a call is resent in vain; over HTTPS the ping of 720 s finds out."""
    behind = {"kind": "vpn", "idle_timeout_s": 300}
    direct, web = (run(small(places__here=behind, end="10:00", groups__people__policy={"roh_flags": flags})) for flags in (0x3, 0x2B))
    unused = {"referral", "directory", "public"}

    def forgotten(made: aw.Run) -> set[str]:
        return {str(row.service) for row in made.connections.itertuples() if row.end_reason == "nat_dropped"} & unused

    assert forgotten(web) == unused
    assert not forgotten(direct)


def test_keep_alives_of_a_rest_are_counted_when_it_ends() -> None:
    """Two hours without a word but the pings each 120 s: 60 of them each way on each channel, in records of TLS."""
    quiet = run(
        small(**ONE, end="10:10:00", groups__people__activity="light", groups__people__policy={"roh_flags": 0x2B, "keep_alive_s": 120})
    )
    referral = quiet.connections[quiet.connections["service"].astype(str) == "referral"].iloc[0]
    assert referral["end_reason"] == "unfinished"
    pings = int((referral["end_s"] - referral["start_s"]) // 120)
    assert pings >= 59
    record = 5 + 48  # header; 20 bytes and a MAC of 20, padded to 16
    assert referral["bytes_up"] == pings * (record + 40 + 40)
    assert referral["bytes_down"] == pings * (record + 40 + 40)


def test_a_lid_that_shuts_in_a_cut_leaves_sessions_that_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    """facts 4.3: the store is not told and keeps the dead sessions for two hours."""
    lingering: list[str] = []
    linger = Logons.linger

    def note(self: Logons, mailbox: str, for_s: float | None = None) -> None:
        lingering.append(mailbox)
        linger(self, mailbox, for_s)

    monkeypatch.setattr(Logons, "linger", note)
    leaving = {"groups__people__itinerary": [["08:10", "office"], ["08:30:05", "off"]]}
    cut = [{"at": "08:30:00", "do": "cut", "place": "office", "for_s": 600}]
    whole, broken = run(small(**ONE, **leaving)), run(small(**ONE, **leaving, events=cut))
    assert set(ends(whole)) == {"closed"}
    assert set(ends(broken)) == {"link_cut"}
    assert len(lingering) >= 3
