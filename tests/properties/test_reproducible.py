"""Same bytes, common random numbers, and books that balance whatever is simulated."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import anywhere_sim as aw
from anywhere_sim.scenario.catalog import KINDS
from anywhere_sim.traces import TABLES
from tests.statements.pairs import small
from tests.support import simulate

PLACES = sorted(KINDS)
PEOPLE = {
    "client": "outlook2003",
    "mode": "cached",
    "server": "mbx1",
    "activity": "heavy",
    "itinerary": [["08:05", "here"]],
}
CLIENTS = st.sampled_from(
    [
        ("outlook2002", "online"),
        ("outlook2002", "offline_ost"),
        ("outlook2003", "online"),
        ("outlook2003", "cached"),
        ("outlook2003", "offline_ost"),
        ("outlook2007", "online"),
        ("outlook2007", "cached"),
    ]
)
EVENTS = st.sampled_from(
    [
        {"do": "crash", "server": "fe1"},
        {"do": "shutdown", "server": "mbx1"},
        {"do": "restart", "server": "mbx1"},
        {"do": "crash", "server": "mbx1"},
        {"do": "cut", "place": "here"},
        {"do": "gap", "place": "here"},
        {"do": "cut", "place": "there"},
    ]
)


@st.composite
def scenarios(draw: st.DrawFn) -> aw.Scenario:
    client, mode = draw(CLIENTS)
    minute, back = draw(st.integers(6, 25)), draw(st.integers(26, 50))
    policy = {
        "roh_flags": draw(st.sampled_from([0x0, 0x1, 0x3, 0x23, 0x2B])),
        "http_auth": draw(st.sampled_from(["ntlm", "basic"])),
        "backoff": draw(st.sampled_from(["none", "fixed", "doubling"])),
        "speed_rule": draw(st.sampled_from(["adapter", "measured"])),
        "download": draw(st.sampled_from(["full", "headers_then_full", "headers"])),
        "keep_alive_s": draw(st.sampled_from([120.0, 720.0])),
        "ost_schedule_s": 600.0,
        "channels_parallel": draw(st.booleans()),
        "nodelay": draw(st.booleans()),
        "expect_100": draw(st.booleans()),
    }
    group = {
        "mailboxes": 2,
        "client": client,
        "mode": mode,
        "activity": "very_heavy",
        "server": "mbx1",
        "policy": policy,
        "mailbox_mb": 1,
        "set_up": draw(st.booleans()),
        "itinerary": [
            ["08:02", "here"],
            [f"08:{minute:02d}", "there"],
            [f"08:{back:02d}", draw(st.sampled_from(["here", "off"]))],
        ],
    }
    event = draw(EVENTS) | {
        "at": f"08:{draw(st.integers(5, 55)):02d}",
        "for_s": draw(st.sampled_from([20, 200, 900])),
    }
    here: dict[str, Any] = {
        "kind": draw(st.sampled_from(PLACES)),
        "web": draw(st.sampled_from(["direct", "proxy", "portal", "none"])),
    }
    if draw(st.booleans()):
        here |= {"loss": 0.02, "jitter_ms": 20, "cut_every_s": 400}
    return small(
        end="09:00",
        servers__mbx1__profile=draw(st.sampled_from(["exchange2003", "exchange2007"])),
        places={
            "here": here,
            "there": {
                "kind": draw(st.sampled_from(PLACES)),
                "port_135": draw(st.sampled_from(["open", "refuse", "drop"])),
            },
        },
        groups={"people": group},
        events=[event],
        beginning=draw(st.sampled_from(["settled", "cold"])),
    )


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(scenarios())
def test_books_balance_and_runs_repeat(scenario: aw.Scenario) -> None:
    run, again = aw.simulate(scenario, 5), aw.simulate(scenario, 5)
    assert run.audit().ok, str(run.audit())
    assert run.manifest == again.manifest
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(run, name), getattr(again, name))


def test_a_mailbox_added_in_another_site_changes_no_byte_of_this_one() -> None:
    def site(others: int) -> aw.Run:
        servers = {"mbx1": {"role": "mailbox"}, "mbx2": {"role": "mailbox"}}
        other = PEOPLE | {
            "server": "mbx2",
            "community": "other",
            "mailboxes": others,
            "itinerary": [["08:05", "office"]],
        }
        groups = {
            "others": other,
            "people": PEOPLE
            | {"mailboxes": 2, "community": "mine", "itinerary": [["08:05", "office"]]},
        }
        return simulate(small(servers=servers, groups=groups), 2)

    few, many = site(2), site(3)
    for name in TABLES:
        left, right = (getattr(run, name) for run in (few, many))
        left, right = (
            frame[frame["site"].astype(str) == "mbx1"].astype({"site": str}).reset_index(drop=True)
            for frame in (left, right)
        )
        assert left.astype(str).equals(right.astype(str)), name


def test_sites_side_by_side_are_the_same_bytes_as_one_after_another(tmp_path: Path) -> None:
    servers = {f"mbx{number}": {"role": "mailbox"} for number in (1, 2, 3)}
    group = PEOPLE | {"mailboxes": 2, "itinerary": [["08:05", "office"]]}
    groups = {
        f"people{number}": group | {"server": f"mbx{number}", "community": f"town{number}"}
        for number in (1, 2, 3)
    }
    scenario = small(servers=servers, groups=groups)
    aw.simulate(scenario, 2, folder=tmp_path / "one")
    with ProcessPoolExecutor(2) as pool:
        aw.simulate(scenario, 2, folder=tmp_path / "two", executor=pool)
        joined = aw.simulate(scenario, 2, executor=pool)
    one, two = (
        {
            path.name: path.read_bytes()
            for path in (tmp_path / name).iterdir()
            if path.name != "provenance.json"
        }
        for name in ("one", "two")
    )
    assert len([name for name in one if name.startswith("attempts-")]) == 3
    assert one == two
    assert joined.manifest == aw.simulate(scenario, 2).manifest


def test_a_mailbox_added_in_another_community_changes_no_message() -> None:
    def messages(others: int) -> pd.DataFrame:
        groups = {
            "others": PEOPLE | {"community": "other", "mailboxes": others},
            "people": PEOPLE | {"mailboxes": 3, "community": "mine"},
        }
        frame = aw.simulate(small(groups=groups, end="11:00"), 2).messages
        mine = frame[frame["recipient"].astype(str).str.startswith("people/")]
        return (
            mine[["message", "parent", "size_bytes"]].sort_values("message").reset_index(drop=True)
        )

    pd.testing.assert_frame_equal(messages(2), messages(4))


def test_policies_meet_the_same_people_and_messages() -> None:
    def messages(mode: str) -> set[int]:
        frame = aw.simulate(small(groups__people__mode=mode, end="12:00"), 4).messages
        return set(frame[frame["origin"].astype(str) != "reply"]["message"])

    assert messages("online") == messages("cached")


@pytest.mark.parametrize("replication", [0, 1])
def test_a_replication_can_be_made_alone(replication: int) -> None:
    first = aw.simulate(small(), 6, replication)
    other = aw.simulate(small(), 6, 1 - replication)
    assert set(first.messages["replication"]) == {replication}
    assert set(first.messages["message"]) == set(
        aw.simulate(small(), 6, replication).messages["message"]
    )
    assert (
        len(first.messages) != len(other.messages)
        or first.messages["size_bytes"].sum() != other.messages["size_bytes"].sum()
    )
