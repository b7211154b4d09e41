"""Files as other programs save them, seeds as other programs draw them."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import numpy as np
import pytest

import anywhere_sim as aw
from anywhere_sim import figures
from anywhere_sim.traces import RunError
from tests.statements.pairs import small

SCENARIO = """why = "How long does one person wait?"
start = "08:00"
end = "08:01"
[servers]
mbx1 = { role = "mailbox" }
[places]
home = { kind = "dsl" }
[groups.team]
mailboxes = 1
server = "mbx1"
itinerary = [["08:00", "home"]]
"""
STUDY = """why = "What does the mode change?"
scenario = "own.toml"
replications = 2
[factors.mode]
online = { "groups.team.mode" = "online" }
cached = { "groups.team.mode" = "cached" }
"""


def test_a_byte_order_mark_is_read_and_lines_may_end_as_on_windows(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(SCENARIO.replace("\n", "\r\n").encode("utf-8-sig"))
    loaded = aw.Scenario.load(str(tmp_path / "own.toml"))
    assert loaded.digest() == aw.Scenario.build(tomllib.loads(SCENARIO)).digest()


FILES = {
    "Latin-1": (f"# B\xfcro\n{SCENARIO}".encode("latin-1"), r"not in UTF-8 \(line 1\); save it"),
    "UTF-16": (SCENARIO.encode("utf-16"), "not in UTF-8 .*ANSI or Unicode"),
    "deep": (b"why = " + b"[" * 5000, "nested too deeply"),
    "digits": (b"why = " + b"1" * 5000, "is not valid TOML: "),
    "a long value": (
        SCENARIO.replace("08:01", "x" * 5000).encode(), r"end: 'x+ \.\.\. .*write one like"
    ),
    "a tab": (
        SCENARIO.replace('"dsl"', '"dsl", rate_trace = "C:\\traces\\r.csv"').encode(),
        "holds a tab, which a backslash makes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_another_file_is_refused_in_a_sentence_about_it(name: str, tmp_path: Path) -> None:
    content, said = FILES[name]
    (tmp_path / "own.toml").write_bytes(content)
    with pytest.raises(aw.ScenarioError, match=said) as refused:
        aw.Scenario.load(str(tmp_path / "own.toml"))
    assert len(str(refused.value)) < 800


def test_a_name_that_no_system_takes_is_a_file_that_is_not_there(tmp_path: Path) -> None:
    name = "x" * 300
    for load in (aw.Scenario.load, aw.Study.load):
        with pytest.raises(aw.ScenarioError, match="there is no"):
            load(f"{name}.toml")
    with pytest.raises(aw.ScenarioError, match="there is no link trace"):
        small(places__here__rate_trace=name)
    with pytest.raises(RunError, match="holds no run"):
        aw.Run.load(tmp_path / name)
    with pytest.raises(RunError, match="could not be written"):
        aw.simulate(small(end="08:01"), 1, folder=tmp_path / name)


def test_a_study_finds_its_scenario_beside_it(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8-sig")
    study = aw.Study.load(os.path.relpath(tmp_path / "study.toml"))
    assert study.plan.scenario == str(tmp_path / "own.toml")
    assert len(study.plan.scenarios()) == 2


def test_seeds_are_whole_numbers_of_any_type() -> None:
    scenario = small(end="08:01")
    for seed in (7, np.int64(7), np.uint8(7)):
        made = aw.simulate(scenario, seed, np.int32(0)).manifest  # type: ignore[arg-type]
        assert (type(made["seed"]), made["seed"], made["replication"]) == (int, 7, 0)
    for wrong in (7.5, 7.0, True, np.True_, "7", None, -1, 2**64, 10**5000, np.array([7, 8])):
        with pytest.raises(ValueError, match=r"^seed = .{1,45}: must be a whole number from 0 to"):
            aw.simulate(scenario, wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="replication = "):
        aw.simulate(scenario, 7, 2**31)


def test_runs_that_are_none_are_not_compared() -> None:
    with pytest.raises(RunError, match="no runs to compare"):
        aw.compare([], [])


def test_a_dollar_sign_in_the_name_of_a_place_is_a_letter() -> None:
    scenario = small(end="08:20")
    place = "cost_$1_$2^"
    content = scenario._written | {"places": {place: {"kind": "lan"}}}
    people = content["groups"]["people"] | {"itinerary": [["08:00", place]]}
    run = aw.simulate(aw.Scenario.build(content | {"groups": {"people": people}}), 1)
    figures.day(run.states, run.syncs, run.operations)._repr_png_()
