"""What objects say of themselves, and what lessons and README import."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
from matplotlib.figure import Figure

import anywhere_sim as aw
from anywhere_sim.experiments.plan import Plan
from anywhere_sim.traces import TABLES
from tests.mechanisms.rows import ROOT
from tests.statements.pairs import small
from tests.test_pages import blocks

ROOMS = ("anywhere_sim.lab", "anywhere_sim.figures", "anywhere_sim.analysis")


@pytest.fixture(scope="module")
def run() -> aw.Run:
    return aw.simulate(small(end="08:20"), 3, measures={"people": aw.Measure(people, "1")})


def people(run: aw.Run) -> float:
    """How many people there are."""
    return float(run.states["mailbox"].nunique())


def test_a_run_says_what_it_is(run: aw.Run) -> None:
    assert repr(run).startswith("<Run: 'a pair of runs that differ in one key', seed 3, repl")
    assert "<td>attempts</td>" in run._repr_html_()
    assert isinstance(run.plot(), Figure)
    assert repr(small()).startswith("<Scenario: 'a pair of runs that differ in one key', 3 mail")
    assert repr(aw.Rules()) == "<Rules: those that ship>"
    assert repr(aw.Rules(backoffs={"mine": lambda failures, policy, draws: 1.0})) == (
        "<Rules: backoffs['mine']>"
    )


def test_each_column_says_what_it_means(run: aw.Run) -> None:
    for name in TABLES:
        frame = getattr(run, name)
        assert set(frame.attrs["meanings"]) == set(frame.attrs["units"]) == set(frame.columns)
    assert run.states.attrs["units"]["start_s"] == "s since midnight of day 1"
    assert run.states.query("state == 'off'").attrs["meanings"]["state"].startswith("what the")


def test_a_measure_of_ones_own_stands_first(run: aw.Run) -> None:
    values = aw.measures(run)
    assert (values.index[0], values.iloc[0]) == ("people", 3.0)
    assert values.attrs["units"]["people"] == "1"
    assert values.attrs["meanings"]["people"] == "How many people there are."
    assert aw.compare(run, run, {"twice": lambda run: 6.0}).index[:2].tolist() == [
        "people", "twice",
    ]  # fmt: skip
    with pytest.raises(aw.ScenarioError, match=r"measures\['words'\] returned 'three'"):
        aw.measures(run, {"words": lambda run: "three"})  # type: ignore[dict-item]
    with pytest.raises(aw.ScenarioError, match="that name ships"):
        aw.measures(run, {"store CPU": people})


def test_a_comparison_leaves_out_what_some_runs_alone_were_simulated_with(run: aw.Run) -> None:
    without = aw.simulate(small(end="08:01"), 3)
    assert "people" not in aw.compare([without, run], [without, run]).index


def test_replications_in_another_order_are_not_compared() -> None:
    first, second = (aw.simulate(small(end="08:01"), seed) for seed in (3, 4))
    with pytest.raises(aw.RunError, match="in another order"):
        aw.compare([first, second], [second, first])


def test_a_study_says_what_it_is_and_tells_rules_apart(tmp_path: Path) -> None:
    factors = {"end": {"sooner": {"end": "08:11"}, "later": {"end": "08:12"}}}
    (tmp_path / "small.toml").write_text(small().to_toml(), encoding="utf-8")
    content = {
        "why": "Later?", "scenario": str(tmp_path / "small.toml"), "replications": 2,
        "factors": factors,
    }  # fmt: skip
    plan = Plan.build(content)
    study = aw.Study(plan, measures={"people": people})
    assert repr(study) == "<Study: 'Later?', 2 cells of 2 replications>"
    results = study.run(tmp_path / "out")
    assert repr(results) == "<Results: 'Later?', 4 of 4 runs in 2 cells>"
    assert "people" in results._repr_html_()
    assert isinstance(results.plot(), Figure)
    other = aw.Study(plan, rules=aw.Rules(backoffs={"mine": lambda failures, policy, draws: 1.0}))
    with pytest.raises(aw.RunError, match="under other rules"):
        other.run(tmp_path / "out")


def test_two_rules_of_one_name_have_different_digests() -> None:
    def digest(rule: object) -> str:
        rules = aw.Rules(backoffs={"mine": rule})  # type: ignore[dict-item]
        return rules.digest_of(small())

    def waits(seconds: float) -> object:
        return lambda failures, policy, draws: seconds

    assert digest(waits(1.0)) == digest(waits(1.0))
    made = {
        digest(waits(1.0)), digest(waits(2.0)), digest(lambda failures, policy, draws: failures),
        digest(lambda failures, policy, draws: failures + 1), digest(max), digest(min),
    }  # fmt: skip
    assert len(made) == 6
    with open(__file__, encoding="utf-8") as file, pytest.raises(aw.ScenarioError, match="digest"):
        digest(waits(file))  # type: ignore[arg-type]


def _imports(code: str) -> list[tuple[str, str]]:
    lines = "\n".join(line for line in code.splitlines() if not line.startswith(("%", "!")))
    nodes = [each for each in ast.walk(ast.parse(lines)) if isinstance(each, ast.ImportFrom)]
    return [(str(node.module), name.name) for node in nodes for name in node.names]


def test_readme_and_lessons_import_from_four_rooms() -> None:
    codes = [b.text for b in blocks(ROOT / "README.md") if b.language == "python"]
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        codes += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    found = [each for code in codes for each in _imports(code)]
    assert len(found) > 20
    for module, name in found:
        inner = module.startswith("anywhere_sim.") and not module.startswith(ROOMS)
        assert not inner, f"from {module} import {name}"
