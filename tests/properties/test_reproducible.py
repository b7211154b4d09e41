"""Same bytes, common random numbers, and books that balance whatever is simulated."""

from __future__ import annotations

import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

import anywhere_sim as aw
from anywhere_sim.traces import TABLES
from tests.properties.random_scenarios import PAGE, scenario
from tests.statements.pairs import small
from tests.support import simulate

PEOPLE = {
    "client": "outlook2003",
    "mode": "cached",
    "server": "mbx1",
    "activity": "heavy",
    "itinerary": [["08:05", "here"]],
}


@pytest.mark.parametrize("number", range(12))
def test_books_balance_and_runs_repeat(number: int) -> None:
    """A handful of the random scenarios; `make random-scenarios` runs them all."""
    given, _ = scenario(number)
    run = simulate(given, 5)
    assert run.audit().ok, str(run.audit())
    assert run.states["end_s"].max() == given.end
    if number % 3:
        return
    again = simulate(given, 5)
    assert run.manifest == again.manifest
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(run, name), getattr(again, name))


def test_every_key_that_can_be_drawn_is_drawn_and_counted() -> None:
    """Among the first 200; the page has what all of them drew."""
    drawn = {key for number in range(200) for key in scenario(number)[1]}
    assert {
        "queue_bytes", "mtu_bytes", "icmp", "on_idle", "relay", "pool_rule", "health_check_s",
        "drain", "unreachable", "high_ports", "asleep", "days", "whole_book", "move_mailbox",
        "other_operations_per_s", "call_repeats", "tcp_keep_alive_s", "patience_s",
        "directory_entries", "flag 0x4", "old_file", "shared_mailboxes", "set_up",
    } <= drawn  # fmt: skip
    counted = re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert drawn <= set(counted)


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
