"""Commands that read logs and counters of real systems into tables, and write a run as such."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from anywhere_sim.calibration import calibrate
from anywhere_sim.cli.console import echo
from anywhere_sim.formats import FORMATS, FormatError, export_run, import_files
from anywhere_sim.formats.privacy import key_of
from anywhere_sim.formats.profile import read_profile
from anywhere_sim.packets import DAY_1, export_captures
from anywhere_sim.report.import_page import page
from anywhere_sim.scenario.quantities import HOUR_S
from anywhere_sim.traces import Run
from anywhere_sim.traces.folder import REPORT

CAPTURES = "pcap"
WRITTEN = "|".join([*(n for n, each in FORMATS.items() if each.write is not None), CAPTURES])


def import_logs(
    files: Annotated[list[Path], typer.Argument(help="logs and counters, packed with gzip or not")],
    out: Annotated[Path, typer.Option(help="a new folder for the tables")],
    keep_names: Annotated[
        bool, typer.Option("--keep-names", help="leave names and addresses as they are written")
    ] = False,
    key: Annotated[
        Path | None,
        typer.Option(
            help="a file with the key of the hashes, made if it is not there: imports "
            "with one key have one word for one name"
        ),
    ] = None,
    utc_offset: Annotated[
        float, typer.Option(min=-14, max=14, help="hours of local time beyond UTC")
    ] = 0.0,
    counter_names: Annotated[
        Path | None,
        typer.Option(
            help="a TOML file: English path of each localised counter, both without server"
        ),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="write a page of it: OUT/report.html")
    ] = False,
) -> None:
    """Read logs and counters of real servers into the tables of a run.

    Example: anywhere-sim import logs/u_ex*.log perf.csv --out results/real

    Names of users, clients and servers become hashes with a key that nobody keeps. What was read,
    refused and set apart is printed, and kept as quality.json.
    """  # fmt: skip
    said: list[str] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        echo(sentence)

    run = import_files(
        files, out, keep_names=keep_names, key=key_of(key), utc_offset_s=utc_offset * HOUR_S,
        counter_names=_names(counter_names), say=say,
    )  # fmt: skip
    filled = ", ".join(f"{rows:,} {name}" for name, rows in run.manifest["rows"].items() if rows)
    if report:
        (out / REPORT).write_text(page(run, said), encoding="utf-8")
        echo(f"Report: {out / REPORT}")
    echo(f"Day 1 is {run.manifest['day_1']}; {filled or 'nothing of use was found'}.")


def _names(path: Path | None) -> Mapping[str, str]:
    """Return a file's paths of counters. Raises FormatError for one that has others than words."""
    if path is None:
        return {}
    try:
        names = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise FormatError(f"{path}: {error}; each line is 'LOCALISED' = 'ENGLISH'") from error
    wrong = next((name for name, each in names.items() if not isinstance(each, str)), None)
    if wrong is not None:
        raise FormatError(f"{path}: {wrong} has no text; each line is 'LOCALISED' = 'ENGLISH'")
    return names


def export_logs(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN", help="a folder that `run --out` or `import` wrote")
    ],
    form: Annotated[str, typer.Option("--as", metavar=WRITTEN, help="the format")],
    out: Annotated[Path, typer.Option(help="a new folder for the files")],
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="date of day 1 (default: a Monday, 2026-03-02)"),
    ] = None,
    mailbox: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="for pcap: a name like sales/17; may be repeated"),
    ] = None,
) -> None:
    """Write a run as the logs, counters or packets that real systems would have written.

    Example: anywhere-sim export results/online --as iis --out results/online-logs
    Example: anywhere-sim export results/calls --as pcap --mailbox sales/1 --out results/packets
    """
    if form == CAPTURES:
        run = Run.load(folder)
        echo(str(export_captures(run, mailbox or [], out, day.date() if day else DAY_1)))
        return
    if mailbox:
        raise FormatError(
            f"--mailbox is for --as {CAPTURES} alone; logs and counters are of all mailboxes: take "
            "it out"
        )
    for remark in export_run(Run.load(folder), form, out, day.date() if day else None):
        echo(remark)
    files = [path for path in sorted(out.rglob("*")) if path.is_file()]
    echo(f"{out}: {len(files):,} files, {sum(path.stat().st_size for path in files):,} bytes")


def calibrate_scenario(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="a folder that `import` wrote")],
    out: Annotated[
        Path | None, typer.Option(help="a new file for the scenario (default: print it)")
    ] = None,
) -> None:
    """Measure a scenario in the tables of an import, and say of each number how.

    Example: anywhere-sim calibrate results/real --out real.toml

    Each key has a comment: what was measured, with an interval of 95 %, or that it is a default.
    Best of all are RPC Client Access logs with perfmon's counters, of some days.
    """
    if out is not None:
        _check_new(out)
    found = calibrate(folder)
    found.scenario()  # refuses what no scenario can hold, before anything is written
    if out is None:
        echo(found.to_toml(), nl=False)
        return
    _new_file(out, found.to_toml())
    for sentence in found.summary():
        echo(sentence)
    echo(f"Scenario: {out}")


def import_profile(
    profile: Annotated[
        str, typer.Argument(metavar="PROFILE", help="a .prf or .reg file, or PR_ROH_FLAGS: 0x23")
    ],
    group: Annotated[
        str, typer.Option(metavar="NAME", help="the group of a scenario whose policy it is")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="a new file for the policy (default: print it)")
    ] = None,
) -> None:
    """Read an Outlook profile as the policy of a scenario; list what is not understood.

    Example: anywhere-sim profile outlook.prf --group sales --out policy.toml
    """
    found = read_profile(profile)
    text = found.to_toml(group)
    if out is None:
        echo(text, nl=False)
        return
    _new_file(out, text)
    echo(f"{out}: {len(found.policy)} keys; {len(found.unknown)} values not understood")
    for name in found.unknown:
        echo(f"  {name}")


def _new_file(path: Path, text: str) -> None:
    """Write a file. Raises FormatError where `_check_new` does."""
    _check_new(path)
    path.write_text(text, encoding="utf-8")


def _check_new(path: Path) -> None:
    """Raise FormatError where there is a file already, or no folder for it."""
    if path.exists():
        raise FormatError(f"{path} is there already; name a new file")
    if not path.parent.is_dir():
        raise FormatError(f"{path.parent} is no folder; make it first, or name another file")


__all__ = ["calibrate_scenario", "export_logs", "import_logs", "import_profile"]
