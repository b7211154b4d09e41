"""Several servers behind one name: who gets which, and when one of them is away."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.report.describe import describe
from tests.statements.pairs import run, small, words

EIGHT, NINE = 8 * 3600.0, 9 * 3600.0


def farm(rule: str, **changes: Any) -> aw.Scenario:
    """Return eight people in their homes before two front ends, from 08:05 on."""
    usual: dict[str, Any] = {
        "end": "08:12",
        "servers__fe2": {"role": "front_end"},
        "groups__people__front_end": ["fe1", "fe2"],
        "groups__people__pool_rule": rule,
        "groups__people__mailboxes": 8,
        "groups__people__itinerary": [["08:05", "here"]],
        "groups__people__policy": {"roh_flags": 0x2B},
        "places__here": {"kind": "cable"},
    }
    return small(**usual | changes)


def users(made: aw.Run) -> dict[str, Counter[str]]:
    """Return how many connections each person had with each front end."""
    found: dict[str, Counter[str]] = {}
    for mailbox, server in zip(
        made.connections["mailbox"], made.connections["server"], strict=True
    ):
        found.setdefault(str(mailbox), Counter())[str(server)] += 1
    return found


def test_rules_of_a_pool() -> None:
    """In turn, and to the fewest, each person's connections are spread; by address they are
    together, and people in their homes are spread.
    """
    for rule in ("in_turn", "least_connections"):
        made = users(run(farm(rule)))
        assert sum(len(servers) == 2 for servers in made.values()) >= 7
        total = sum(made.values(), Counter())
        assert abs(total["fe1"] - total["fe2"]) <= 4
    by_address = users(run(farm("by_client_address")))
    assert all(len(servers) == 1 for servers in by_address.values())
    assert {next(iter(servers)) for servers in by_address.values()} == {"fe1", "fe2"}


def test_who_shares_a_public_address_shares_a_front_end() -> None:
    """A partner's network and a hotspot are one address outside; a home can be made one too."""
    for place in ({"kind": "partner_lan"}, {"kind": "cable", "one_public_address": True}):
        made = run(farm("by_client_address", places__here=place))
        assert len(set(words(made.connections["server"]))) == 1


def test_a_member_that_is_away_is_left_out_after_the_next_health_check() -> None:
    """Until then new connections still go to it, and find nobody."""
    crash = {"at": "08:03:01", "do": "crash", "server": "fe1", "for_s": 600}

    def failed(health_check_s: float) -> int:
        made = run(farm("in_turn", events=[crash], groups__people__health_check_s=health_check_s))
        return int((made.attempts["failed_stage"] == "tcp").sum())

    assert failed(30.0) == 0
    assert failed(600.0) > 4


def test_a_member_that_is_drained_keeps_what_it_has_and_gets_nothing_new() -> None:
    drain = {"at": "08:03", "do": "drain", "server": "fe1", "for_s": 3600}
    made = run(farm("in_turn", events=[drain]))
    assert set(words(made.connections["server"])) == {"fe2"}
    early = {"groups__people__itinerary": [["07:00", "here"]]}
    kept = run(farm("in_turn", events=[drain], **early)).connections
    assert "fe1" in words(kept["server"])
    assert "fe1" not in words(kept[kept["start_s"] > EIGHT + 180.0]["server"])
    with pytest.raises(aw.ScenarioError, match="in no pool"):
        small(events=[drain])


def two_directories(**changes: Any) -> aw.Scenario:
    """Return six people in the office who look names up, and two directories."""
    usual: dict[str, Any] = {
        "servers__gc1": {"role": "directory"},
        "servers__gc2": {"role": "directory"},
        "groups__people__mode": "online",
        "groups__people__mailboxes": 4,
        "groups__people__itinerary": [["08:05", "office"]],
        "groups__people__policy": {"roh_flags": 0},
        "groups__people__activity": {
            "new_messages": 2, "reply_share": 0, "outside_messages": 2, "folder_views": 0,
            "old_items_opened": 0, "directory_look_ups": 150,
        },
        "events": [{"at": "08:30", "do": "crash", "server": "gc1", "for_s": 3600}],
    }  # fmt: skip
    return small(**usual | changes)


def test_people_are_referred_to_another_directory() -> None:
    """With one directory every look-up fails while it is away; with a pool those who were referred
    to it are referred to the other at the next try.
    """

    def failed(scenario: aw.Scenario) -> float:
        done = run(scenario).operations
        during = done[(done["kind"] == "look_up") & (done["start_s"] > EIGHT + 1800.0)]
        assert len(during) > 20
        return float((during["outcome"] != "done").mean())

    assert failed(two_directories()) > 0.9
    both = {"groups__people__directory": ["gc1", "gc2"]}
    assert failed(two_directories(**both)) < 0.1


def test_each_member_of_a_pool_has_its_own_relay() -> None:
    """What stands before one front end refuses, what stands before the other passes: half of the
    attempts fail, and every connection is at the other.
    """
    refuses = {"servers__fe1__relay": "nginx", "servers__fe2__relay": "haproxy-no-delay"}
    made = run(farm("in_turn", **refuses))
    assert set(words(made.connections["server"])) == {"fe2"}
    assert (made.attempts["outcome"] == "failed").sum() > 4


def test_people_are_referred_to_another_site_when_their_own_has_no_directory() -> None:
    """The near one takes all while it answers; a look-up in the other site costs the WAN both ways,
    and so does each round trip of the connection to it.
    """
    made = run(
        two_directories(
            groups__people__directory=["gc2", "gc1"], servers__gc2__site_delay_ms=200,
            groups__people__pool_rule="in_turn", record_rpcs=True,
        )
    )  # fmt: skip
    found = made.connections[made.connections["service"].astype(str) == "directory"]
    away_s = EIGHT + 1800.0
    assert set(words(found["server"][found["start_s"] < away_s])) == {"gc1"}
    assert set(words(found["server"][found["start_s"] > away_s + 60.0])) == {"gc2"}
    calls = made.rpcs.merge(found[["connection", "server"]], on="connection")
    took_s = (calls["end_s"] - calls["start_s"]).groupby(calls["server"].astype(str)).median()
    assert took_s["gc2"] - took_s["gc1"] == pytest.approx(2 * 0.200, abs=0.02)
    far = made.attempts["attempt"].isin(found["attempt"][found["server"].astype(str) == "gc2"])
    took_s = (made.attempts["end_s"] - made.attempts["start_s"])[far]
    assert took_s.min() > 7 * 2 * 0.200
    with pytest.raises(aw.ScenarioError, match="a directory alone may stand in another site"):
        small(servers__mbx1__site_delay_ms=50)


def test_what_nobody_uses_is_named() -> None:
    said = describe(two_directories())
    assert "nobody uses server gc2 (directory)" in said
    assert "the first one; a list is a pool" in said
    pool = describe(two_directories(groups__people__directory=["gc1", "gc2"]))
    assert "nobody uses" not in pool.replace("nobody uses server fe1", "")


def test_days_without_an_itinerary_are_named() -> None:
    two_days = {"start": "08:00", "end": "48:00"}
    once, again = small(**two_days), small(**two_days, groups__people__days=["mon", "tue"])
    said = "itinerary of group people ends on day 1: from 08:10:00 on they are at 'here'"
    assert said in describe(once)
    assert "ends on day 1" not in describe(again)
    assert "ends on day 1" not in describe(small())
