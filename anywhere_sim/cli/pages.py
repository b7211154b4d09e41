"""The page of a saved run, and what is printed of its events and instants."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Annotated

import typer

from anywhere_sim.analysis.moment import Moment, moment
from anywhere_sim.analysis.overview import scenario_of
from anywhere_sim.analysis.recovery import recoveries
from anywhere_sim.analysis.roll_out import first_copies, roll_out_steps, whole_books
from anywhere_sim.cli.arguments import AtTimes, Beside, instants_s
from anywhere_sim.cli.console import echo, paragraph
from anywhere_sim.report import side_by_side
from anywhere_sim.report.copies_words import books_said, copies_said, steps_said
from anywhere_sim.report.findings import RunFindings
from anywhere_sim.report.import_page import page as page_of_import
from anywhere_sim.report.logs_beside import LogsBeside, is_import, logs_beside_said
from anywhere_sim.report.moments import moment_said, moment_text
from anywhere_sim.report.run_page import Asked, page
from anywhere_sim.report.side_by_side import SideBySide, settings_said, side_by_side_said
from anywhere_sim.report.verdict import (
    beyond_said,
    few_actions_said,
    recoveries_said,
    verdict,
    without_one_said,
)
from anywhere_sim.scenario import Scenario
from anywhere_sim.traces import Run
from anywhere_sim.traces.findings import Audit
from anywhere_sim.traces.folder import (
    MANIFEST,
    PROVENANCE,
    QUALITY,
    REPORT,
    is_manifest,
    read_object,
)

AT, BESIDE = re.compile(r'data-at="([0-9.]+)"'), re.compile(r'data-beside="([^"]*)"')
"""What a page that is written again still has to answer."""
CONTRADICTION = 3
"""Exit code where the audit has findings."""
SWITCHES = ("--overwrite", "--strict", "--report")
"""Options of `run` without a value."""


def report_runs(
    folder: Annotated[
        Path,
        typer.Argument(
            help="a folder that `run --out` or `import` wrote; of replications, the one above them"
        ),
    ],
    at: AtTimes = None,
    beside: Beside = None,
) -> None:
    """Write the page of a saved run: FOLDER/report.html; print its verdict and what --at asks for.

    Example: anywhere-sim report results/online --at 08:30 --beside results/cached

    Nothing is simulated, and what the page was asked before it still answers. Of replications each
    gets its page; a folder that `import` wrote gets that of an import. Logs and a run, or two
    logs, stand side by side with --beside. Exit codes: 0, 2 for bad input, 3 when the audit finds
    tables that contradict each other (the page is written, and each finding has a line).
    """
    audits = list[Audit]()
    for saved in saved_runs(folder) or [folder]:
        run = Run.load(saved)
        if is_import(run) and not at:
            _report_import(run, saved, beside or _asked_beside(saved))
            continue
        scenario = scenario_of(run)
        times_s = instants_s(at, scenario)
        other = beside or _asked_beside(saved)
        both = side_by_side.beside(run, other) if other is not None else None
        every_s = sorted({*times_s, *_asked_at(saved)})
        moments = {each: moment(run, scenario, each) for each in every_s}
        name, settings = called(saved)
        found = RunFindings.of(run, scenario)
        asked = Asked(settings, [*moments.values()], both, str(other or ""))
        (saved / REPORT).write_text(page(found, name, asked), encoding="utf-8")
        print_verdict(found, both)
        print_moments([moments[each] for each in times_s])
        audits.append(run.audit())
        print_audits({"": audits[-1]})
        echo(f"Report: {saved / REPORT}")
    if not Audit.of(audits).ok:
        raise typer.Exit(CONTRADICTION)


def _report_import(run: Run, folder: Path, other: Path | None) -> None:
    """Write the page of an import; print what it comes to beside another one, if it is asked."""
    both = side_by_side.beside(run, other, folder.name) if other is not None else None
    logs = both if isinstance(both, LogsBeside) else None
    said = read_object(folder / QUALITY).get("said", ())
    text = page_of_import(run, said, logs, str(other or ""))
    (folder / REPORT).write_text(text, encoding="utf-8")
    if logs is not None:
        _print_logs(logs)
    echo(f"Report: {folder / REPORT}")


def _print_logs(both: LogsBeside) -> None:
    first, *others = logs_beside_said(both)
    for sentence in (first, *(f"- {each}" for each in others)):
        paragraph(sentence, "  " * sentence.startswith("- "))


def print_verdict(found: RunFindings, both: SideBySide | LogsBeside | None = None) -> None:
    """Print what a run comes to: beside another one, by itself, each red light, each event."""
    if isinstance(both, LogsBeside):
        _print_logs(both)
        paragraph("")
    elif both is not None:
        first, *others = side_by_side_said(both)
        for sentence in (first, *(f"- {each}" for each in others), settings_said(both), ""):
            paragraph(sentence, "  " * sentence.startswith("- "))
    answer = verdict(found)
    events = (each for each in told(found.run, found.scenario) if each not in answer)
    lines = (*beyond_said(found), *without_one_said(found), *few_actions_said(found))
    for sentence in (*answer, *(f"- {each}" for each in lines), *events):
        paragraph(sentence, "  " * sentence.startswith("- "))


def called(folder: Path) -> tuple[str, list[str]]:
    """Return the name of a saved run's scenario and the settings that changed it, as `run` was
    given them; the folder's name and none where something else has made it.
    """
    given = read_object(folder / PROVENANCE).get("arguments")
    words = [str(each) for each in given] if isinstance(given, list) else []
    if "run" not in words:
        return folder.name, []
    rest, settings, name = iter(words[words.index("run") + 1 :]), list[str](), folder.name
    for word in rest:
        option, separator, value = word.partition("=")
        if not word.startswith("--"):
            name = Path(word).stem
        elif word not in SWITCHES:
            value = value if separator else next(rest, "")
            settings += [value] if option == "--set" else []
    return name, settings


def _asked_at(folder: Path) -> list[float]:
    """Return the instants that the page in a folder has."""
    return [float(each) for each in AT.findall(_page_of(folder))]


def _asked_beside(folder: Path) -> Path | None:
    """Return the run that the page in a folder stands beside, if it is still there."""
    found = BESIDE.search(_page_of(folder))
    other = Path(unescape(found[1])) if found else None
    return other if other is not None and is_manifest(read_object(other / MANIFEST)) else None


def _page_of(folder: Path) -> str:
    path = folder / REPORT
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def told(run: Run, scenario: Scenario) -> list[str]:
    """Return what a run says of its events, its roll-outs and first copies, a sentence each."""
    steps = roll_out_steps(run, scenario)
    return [
        *recoveries_said(recoveries(run, scenario), scenario),
        *steps_said(steps),
        *copies_said(first_copies(run, scenario), steps),
        *books_said(whole_books(run, scenario)),
    ]


def print_moments(moments: Sequence[Moment]) -> None:
    """Print the tables of some instants."""
    for each in moments:
        echo("")
        paragraph(moment_said(each))
        echo(moment_text(each))


def print_audits(audits: Mapping[str, Audit]) -> None:
    """Print each audit with findings, after the words that say whose it is."""
    for whose, audit in audits.items():
        if not audit.ok:
            echo(f"{whose}{audit}")


def page_path(name: str, folder: Path | None, several: bool = False) -> Path:
    """Return where a run's page lies: in its folder, else in results, the last of several."""
    if folder is None:
        return Path("results") / f"{name}-{REPORT}"
    return folder / "replication-*" / REPORT if several else folder / REPORT


def write_page(found: RunFindings, name: str, folder: Path | None, asked: Asked) -> None:
    """Write the page of a run into its folder, or into results."""
    path = page_path(Path(name).stem, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(found, Path(name).stem, asked), encoding="utf-8")


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
