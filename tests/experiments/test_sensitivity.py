"""One-at-a-time sensitivity analysis: inputs set to the ends of their range."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

from anywhere_sim.experiments import Study
from anywhere_sim.experiments.plan import Plan, Range
from anywhere_sim.experiments.sensitivity import BASELINE, sensitivity, stored_table
from anywhere_sim.figures.study import tornado
from anywhere_sim.report.sensitivity import pictures, sentence, signs, tornado_table
from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.scenario.shipped import data_folder


def plan() -> Plan:
    """Two people at a branch for an hour, and one uncertain input."""
    content = {
        "why": "a test",
        "scenario": "one-core-branch",
        "replications": 5,
        "settings": {"end": "09:00", "groups.people.mailboxes": 2},
        "factors": {
            "mode": {
                "online": {"groups.people.mode": "online"},
                "cached": {"groups.people.mode": "cached"},
            }
        },
        "sensitivity": {
            "windows": {
                "key": "groups.people.activity.opened_in_window_share",
                "low": 0.3,
                "high": 0.9,
            }
        },
    }
    return Plan.model_validate(content)


def test_each_end_is_the_study_with_that_input(tmp_path: Path) -> None:
    table = sensitivity(plan(), tmp_path, 2)
    assert set(zip(table["input"], table["end"], strict=True)) == {
        (BASELINE, BASELINE),
        ("windows", "low"),
        ("windows", "high"),
    }
    by_hand = plan().model_copy(update={"replications": 2, "sensitivity": {}})
    by_hand = by_hand.model_copy(
        update={
            "settings": {**by_hand.settings, "groups.people.activity.opened_in_window_share": 0.9}
        }
    )
    expected = Study(by_hand).run(tmp_path / "by-hand").contrasts()
    high = table[table["end"] == "high"].reset_index(drop=True)
    pd.testing.assert_series_equal(high["difference"], expected["difference"])
    given = table[table["end"] == BASELINE].set_index("measure")["difference"]
    low, moved = (
        table[table["end"] == end].set_index("measure")["difference"] for end in ("low", "high")
    )
    pd.testing.assert_series_equal(given, low)  # the activity's own number is 0.3
    assert moved["bytes down"] < given["bytes down"]


def test_a_reversed_sign_is_named() -> None:
    rows = [
        {
            "input": name,
            "end": end,
            "value": value,
            "contrast": "b - a",
            "measure": "RPC calls",
            "unit": "1/s",
            "difference": difference,
            "low": difference - 1,
            "high": difference + 1,
        }
        for name, end, value, difference in (
            (BASELINE, BASELINE, "", 5.0),
            ("one", "low", "0", 4.0),
            ("one", "high", "9", 6.0),
            ("two", "low", "0", 5.0),
            ("two", "high", "9", -2.0),
            ("word", "low", "operation", 5.0),
            ("word", "high", "call", 3.0),
        )
    ]
    table = pd.DataFrame(rows)
    assert tornado_table(table).loc[("b - a", "RPC calls", "1/s", "two"), "result at high"] == -2.0
    shown = tornado_table(table).loc[("b - a", "RPC calls", "1/s")]
    assert shown.loc["two", "high"] == 9.0
    assert shown.loc["word", "high"] == "call"
    panel = tornado(shown, "1/s").axes[0]
    assert {"call", "operation", "9"} <= {text.get_text() for text in panel.texts}
    assert signs(table)["reversed by"].tolist() == ["two"]
    assert sentence(table).endswith("reversed are B instead of a, RPC calls by two.")
    assert pictures(table) == []  # nothing is said of waiting


def test_the_stored_table_is_shown_for_its_own_plan_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reference").mkdir()
    stored = pd.DataFrame({"input": [BASELINE, "windows"], "plan": [plan().digest()] * 2})
    stored.to_csv(tmp_path / "reference/sensitivity.csv", index=False)
    monkeypatch.setattr(sys.modules[stored_table.__module__], "data_folder", lambda: tmp_path)
    shown = stored_table(plan())
    assert shown is not None
    assert set(shown["input"]) == {BASELINE, "windows"}
    assert stored_table(Study.load("path-and-cache").plan) is None


def test_a_shipped_table_is_of_the_shipped_plan() -> None:
    """An older one is taken out until `make sensitivity` has made it again."""
    path = data_folder() / "reference/sensitivity.csv"
    digest = Study.load("path-and-cache").plan.digest()
    assert not path.is_file() or set(pd.read_csv(path)["plan"]) == {digest}


def test_a_study_without_uncertain_inputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no table `sensitivity`"):
        sensitivity(plan().model_copy(update={"sensitivity": {}}), tmp_path, 2)


def test_an_input_that_every_cell_sets_or_that_is_unknown_is_refused_before_anything_runs(
    tmp_path: Path,
) -> None:
    for key, said in (
        ("groups.people.activity.fetches", "unknown key 'fetches'"),
        ("servers.nobody.mhz", "nobody"),
    ):
        moved = plan().model_copy(update={"sensitivity": {"it": Range(key=key, low=1, high=2)}})
        with pytest.raises(ScenarioError, match=said):
            sensitivity(moved, tmp_path, 2)
    settings = {
        "settings": {"groups.people.mailboxes": 2},
        "factors": {"size": {"a": {"servers.mbx1.disks": 1}, "b": {"servers.mbx1.disks": 2}}},
    }
    overwritten = plan().model_copy(
        update=settings
        | {"sensitivity": {"disks": Range(key="servers.mbx1.disks", low=1, high=60)}}
    )
    with pytest.raises(ScenarioError, match="changes nothing"):
        sensitivity(overwritten, tmp_path, 2)
    assert not list(tmp_path.iterdir())


def test_one_number_of_a_named_activity_can_be_changed() -> None:
    given = Scenario.load("one-core-branch")
    varied = given.with_(groups__people__activity__opened_in_window_share=0.9)
    twice = varied.with_(groups__people__activity__searches=9)
    assert (
        twice.groups["people"].habits.searches,
        twice.groups["people"].habits.opened_in_window_share,
    ) == (9, 0.9)
    assert varied.groups["people"].habits == given.groups["people"].habits.model_copy(
        update={"opened_in_window_share": 0.9}
    )
