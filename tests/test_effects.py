"""What is accepted has an effect or is named: what nothing reads can be taken out of a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.report.describe import effect_notes
from anywhere_sim.scenario.policy import Policy
from anywhere_sim.scenario.reading import noting
from anywhere_sim.traces.schema import TABLES
from tests.statements.pairs import small

WRITTEN: dict[str, Any] = {
    "groups__people__policy__poll_s": 71.0,
    "groups__people__policy__keep_alive_s": 333.0,
    "groups__people__policy__tcp_keep_alive_s": 3_000.0,
    "groups__people__policy__hold_off_up_s": 20.0,
    "groups__people__mailbox_mb": 90.0,
    "groups__people__policy__hold_off_down_s": 31.0,
    "groups__people__policy__backoff_jitter": 0.1,
    "groups__people__policy__address_book_every_s": 3_600.0,
    "places__here__cut_every_s": 900.0,
    "places__here__cut_for_s": 20.0,
    "places__here__idle_timeout_s": 1_800.0,
    "places__hotel": {"kind": "wifi", "loss": 0.01},
    "events": [{"at": "23:00", "do": "crash", "server": "mbx1", "for_s": 5}],
}


def _without(content: dict[str, Any], path: str) -> None:
    *tables, last = path.split(".")
    inner: Any = content
    for name in tables:
        inner = inner[int(name) if name.isdigit() else name]
    del inner[int(last) if last.isdigit() else last]


@pytest.mark.parametrize("mode", ["online", "cached"])
@pytest.mark.parametrize("kind", ["lan", "dsl"])
def test_what_is_named_can_be_taken_out_and_nothing_changes(mode: str, kind: str) -> None:
    chosen = small(
        places__here__kind=kind, groups__people__mode=mode, groups__people__mailboxes=3, end="09:00"
    ).with_(**WRITTEN)
    run = aw.simulate(chosen, 1)
    named = run.manifest["without_effect"]
    assert {"events.0", "places.hotel"} < set(named)
    assert "places.here.idle_timeout_s" not in named  # it fills a range, which is read
    assert ("groups.people.policy.hold_off_up_s" in named) == (mode == "online")
    assert ("groups.people.mailbox_mb" in named) == (mode == "online")
    assert ("groups.people.policy.poll_s" in named) == (kind == "lan")
    content = chosen.written()
    for path in named:
        _without(content, path)
    other = aw.simulate(aw.Scenario.build(content), 1)
    assert other.manifest["without_effect"] == []
    for name in TABLES:
        assert getattr(run, name).equals(getattr(other, name)), name


def test_an_event_after_the_end_of_a_run_is_said_to_be() -> None:
    late = small(end="08:10", events=[{"at": "08:30", "do": "cut", "place": "here", "for_s": 5.0}])
    run = aw.simulate(late, 1)
    said = [*effect_notes(run.manifest["without_effect"], "this run", late)]
    assert "Note: events.0 (cut at 08:30) has no effect: the run ends at 08:10." in said


def test_each_key_of_a_policy_is_read_or_named() -> None:
    """Each of its keys, written with the value that it has anyway."""
    chosen = small(groups__people__mode="online", groups__people__mailboxes=2, end="08:20")
    usual = {
        f"groups__people__policy__{name}": value
        for name, value in chosen.groups["people"].policy.model_dump().items()
        if value is not None
    }
    run = aw.simulate(chosen.with_(**usual), 1)
    prefix = "groups.people.policy."
    unread = run.manifest["without_effect"]
    named = {path.removeprefix(prefix) for path in unread if path.startswith(prefix)}
    assert named < set(Policy.model_fields)
    assert {"hold_off_up_s", "hold_off_down_s"} <= named  # of cached mode
    assert named.isdisjoint({"roh_flags", "slow_threshold_kbps"})


def test_a_copy_that_notes_is_like_the_original() -> None:
    read: set[str] = set()
    original = small()
    copy = noting(original, read)
    assert isinstance(copy, aw.Scenario)
    assert read == set()
    assert copy == original
    assert hash(copy.places["here"]) == hash(original.places["here"])
    assert copy.groups["people"].policy.poll_s == original.groups["people"].policy.poll_s
    assert read == {"places", "groups", "groups.people.policy", "groups.people.policy.poll_s"}
    assert copy.model_dump() == original.model_dump()


def test_a_strict_run_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    content = small(
        groups__people__mode="online", groups__people__mailboxes=2, end="08:20"
    ).written()
    del content["places"]["office"]  # where nobody goes
    chosen = aw.Scenario.build(content)
    aw.simulate(chosen, 1, strict=True)
    odd = chosen.with_(groups__people__policy__hold_off_up_s=20.0)
    with pytest.raises(aw.ScenarioError, match=r"policy\.hold_off_up_s has no effect"):
        aw.simulate(odd, 1, folder=tmp_path / "run", strict=True)
    assert list(tmp_path.iterdir()) == []
