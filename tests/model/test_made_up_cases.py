"""Mornings of the kind that people report, made up: two of a network, two of servers, two of
people. Each needs several mechanisms at once.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.statements.pairs import run, small, words

QUARTER_S = 8 * 3600 + 900.0


def of(frame: pd.DataFrame, **wanted: str) -> pd.DataFrame:
    """Return the rows in which word columns have these values."""
    for column, word in wanted.items():
        frame = frame[frame[column].astype(str) == word]
    return frame


# a network


@pytest.mark.parametrize(("stack", "opens"), [("windows-xp", False), ("windows-vista", True)])
def test_a_home_line_passes_1492_bytes_and_its_router_says_nothing(stack: str, opens: bool) -> None:
    """PPPoE with the message "too large" filtered: on XP the certificate never comes, over the
    VPN, whose own packets are small, it works, and Vista finds out in both.
    """
    line: dict[str, Any] = {"kind": "dsl", "mtu_bytes": 1_492, "icmp": "dropped"}
    usual = {"groups__people__stack": stack, "groups__people__mailboxes": 1, "end": "08:40"}
    https = {"groups__people__policy": {"roh_flags": 0x2B, "tcp_fallback": False}}
    at_home = run(small(**usual, **https, places__here=line))
    assert ("connected" in words(at_home.states["state"])) is opens
    if not opens:
        assert set(words(of(at_home.attempts, outcome="failed")["failed_stage"])) == {"tls"}
    tunnel = {"kind": "vpn", "tunnel_bytes": 80, "mtu_bytes": 1_400}
    inside = run(small(**usual, places__here=tunnel))
    assert "connected" in words(inside.states["state"])


def test_a_firewall_that_forgets_after_ten_minutes_costs_an_online_reader_little_if_it_resets() -> (
    None
):
    """An old item now and then, online over TCP: with silence each call after a rest waits for the
    resends of a dead connection, with a reset for one round trip; a keep-alive below ten minutes
    leaves nothing to wait for.
    """
    rare = dict.fromkeys(("new_messages", "outside_messages", "folder_views", "searches"), 0.0)
    rare |= dict.fromkeys(("reply_share", "calendar_changes", "directory_look_ups"), 0.0)
    rare |= {"old_items_opened": 20.0, "shared_folder_views": 0.0, "patience_s": None}
    usual = {
        "groups__people__mode": "online", "groups__people__mailboxes": 2, "end": "12:00",
        "groups__people__requests": {"online_background_per_hour": 0.0},
        "groups__people__activity": small().groups["people"].habits.model_dump() | rare,
    }  # fmt: skip

    def waited_s(on_idle: str, **policy: float) -> float:
        office = {"kind": "lan", "idle_timeout_s": 600, "on_idle": on_idle}
        made = run(small(**usual, places__here=office, groups__people__policy=policy))
        return float(made.operations["wait_s"].sum())

    silent_s, reset_s = waited_s("silent"), waited_s("rst")
    kept_s = waited_s("silent", tcp_keep_alive_s=300.0)
    assert silent_s > 10.0 * reset_s
    assert kept_s <= reset_s < 3.0


# servers


def test_a_front_end_is_drained_before_its_maintenance_and_hardly_anybody_notices() -> None:
    """It is out of the pool for ten minutes, then shut down: what was still on it comes back on the
    other, no attempt meets the one that is away, and nobody is without a connection.
    """
    pool = {
        "servers__fe2": {"role": "front_end"}, "groups__people__front_end": ["fe1", "fe2"],
        "groups__people__pool_rule": "in_turn", "groups__people__mailboxes": 6,
        "groups__people__policy": {"roh_flags": 0x2B}, "end": "09:00",
    }  # fmt: skip
    drained = {"at": "08:20", "do": "drain", "server": "fe1", "for_s": 2_400}
    shut = {"at": "08:30", "do": "shutdown", "server": "fe1", "for_s": 1_800}
    made = run(small(**pool, events=[drained, shut]))
    down_s = 8 * 3600 + 1800.0
    stayed = made.connections[made.connections["start_s"] < QUARTER_S]
    assert set(words(stayed["server"])) == {"fe1", "fe2"}
    later = made.attempts[made.attempts["start_s"] >= down_s]
    assert len(later) > 0
    new = made.connections[made.connections["start_s"] >= down_s]
    assert set(words(new["server"])) == {"fe2"}
    assert set(words(later["outcome"])) == {"connected"}
    assert set(words(made.states["state"][made.states["end_s"] > down_s])) == {"connected"}


def test_a_virus_scanner_on_a_slow_store_is_felt_online_alone() -> None:
    """It takes most of a core: who works online waits for the store, who has a copy does not."""

    def waited_s(mode: str, operations_per_s: float) -> float:
        store = {
            "role": "mailbox", "profile": "exchange2003", "cores": 1, "mhz": 100,
            "other_operations_per_s": operations_per_s,
        }  # fmt: skip
        made = run(
            small(
                servers__mbx1=store,
                places__here={"kind": "lan"},
                groups__people__mode=mode,
                groups__people__mailboxes=2,
                groups__people__itinerary=[["08:02", "here"]],
                end="08:20",
            )
        )
        actions = of(made.operations, outcome="done")
        return float(actions[actions["kind"].astype(str) != "shared_folder"]["wait_s"].mean())

    assert waited_s("online", 30.0) > 2.0 * waited_s("online", 0.0)
    assert waited_s("cached", 30.0) == pytest.approx(waited_s("cached", 0.0), abs=0.05)


# people


def test_an_assistant_shuts_the_lid_over_lunch_while_four_calendars_change() -> None:
    """On waking each calendar is asked once; nothing was tried meanwhile, and the look at one needs
    no server.
    """
    made = run(
        small(
            beginning="cold",
            groups__people__client="outlook2007",
            groups__people__mailboxes=1,
            groups__people__shared_mailboxes=4,
            groups__people__shared_changes_per_day=200.0,
            groups__people__itinerary=[["08:05", "here"], ["08:40", "asleep"], ["09:10", "here"]],
            groups__people__itinerary_spread_s=0,
        )
    )
    shut_s, opened_s = 8 * 3600 + 2400.0, 9 * 3600 + 600.0
    shared = of(made.syncs, folder="shared")
    assert not shared["start_s"].between(shut_s, opened_s).any()
    asked = of(shared[shared["start_s"] > opened_s], trigger="connected")
    assert len(asked) == 4
    assert (asked["end_s"] < opened_s + 60.0).all()


def test_a_mailbox_is_moved_and_the_old_file_does_not_take_it_again() -> None:
    """The profile is from 2000, its file, never compacted, has five bytes for one: 430 of 450 MB
    come back and the rest stays on the server; so does new mail, and what is written goes.
    """
    made = run(
        small(
            groups__people__old_file=True,
            groups__people__file_to_mailbox=5.0,
            groups__people__mailbox_mb=450,
            groups__people__mailboxes=1,
            groups__people__itinerary=[["07:00", "office"]],
            places__office__down_kbps=1_000_000.0,
            places__office__rtt_ms=0.2,
            events=[{"at": "08:05", "do": "move_mailbox", "group": "people"}],
            end="10:00",
        )
    )
    first = of(made.syncs, kind="first")
    assert first["bytes"].sum() == pytest.approx(2**31 / 5.0, rel=0.05)
    assert "full" in words(first["outcome"])
    late = made.messages[made.messages["delivered_s"] > first["end_s"].max() + 60.0]
    assert words(of(late, recipient="people/1")["state"])[-1] == "delivered"
    sent = of(made.messages, sender="people/1")
    assert set(words(sent["state"])) <= {"sent", "delivered", "reached", "seen", "outbox"}
    assert "sent" in words(sent["state"])
