"""`anywhere-sim sensitivity`: one-at-a-time sensitivity analysis of a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from anywhere_sim.cli.workers import cores, executor
from anywhere_sim.experiments import Study
from anywhere_sim.experiments.progress import bar
from anywhere_sim.experiments.sensitivity import FILE_NAME, sensitivity
from anywhere_sim.report.sensitivity import tornado_table
from anywhere_sim.scenario import ScenarioError


def analyse_sensitivity(
    name: Annotated[
        str,
        typer.Argument(
            metavar="STUDY",
            help="a name in data/studies, or a path to a .toml file with a table `sensitivity`",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="folder of the runs; an unfinished one is continued (default: results/STUDY-sensitivity)"  # noqa: E501
        ),
    ] = None,
    replications: Annotated[int, typer.Option(min=2, help="replications of each variation")] = 2,
    workers: Annotated[
        int | None, typer.Option(min=1, help="number of processes (default: one per core)")
    ] = None,
) -> None:
    """Set each uncertain input of STUDY to both ends of its range, one at a time, and print the
    results.

    Example: anywhere-sim sensitivity path-and-cache --out results/sensitivity

    Runs two studies per input: the shipped one takes about a quarter of an hour on two cores. Exit
    code 2: bad input.
    """  # fmt: skip
    plan = Study.load(name).plan
    folder = out or Path("results") / f"{Path(name).stem}-sensitivity"
    try:
        with executor(folder, cores(workers), None) as pool:
            table = sensitivity(plan, folder, replications, pool, bar)
    except KeyboardInterrupt:
        for part in folder.glob("*/study.json"):
            Study(plan).tidy(part.parent)
        raise
    table.to_csv(folder / FILE_NAME, index=False, float_format="%.6g")
    typer.echo(tornado_table(table).to_string())
    typer.echo(f"The whole table: {folder / FILE_NAME}")


def refuse_old_name() -> None:
    """Say what the command is called now. Raises ScenarioError."""
    raise ScenarioError(
        "the command `hangs-on` is now called `sensitivity`; write: anywhere-sim sensitivity STUDY"
    )
