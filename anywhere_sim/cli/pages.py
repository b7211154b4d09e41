"""The page of a saved run, and what is printed of its events and instants."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from anywhere_sim.analysis.moment import Moment, moment
from anywhere_sim.analysis.overview import scenario_of
from anywhere_sim.analysis.recovery import recoveries
from anywhere_sim.analysis.roll_out import first_copies, roll_out_steps
from anywhere_sim.cli.arguments import AtTimes, instants_s
from anywhere_sim.cli.console import echo, paragraph
from anywhere_sim.report.findings import RunFindings
from anywhere_sim.report.import_page import page as page_of_import
from anywhere_sim.report.moments import moment_text
from anywhere_sim.report.run_page import page
from anywhere_sim.report.verdict import (
    beyond_said,
    copies_said,
    recoveries_said,
    steps_said,
    verdict,
)
from anywhere_sim.scenario import Scenario
from anywhere_sim.traces import Run
from anywhere_sim.traces.folder import MANIFEST, QUALITY, REPORT, is_manifest, read_object


def report_runs(
    folder: Annotated[
        Path,
        typer.Argument(
            help="a folder that `run --out` or `import` wrote; of replications, the one above them"
        ),
    ],
    at: AtTimes = None,
) -> None:
    """Write the page of a saved run: FOLDER/report.html; print its verdict and what --at asks for.

    Example: anywhere-sim report results/online --at 08:30

    Nothing is simulated. Of replications each gets its page; a folder that `import` wrote gets that
    of an import.
    """
    for saved in saved_runs(folder) or [folder]:
        run = Run.load(saved)
        if "imported" in run.manifest and not at:
            said = read_object(saved / QUALITY).get("said", ())
            (saved / REPORT).write_text(page_of_import(run, said), encoding="utf-8")
            echo(f"Report: {saved / REPORT}")
            continue
        scenario = scenario_of(run)
        moments = [moment(run, scenario, each) for each in instants_s(at, scenario)]
        found = RunFindings.of(run, scenario)
        (saved / REPORT).write_text(page(found, saved.name, moments), encoding="utf-8")
        answer = verdict(found)
        every = (*answer, *(f"- {each}" for each in beyond_said(found)))
        others = recoveries_said(found.recoveries, scenario)
        for sentence in (*every, *(each for each in others if each not in answer)):
            paragraph(sentence, "  " * sentence.startswith("- "))
        print_moments(moments)
        echo(f"Report: {saved / REPORT}")


def told(run: Run, scenario: Scenario) -> list[str]:
    """Return what a run says of its events, its roll-outs and first copies, a sentence each."""
    return [
        *recoveries_said(recoveries(run, scenario), scenario),
        *steps_said(roll_out_steps(run, scenario)),
        *copies_said(first_copies(run, scenario)),
    ]


def print_moments(moments: Sequence[Moment]) -> None:
    """Print the tables of some instants."""
    for each in moments:
        echo(f"\n{moment_text(each)}")


def page_path(name: str, folder: Path | None, several: bool = False) -> Path:
    """Return where a run's page lies: in its folder, else in results, the last of several."""
    if folder is None:
        return Path("results") / f"{name}-{REPORT}"
    return folder / "replication-*" / REPORT if several else folder / REPORT


def write_page(
    run: Run, scenario: Scenario, name: str, folder: Path | None, times_s: Sequence[float]
) -> None:
    """Write the page of a run into its folder, or into results, with its figures at some times."""
    path = page_path(Path(name).stem, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    moments = [moment(run, scenario, each) for each in times_s]
    path.write_text(page(RunFindings.of(run, scenario), name, moments), encoding="utf-8")


def saved_runs(folder: Path) -> list[Path]:
    """Return the folders of the whole runs in a folder: its replications in order, or itself."""
    return [each for each in _runs(folder) if is_manifest(read_object(each / MANIFEST))]


def load_runs(folder: Path) -> list[Run]:
    """Return the replications in a folder, in order, or its single run. Raises RunError."""
    return [Run.load(each) for each in _runs(folder)]


def _runs(folder: Path) -> list[Path]:
    numbers = (path.name.rpartition("-")[2] for path in folder.glob("replication-*"))
    ordered = sorted(int(number) for number in numbers if number.isdecimal())
    return [folder / f"replication-{number}" for number in ordered] or [folder]
