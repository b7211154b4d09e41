"""A study: cells, contrasts, resuming, failures, and the same numbers wherever it runs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import anywhere_sim as aw
from anywhere_sim.analysis.measures import UNITS, measures
from anywhere_sim.experiments.plan import Plan
from anywhere_sim.figures.study import curves
from anywhere_sim.report import result
from anywhere_sim.report.result import page
from anywhere_sim.report.text import (
    VERDICT_NAMES,
    advice,
    noticed,
    reference_sentences,
    sentences,
    summary,
    verdicts,
)
from anywhere_sim.scenario.shipped import study_names
from anywhere_sim.traces import RunError
from tests.statements.pairs import run, small

TEXT = """
why = "what does the mode change, and the order?"
scenario = "first-set-up"
replications = 2
strata = ["rtt"]
[settings]
end = "08:45"
[factors.rtt]
near = {{}}
far = {{ "places.home.rtt_ms" = 200 }}
[factors.mode]
online = {{ "groups.{group}.mode" = "online" }}
cached = {{ "groups.{group}.mode" = "cached" }}
[factors.order]
tcp_first = {{ "groups.{group}.policy" = {{ roh_flags = 3 }} }}
https_first = {{ "groups.{group}.policy" = {{ roh_flags = 43 }} }}
[reference_cells]
offline_ost = {{ "groups.{group}.mode" = "offline_ost" }}
"""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    path = tmp_path_factory.mktemp("plans") / "small.toml"
    path.write_text(TEXT.format(group="at_home"), encoding="utf-8")
    return Plan.load(str(path))


@pytest.fixture(scope="module")
def finished(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, aw.Results]:
    folder = tmp_path_factory.mktemp("study") / "out"
    return folder, aw.Study(plan).run(folder)


def test_every_cell_is_run_and_the_contrasts_are_paired_differences(
    finished: tuple[Path, aw.Results],
) -> None:
    results = finished[1]
    assert len(results.values) == (8 + 2) * 2
    assert results.failures.empty
    contrasts = results.contrasts().set_index(["contrast", "rtt", "measure"])
    values = results.values["bytes down"]
    by_hand = [
        np.mean(
            [
                values["far", "cached", order, number] - values["far", "online", order, number]
                for order in ("tcp_first", "https_first")
            ]
        )
        for number in range(2)
    ]
    assert contrasts.loc[("cached - online", "far", "bytes down"), "difference"] == pytest.approx(
        np.mean(by_hand)
    )
    crossed = [
        values["far", "cached", "https_first", n]
        - values["far", "cached", "tcp_first", n]
        - values["far", "online", "https_first", n]
        + values["far", "online", "tcp_first", n]
        for n in range(2)
    ]
    name = "(cached - online) x (https_first - tcp_first)"
    assert contrasts.loc[(name, "far", "bytes down"), "difference"] == pytest.approx(
        np.mean(crossed)
    )
    subtracted = [
        values["far", mode, order, n]
        for mode, order in (("cached", "tcp_first"), ("online", "https_first"))
        for n in range(2)
    ]
    assert contrasts.loc[(name, "far", "bytes down"), "base"] == pytest.approx(np.mean(subtracted))


def test_a_reference_cell_is_compared_with_the_cells_that_share_its_levels(
    finished: tuple[Path, aw.Results], plan: Plan
) -> None:
    results = finished[1]
    values, contrasts = (
        results.values["bytes down"],
        results.contrasts().set_index(["contrast", "rtt", "measure"])["difference"],
    )
    beside = [values["near", "offline_ost", "offline_ost", n] for n in range(2)]
    either = [
        (values["near", "cached", "tcp_first", n] + values["near", "cached", "https_first", n])
        / 2.0
        for n in range(2)
    ]
    assert contrasts["offline_ost - cached", "near", "bytes down"] == pytest.approx(
        np.mean(beside) - np.mean(either)
    )
    same_order = {
        "offline_ost": dict(plan.reference_cells["offline_ost"])
        | {"groups.at_home.policy": {"roh_flags": 3}}
    }
    values_as_they_are = {(key[:-1], key[-1]): row for key, row in results.values.iterrows()}
    again = aw.Results(
        plan.model_copy(update={"reference_cells": same_order}), values_as_they_are, {}
    )
    found = again.contrasts().set_index(["contrast", "rtt", "measure"])["difference"]
    one = [values["near", "cached", "tcp_first", n] for n in range(2)]
    assert found["offline_ost - cached", "near", "bytes down"] == pytest.approx(
        np.mean(beside) - np.mean(one)
    )


def test_a_contrast_leaves_a_replication_out_when_one_of_its_runs_is_missing(
    finished: tuple[Path, aw.Results], plan: Plan
) -> None:
    values = {(key[:-1], key[-1]): row for key, row in finished[1].values.iterrows()}
    gone = values.pop((("near", "cached", "tcp_first"), 1))
    assert gone["bytes down"] > 0.0
    row = (
        aw.Results(plan, values, {})
        .contrasts()
        .set_index(["contrast", "rtt", "measure"])
        .loc["cached - online"]
    )
    table = finished[1].values["bytes down"]
    only = np.mean(
        [
            table["near", "cached", order, 0] - table["near", "online", order, 0]
            for order in ("tcp_first", "https_first")
        ]
    )
    assert row.loc[("near", "bytes down"), "difference"] == pytest.approx(only)
    assert row.loc[("near", "bytes down"), "high"] == float("inf")
    assert row.loc[("far", "bytes down"), "high"] < float("inf")


def test_the_result_has_three_sentences_and_one_more_per_contrast_of_a_reference_cell(
    finished: tuple[Path, aw.Results],
) -> None:
    told, more = sentences(finished[1]), reference_sentences(finished[1])
    assert [each.subject for each in told] == [
        "Cached instead of online",
        "HTTPS first instead of TCP first",
        "Cached instead of online, interaction with HTTPS first",
    ]
    assert [each.subject for each in more] == [
        "Offline file instead of online",
        "Offline file instead of cached",
    ]
    assert all(part.startswith(("Near: ", "Far: ")) for each in told for part in each.parts)
    lines = summary(finished[1])
    assert [each.split(":")[0] for each in lines] == [each.subject for each in told]
    assert all("(near)" in each and "(far)" in each for each in lines)


def test_other_processes_find_the_same_numbers(
    plan: Plan, finished: tuple[Path, aw.Results], tmp_path: Path
) -> None:
    with ProcessPoolExecutor(2) as executor:
        elsewhere = aw.Study(plan).run(tmp_path / "out", executor)
    assert elsewhere.values.equals(finished[1].values)
    for file in sorted(finished[0].rglob("*.parquet")):
        assert file.read_bytes() == (tmp_path / "out" / file.relative_to(finished[0])).read_bytes()


def test_a_study_goes_on_where_it_was_left(
    plan: Plan, finished: tuple[Path, aw.Results], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, results = finished
    made: list[int] = []
    real = aw.simulate
    monkeypatch.setattr(
        "anywhere_sim.experiments.task.simulate",
        lambda *given, **named: made.append(1) or real(*given, **named),
    )
    gone = folder / "traces" / "near-online-tcp_first" / "replication-1"
    for file in gone.iterdir():
        file.unlink()
    gone.rmdir()
    assert aw.Study(plan).run(folder).values.equals(results.values)
    assert len(made) == 1


def test_a_run_that_fails_is_a_row_with_its_reason(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = aw.simulate

    def now_and_then(scenario: aw.Scenario, seed: int, replication: int, **options: Any) -> aw.Run:
        if replication == 1 and scenario.groups["at_home"].mode == "online":
            raise MemoryError("no more")
        return real(scenario, seed, replication, **options)

    monkeypatch.setattr("anywhere_sim.experiments.task.simulate", now_and_then)
    results = aw.Study(plan).run(tmp_path / "out")
    assert len(results.failures) == 4
    assert set(results.failures["reason"]) == {"MemoryError: no more"}
    assert len(results.values) == 16
    assert "MemoryError" in page(results, b"", result.sensitivity_section(plan), {})


def test_a_folder_with_something_else_is_refused(
    plan: Plan, finished: tuple[Path, aw.Results], tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(RunError, match="no study"):
        aw.Study(plan).run(tmp_path)
    with pytest.raises(RunError, match="another study"):
        aw.Study(plan.model_copy(update={"seed": 9})).run(finished[0])


def test_runs_of_another_version_are_not_gone_on_with(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aw.Study(plan).claim(tmp_path / "out")
    monkeypatch.setattr("anywhere_sim.experiments.study.version", lambda name: "99.0")
    with pytest.raises(
        RunError,
        match=r"holds runs of version .*, this is 99\.0; "
        "name a new folder with --out, or --overwrite it",
    ):
        aw.Study(plan).run(tmp_path / "out")
    (tmp_path / "out/study.json").write_text("[]", encoding="utf-8")
    with pytest.raises(RunError, match="another study"):
        aw.Study(plan).run(tmp_path / "out")


def test_the_report_is_one_page_without_other_resources(finished: tuple[Path, aw.Results]) -> None:
    page = result.write(finished[1], finished[0]).read_text(encoding="utf-8")
    assert not set(re.findall(r"(?:src|href)=\"(?!data:)", page))
    assert 'src="data:image/png' in page
    assert all(
        f"<th>{measure}, {unit}" if unit else measure in page for measure, unit in UNITS.items()
    )
    assert "conservation checks pass in 20 of 20 runs" in page
    assert (finished[0] / "headline.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", study_names())
def test_a_shipped_study_makes_sense(name: str) -> None:
    """Two modes, two orders and two fleets; where the offline file stands beside them, once for
    each fleet. On the train: two modes.
    """
    plan = aw.Study.load(name).plan
    assert len(plan.scenarios()) == (
        2 if name == "train-morning" else 8 + 2 * len(plan.reference_cells)
    )
    for name in plan.sensitivity:
        assert plan.varied(name, "low", 2).digest() != plan.varied(name, "high", 2).digest()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("strata", "strta", "did you mean"),
        ("replications = 2", "replications = 1", "greater than or equal to 2"),
        ('["rtt"]', '["rt"]', "not a factor"),
        ("first-set-up", "first-setup", "did you mean"),
        ("why", "why = why", "not valid TOML"),
        ('["rtt"]', '["rtt", "mode", "order"]', "nothing is left to contrast"),
        ("[factors.order]", "[factors.measure]", "column of the results"),
        ("cached =", "tcp_first =", "two levels"),
        ("online =", '"on/line" =', "letters, digits and _"),
        ("online =", '"a - b" =', "letters, digits and _"),
        ("strata", "within", "now called 'strata'"),
        ("[reference_cells]", "[beside]", "now called 'reference_cells'"),
    ],
)
def test_a_plan_that_makes_no_sense_gets_one_sentence(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(TEXT.format(group="at_home").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(aw.ScenarioError, match=said) as caught:
        Plan.load(str(path)).scenarios()
    assert "\n" not in str(caught.value)


def test_compare_says_what_changed_in_both() -> None:
    before, after = small(), small(groups__people__mode="online")
    table = aw.compare(aw.replicate(before, 2, seed=1), aw.replicate(after, 2, seed=1))
    assert table.attrs["changed"] == {"groups.people.mode": ("cached", "online")}
    by_hand = measures(run(after))["bytes down"] - measures(run(before))["bytes down"]
    single = aw.compare(run(before), run(after))
    assert single.loc["bytes down", "difference"] == pytest.approx(by_hand)
    assert table.loc["bytes down", "first"] > 0.0


def test_replications_can_be_watched() -> None:
    seen: list[int] = []

    def watch(runs: Iterable[Any], total: int) -> Iterable[Any]:
        for made in runs:
            seen.append(total)
            yield made

    assert len(aw.replicate(small(), 2, progress=watch)) == 2
    assert seen == [2, 2]
    assert list(aw.bar(iter([1, 2]), 2)) == [1, 2]


def test_every_later_level_is_held_against_the_first() -> None:
    content = {
        "why": "?",
        "scenario": "first-set-up",
        "replications": 2,
        "factors": {"size": {"small": {}, "middle": {}, "large": {}}},
    }
    values = {
        ((name,), number): pd.Series(dict.fromkeys(UNITS, 10.0 * place + number))
        for place, name in enumerate(content["factors"]["size"])  # type: ignore[index,arg-type]
        for number in (0, 1)
    }
    found = (
        aw.Results(Plan.model_validate(content), values, {})
        .contrasts()
        .set_index(["contrast", "measure"])["difference"]
    )
    assert found["middle - small", "RPC calls"] == pytest.approx(10.0)
    assert found["large - small", "RPC calls"] == pytest.approx(20.0)


def test_a_factor_of_three_numbers_is_a_curve_and_one_of_words_is_none() -> None:
    levels = {f"mb_{size}": {"groups.people.mailbox_mb": size} for size in (50, 100, 200)}
    modes = {"online": {}, "cached": {"groups.people.mode": "cached"}}
    content = {
        "why": "?", "scenario": "first-set-up", "replications": 2,
        "factors": {"size": levels, "mode": modes},
    }  # fmt: skip
    values = {
        ((level, mode), number): pd.Series(dict.fromkeys(UNITS, 10.0 * place + number))
        for place, level in enumerate(levels)
        for mode in modes
        for number in (0, 1)
    }
    points = aw.Results(Plan.model_validate(content), values, {}).curves()
    assert set(points["factor"]) == {"size"}
    calls = points[points["measure"] == "RPC calls"]
    assert calls["x"].tolist() == [50.0, 100.0, 200.0]
    assert calls["mean"].tolist() == pytest.approx([0.5, 10.5, 20.5])
    drawn = curves(points, "groups.people.mailbox_mb")
    assert len(drawn.axes) == 6


def test_a_difference_of_less_than_anybody_notices_is_negligible() -> None:
    """0.09 s per open hour and 0.9 % of the calls are; 1.1 % of the calls are not."""
    waits = {"measure": "waited per open hour, mean", "base": 1.0, "difference": 0.09}
    calls = {"measure": "RPC calls", "base": 1000.0}
    assert noticed(waits | {"word": "more"}) == "negligible"
    assert noticed(calls | {"difference": 9.0, "word": "more"}) == "negligible"
    assert noticed(calls | {"difference": -11.0, "word": "fewer"}) == "fewer"
    assert noticed(calls | {"difference": 9.0, "word": "too rare to tell"}) == "too rare to tell"


def test_the_verdict_says_what_is_better_and_worse_in_words(
    finished: tuple[Path, aw.Results],
) -> None:
    """Each measure stands once in the verdict of each main effect and stratum: as better where the
    contrast has fewer of it, as worse where it has more, by more than anybody overlooks.
    """
    contrasts = finished[1].contrasts().set_index(["contrast", "rtt", "measure"])["word"]
    assert len(advice(finished[1])) == 4
    names = VERDICT_NAMES
    found = {verdict.subject: verdict for verdict in verdicts(finished[1])}
    assert len(found) == 4
    for stratum in ("near", "far"):
        verdict = found[f"Cached instead of online ({stratum})"]
        parts = (verdict.better, verdict.worse, verdict.same, verdict.unclear, verdict.rare)
        assert sum(map(len, parts)) == len(names)
        for measure, name in names.items():
            word = contrasts["cached - online", stratum, measure]
            told = [entry.startswith(f"{name} ") for entry in verdict.better]
            assert any(told) <= (word == "fewer")
            assert any(entry.startswith(f"{name} ") for entry in verdict.worse) <= (word == "more")
