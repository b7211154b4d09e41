"""A scenario is built again from what it says: as TOML, and from the folder of its run."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import anywhere_sim as aw
from anywhere_sim.scenario.as_written import plain
from anywhere_sim.scenario.shipped import scenario_names
from tests.properties.random_scenarios import scenario as drawn
from tests.statements.pairs import small


def same(first: aw.Scenario, again: aw.Scenario) -> None:
    assert again.model_dump() == first.model_dump()
    assert again.digest() == first.digest()


def same_words(first: aw.Scenario, again: aw.Scenario) -> None:
    """Nothing was filled in: another kind or profile still brings its own numbers."""
    same(first, again)
    assert plain(again.written()) == plain(first.written())


def by_toml(scenario: aw.Scenario) -> aw.Scenario:
    return aw.Scenario.build(tomllib.loads(scenario.to_toml()), scenario._folder)


@pytest.mark.parametrize("name", scenario_names())
def test_a_shipped_scenario(name: str) -> None:
    same_words(aw.Scenario.load(name), by_toml(aw.Scenario.load(name)))


def test_a_hundred_drawn_scenarios() -> None:
    for number in range(100):
        given, _ = drawn(number)
        same_words(given, by_toml(given))


@pytest.mark.long
def test_a_thousand_drawn_scenarios() -> None:
    for number in range(1_000):
        given, _ = drawn(number)
        same_words(given, by_toml(given))


@pytest.mark.parametrize(
    "changes",
    [
        {"why": 'quotes " and \\ and\n\x7f and é and 😀'},
        {"groups__people__itinerary": (("08:10", "here"), ("08:30:15", "office"))},
        {"events": [{"at": "08:20", "do": "crash", "server": "mbx1", "for_s": 60}]},
        {"places__here__idle_timeout_s": 120.0, "groups__people__policy": {"roh_flags": 0x2B}},
        {"groups__people__activity__reading_s": 5.0},
    ],
)
def test_what_was_written_stays(changes: dict[str, Any]) -> None:
    same(small(**changes), by_toml(small(**changes)))


def test_what_toml_has_no_word_for_is_refused() -> None:
    with pytest.raises(aw.ScenarioError, match="no word for None"):
        small(groups__people__activity__patience_s=None).to_toml()


def test_a_run_gives_its_scenario_back(tmp_path: Path) -> None:
    given = small(end="08:12", groups__people__policy={"backoff": "fixed"})
    run = aw.simulate(given, 3, folder=tmp_path / "run")
    again = aw.Scenario.from_run(tmp_path / "run")
    same_words(given, again)
    assert aw.simulate(again, 3).manifest["digest"] == run.manifest["digest"]
    faster = again.with_(places__here__kind="lan")
    assert (
        faster.places["here"].rtt_ms == given.with_(places__here__kind="lan").places["here"].rtt_ms
    )


def test_a_recording_that_has_changed_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "ride.csv").write_text("time_s,kbps\n0,900\n60,300\n", encoding="utf-8")
    content = small(end="08:12").written()
    content["places"]["here"]["rate_trace"] = "ride.csv"
    given = aw.Scenario.build(content, tmp_path)
    aw.simulate(given, 3, folder=tmp_path / "run")
    same(given, aw.Scenario.from_run(tmp_path / "run", recordings=tmp_path))
    (tmp_path / "ride.csv").write_text("time_s,kbps\n0,900\n60,400\n", encoding="utf-8")
    with pytest.raises(aw.ScenarioError, match="has changed since"):
        aw.Scenario.from_run(tmp_path / "run", recordings=tmp_path)


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(aw.ScenarioError, match="holds no run"):
        aw.Scenario.from_run(tmp_path)
