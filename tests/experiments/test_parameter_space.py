"""All uncertain inputs at once: which ones, within which ranges, and what a sweep leaves."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from anywhere_sim.experiments import Study
from anywhere_sim.experiments.parameter_space import (
    POINTS,
    Design,
    digest,
    inputs_of,
    parameter_space,
    run,
    stored_space,
)
from anywhere_sim.experiments.plan import Plan
from anywhere_sim.experiments.space_inputs import ALSO, EXCLUDED, SWITCHES, Input, inputs
from anywhere_sim.report.assumptions import assumptions
from anywhere_sim.report.sensitivity import space_page, space_picture, space_table, space_verdict
from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.scenario.shipped import data_folder
from anywhere_sim.traces import RunError
from tests.mechanisms.rows import ROOT


def plan() -> Plan:
    """Two people for twenty minutes, in both modes."""
    shipped = Study.load("path-and-cache").plan
    assert shipped.parameter_space is not None
    small = {
        "points": 3, "trajectories": 2,
        "settings": {"end": "08:40", "groups.people.mailboxes": 2},
        "paths": {
            "office": {"groups.people.itinerary": [["08:20", "office"]]},
            "home": {"groups.people.itinerary": [["08:20", "home"]]},
        },
    }  # fmt: skip
    space = type(shipped.parameter_space).model_validate(small)
    return shipped.model_copy(update={"parameter_space": space})


def two_inputs() -> Design:
    """The design over two inputs: ten points."""
    wanted = ("groups.people.requests.start_calls", "servers.mbx1.rpc_mcycles_per")
    return Design.of(plan(), tuple(each for each in inputs_of(plan()) if each.key in wanted))


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("space")
    return folder, run(two_inputs(), folder)


def test_every_uncertain_number_is_an_input_or_is_left_out_with_a_reason() -> None:
    """Of the clients, servers, mail and places of the shipped space, and constants of modules."""
    table = assumptions()
    table = table[(table["mark"] != "documented") & table["low"].notna()]
    shipped = Study.load("path-and-cache").plan
    found = {each.key.rsplit(".", 1)[1] for each in inputs_of(shipped)}
    base = shipped.base()
    profiles = {server.profile for server in base.servers.values() if server.role != "directory"}
    kinds = {"lan", "cable"}
    of_calls = {"up_bytes": "call_bytes_factor", "down_bytes": "call_bytes_factor",
                "pages": "call_pages_factor", "writes": "call_pages_factor"}  # fmt: skip
    forgotten = []
    for part, number in zip(table["part"], table["number"], strict=True):
        kind, _, of = part.partition(" ")
        if of and kind in ("server", "place") and of not in profiles | kinds:
            continue
        name = of_calls.get(number, number) if kind == "call" else number
        if name not in found and f"{kind}.{name}" not in EXCLUDED:
            forgotten.append(f"{part}.{name}")
    assert forgotten == []


def test_what_is_left_out_or_added_is_there() -> None:
    """No reason stands for a number that has gone."""
    table = assumptions()
    known = {
        f"{part.partition(' ')[0]}.{number}"
        for part, number in zip(table["part"], table["number"], strict=True)
    }
    assert {*EXCLUDED, *ALSO, *SWITCHES} - known == set()


def test_an_input_goes_from_end_to_end_with_its_usual_value_in_the_middle() -> None:
    whole = Input("a.b_calls", 3, 1, 9)
    assert [whole.value(at) for at in (0.0, 0.25, 0.5, 0.75, 1.0)] == [1, 2, 3, 6, 9]
    at_its_end = Input("a.share", 0.0, 0.0, 0.3)
    assert [at_its_end.value(at) for at in (0.0, 0.5, 1.0)] == pytest.approx([0.0, 0.0, 0.3])
    switch = Input("a.rides", False, False, True)
    assert [switch.value(at) for at in (0.0, 1 / 3, 0.5, 2 / 3, 1.0)] == [False] * 3 + [True] * 2


def test_points_lie_in_their_ranges_and_the_first_is_the_model_as_it_is() -> None:
    design = Design.of(plan())
    assert len(design.inputs) > 70
    assert len(design.cube) == 1 + 3 + 2 * (len(design.inputs) + 1)
    assert design.settings(0) == {each.key: each.usual for each in design.inputs}
    for each, column in zip(design.inputs, design.cube.T, strict=True):
        for value in map(each.value, column):
            assert value in (each.low, each.high) or each.low <= value <= each.high
    hypercube = design.cube[1:4]
    assert (np.sort((hypercube * 3).astype(int), axis=0) == [[0], [1], [2]]).all()
    assert np.array_equal(design.cube, Design.of(plan()).cube)


def test_every_key_is_one_of_the_scenario() -> None:
    base = Scenario.load("one-core-branch")
    keys = [each.key for each in inputs(base)]
    assert len(keys) == len(set(keys))
    design = Design.of(plan())
    changes = {key.replace(".", "__"): value for key, value in design.settings(2).items()}
    assert base.with_(**changes).digest() != base.digest()


def test_a_sweep_says_share_corner_and_what_matters(swept: tuple[Path, pd.DataFrame]) -> None:
    table = swept[1][swept[1]["path"] == "office"].set_index("conclusion")
    calls, cpu = table.loc["calls"], table.loc["store CPU"]
    assert 0.0 <= calls["share_below_1"] <= 1.0
    assert calls["p5"] <= calls["p50"] <= calls["p95"]
    assert calls["input_1"].endswith("start_calls")
    assert calls["factor_1"] > 1.0 == calls["factor_2"]  # what a call costs adds none
    assert cpu["factor_2"] > 1.0
    assert {"rpc_mcycles_per", "start_calls"} <= {
        text.split(" = ")[0].rsplit(".", 1)[1] for text in cpu["worst_at"].split("; ")
    }
    assert "front-end CPU" not in table.index  # nobody goes over one
    assert set(table["ranked_by"]) == {"morris"}
    home = swept[1][swept[1]["path"] == "home"].set_index("conclusion")
    assert set(home["ranked_by"]) == {"slope"}
    assert home.loc["calls", "input_1"].endswith("start_calls")
    assert home.loc["front-end CPU", "p50"] > 0.0


def test_its_sentence_table_and_picture_say_the_same(swept: tuple[Path, pd.DataFrame]) -> None:
    table = swept[1]
    office, home = space_verdict(table)
    assert office.startswith("Cached instead of online mode, office, with 2 uncertain inputs")
    assert (office + home).count("worst corner") == len(table)
    shown = space_table(table)
    assert shown.loc[("office", "calls"), "matters most"].startswith("requests.start_calls (×")
    panel = space_picture(table).axes[0]
    assert [label.get_text() for label in panel.get_yticklabels()] == list(
        table[table["path"] == "office"]["conclusion"][::-1]
    )


def test_a_killed_sweep_goes_on_and_processes_write_the_same_bytes(
    swept: tuple[Path, pd.DataFrame], tmp_path: Path
) -> None:
    """The second sweep finds seven points, a damaged line and one torn off; others are made."""
    whole = (swept[0] / POINTS).read_bytes()
    lines = whole.splitlines(keepends=True)
    assert len(lines) == 1 + 10
    begun = [lines[0], lines[10], *lines[4:9], b'{"point": \xff}\n', lines[1], lines[3][:40]]
    (tmp_path / POINTS).write_bytes(b"".join(begun))
    seen: list[int] = []
    with ProcessPoolExecutor(2) as pool:
        table = run(two_inputs(), tmp_path, pool, lambda made, total: seen.append(total) or made)
    assert seen == [3]
    assert (tmp_path / POINTS).read_bytes() == whole
    pd.testing.assert_frame_equal(table, swept[1])


def test_a_folder_of_another_space_is_refused(tmp_path: Path) -> None:
    (tmp_path / POINTS).write_text(json.dumps({"plan": "other"}) + "\n", encoding="utf-8")
    with pytest.raises(RunError, match="points of another study"):
        run(two_inputs(), tmp_path)


def test_a_point_that_fails_is_named(tmp_path: Path) -> None:
    broken = plan()
    wrong = Input("servers.mbx1.rpc_mcycles", 2.65, -1.0, -1.0)
    with pytest.raises(RunError, match=r"point 1 of 10 failed \(ScenarioError"):
        run(Design.of(broken, (wrong, Input("servers.mbx1.fresh_s", 1800.0, 300, 7200))), tmp_path)


def test_a_study_without_a_space_is_refused(tmp_path: Path) -> None:
    without = plan().model_copy(update={"parameter_space": None})
    with pytest.raises(ScenarioError, match="no table `parameter_space`"):
        parameter_space(without, tmp_path)


def test_the_shipped_table_is_of_the_shipped_space_and_the_page_says_it() -> None:
    shipped = Study.load("path-and-cache").plan
    path = data_folder() / "reference/parameter_space.csv"
    assert set(pd.read_csv(path)["plan"]) == {digest(shipped)}
    stored = stored_space(shipped)
    assert stored is not None
    assert (ROOT / "docs/parameter-space.md").read_text(encoding="utf-8") == space_page(stored)
    assert stored_space(plan()) is None
