"""Logs and a simulation, or two logs, stand side by side in what both know."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import anywhere_sim as aw
from anywhere_sim.analysis.beside_logs import sides
from anywhere_sim.analysis.known_tables import spread, united
from anywhere_sim.cli import app
from anywhere_sim.formats import export_run, import_files
from anywhere_sim.report.logs_beside import LogsBeside, logs_beside_said
from anywhere_sim.traces import RunError
from tests.statements.pairs import small
from tests.support import simulate

MORNING = {
    "places__here__kind": "dsl", "groups__people__mailboxes": 6, "record_rpcs": True,
    "groups__people__mode": "online",
}  # fmt: skip


@pytest.fixture(scope="module")
def run() -> aw.Run:
    """Six people online over HTTPS for half an hour."""
    return simulate(small(end="08:40", **MORNING), 3)


@pytest.fixture(scope="module")
def imported(run: aw.Run, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A function that exports a run as some formats, and imports the files: the folder."""

    def go(*forms: str, of: aw.Run = run) -> Path:
        folder = tmp_path_factory.mktemp("logs")
        for form in forms:
            export_run(of, form, folder / form)
        files = [path for form in forms for path in (folder / form).rglob("*") if path.is_file()]
        import_files(sorted(files), folder / "in")
        return folder / "in"

    return go


def test_spells_are_spread_over_the_windows_that_they_touch() -> None:
    rng = np.random.default_rng(5)
    begin_s = rng.uniform(-50.0, 400.0, 300)
    end_s = begin_s + np.where(rng.random(300) < 0.1, 0.0, rng.exponential(60.0, 300))
    amounts, edges_s = rng.random(300), np.array([0.0, 60.0, 200.0, 300.0])
    for low_s, high_s, at_once, brought in zip(
        edges_s[:-1], edges_s[1:], spread(begin_s, end_s, edges_s),
        spread(begin_s, end_s, edges_s, amounts), strict=True,
    ):  # fmt: skip
        inside_s = np.clip(np.minimum(end_s, high_s) - np.maximum(begin_s, low_s), 0.0, None)
        length_s = end_s - begin_s
        brief = (length_s == 0.0) & (begin_s >= low_s) & (begin_s < high_s)
        share = np.where(length_s > 0.0, inside_s / np.where(length_s > 0, length_s, 1.0), brief)
        assert at_once == pytest.approx(inside_s.sum())
        assert brought == pytest.approx((share * amounts).sum())


def test_spells_of_one_person_are_united() -> None:
    rng = np.random.default_rng(6)
    whose = rng.integers(0, 9, 200)
    begin_s = rng.integers(0, 500, 200).astype(float)
    end_s = begin_s + rng.integers(0, 20, 200).astype(float)
    seconds = np.zeros((9, 600))
    for own, low, high in zip(whose, begin_s, end_s, strict=True):
        seconds[own, int(low) : int(high)] = 1.0
    _, low_s, high_s = united(whose, begin_s, end_s)
    assert (high_s - low_s).sum() == seconds.sum()


def test_an_export_agrees_with_its_run_in_all_that_both_know(
    run: aw.Run, imported: Callable[..., Path]
) -> None:
    found = sides(aw.Run.load(imported("rca", "perfmon")), run)
    assert set(found.table["word"]) == {"agree"}, found.table
    assert found.people == (6, 6)
    assert found.table["difference"].abs().max() < 0.01
    for name in (
        "people connected at once", "connections open at once over HTTPS", "calls",
        "connections begun over HTTPS", "calls: open item", "store: processor",
    ):  # fmt: skip
        assert name in found.table.index
    first, second = found.lines["connections open at once over HTTPS"]
    assert first == pytest.approx(second, abs=0.01)
    assert first.max() > 6.0
    assert {name for name in found.only[1] if "bytes" in name} == {
        "bytes up over HTTPS", "bytes down over HTTPS"
    }  # fmt: skip


def test_requests_have_bytes_and_httperr_does_not_count_twice(
    imported: Callable[..., Path],
) -> None:
    crash = [{"at": "08:25", "do": "crash", "server": "fe1", "for_s": 120}]
    broken = simulate(small(end="08:40", events=crash, **MORNING), 3)
    found = sides(aw.Run.load(imported("iis", "httperr", of=broken)), broken)
    assert set(found.table["word"]) == {"agree"}, found.table
    assert found.table.loc["bytes down over HTTPS", "first"] > 0.0
    assert "calls" in found.only[1]
    assert found.table.loc["connections begun over HTTPS", "first"] > 12.0


def test_what_differs_is_said_with_by_how_much(run: aw.Run, imported: Callable[..., Path]) -> None:
    lazy = simulate(small(end="08:40", groups__people__activity="light", **MORNING), 3)
    both = LogsBeside.of(lazy, imported("rca"))
    calls = both.found.table.loc["calls"]
    assert calls["word"] == "less"
    said = logs_beside_said(both)
    assert said[0].startswith("08:0")
    assert "Model and logs agree on " in said[0]
    told = f"calls, {calls['first']:,.0f} in the logs, {calls['second']:,.0f} in the run ("
    assert any(told in each and f"{100 * calls['difference']:+.0f} %" in each for each in said)
    assert "The logs don't know: bytes up over HTTPS" in " ".join(said)
    turned = LogsBeside.of(aw.Run.load(imported("rca")), imported("rca", of=lazy))
    assert turned.found.table.loc["calls", "word"] == "more"
    assert "Both logs agree on" in logs_beside_said(turned)[0]


def test_unequal_numbers_of_people_are_compared_per_person(
    run: aw.Run, imported: Callable[..., Path]
) -> None:
    twice = simulate(small(end="08:40", **MORNING | {"groups__people__mailboxes": 12}), 3)
    found = sides(aw.Run.load(imported("rca", of=twice)), run)
    assert found.people == (12, 6)
    assert found.per_person
    row = found.table.loc["connections open at once over HTTPS"]
    assert row["unit"] == "per person"
    assert row["word"] == "agree"
    times = found.table.loc["time of a call at the server (mean)"]
    assert times["unit"] == "ms"
    assert times["first"] > 1.0


def test_a_run_without_calls_and_logs_of_counters_alone(
    run: aw.Run, imported: Callable[..., Path]
) -> None:
    quiet = simulate(small(end="08:40", **MORNING | {"record_rpcs": False}), 3)
    said = logs_beside_said(LogsBeside.of(quiet, imported("rca", "perfmon")))
    assert any("The run doesn't know: calls" in each and "record_rpcs" in each for each in said)
    counters = sides(aw.Run.load(imported("perfmon")), run)
    assert {name.partition(": ")[0] for name in counters.table.index} == {"store", "front end"}
    assert counters.people == (0, 6)
    assert not counters.per_person
    assert "people connected at once" in counters.only[1]


def test_hours_apart_are_refused_in_a_sentence(imported: Callable[..., Path]) -> None:
    later = simulate(
        small(start="12:00", end="12:10", groups__people__itinerary=[["12:01", "here"]]), 3
    )
    with pytest.raises(RunError, match=r"no hour in common \(8\.\d to 8\.\d and 12\.0 to 12\.2 h"):
        sides(aw.Run.load(imported("rca")), later)


def test_the_pages_of_both_stand_beside_each_other(
    run: aw.Run, imported: Callable[..., Path], tmp_path: Path
) -> None:
    logs, simulated = imported("rca", "perfmon"), tmp_path / "run"
    run.save(simulated)

    def page(*arguments: str) -> tuple[str, str]:
        done = CliRunner().invoke(app, ["report", *arguments])
        assert done.exit_code == 0, done.output
        return done.output, (Path(arguments[0]) / "report.html").read_text(encoding="utf-8")

    for first, second in ((logs, simulated), (simulated, logs), (logs, imported("iis"))):
        printed, html = page(str(first), "--beside", str(second))
        assert "agree on" in printed
        assert html.count("side by side</h2>") == 1
        assert html.count("<img") >= 2
        assert f'data-beside="{second}"' in html
        assert page(str(first))[1] == html  # what it was asked before it still answers
    assert "Calls by kind" in page(str(logs), "--beside", str(simulated))[1]


def test_a_run_is_checked_against_the_hours_of_logs_before_it_begins(
    imported: Callable[..., Path],
) -> None:
    logs = imported("rca")
    done = CliRunner().invoke(
        app, ["run", "office-day", "--set", "start=20:00", "--set", "end=20:10",
              "--beside", str(logs)],
    )  # fmt: skip
    assert done.exit_code != 0
    assert "has logs from 08:0" in str(done.exception or done.output)
