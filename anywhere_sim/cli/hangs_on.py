"""`anywhere-sim hangs-on`: what the answer of a study hangs on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from anywhere_sim.cli.workers import cores, executor
from anywhere_sim.experiments import Study
from anywhere_sim.experiments.hangs_on import KEPT, hangs_on
from anywhere_sim.experiments.progress import bar
from anywhere_sim.report.hangs_on import tornado_table


def show(
    name: Annotated[str, typer.Argument(metavar="STUDY", help="a name in data/studies, or a path to a .toml file with a table hangs_on")],
    out: Annotated[
        Path | None, typer.Option(help="the folder of the runs (results/STUDY-hangs-on unless told); one half done is continued")
    ] = None,
    replications: Annotated[int, typer.Option(min=2, help="of each variation")] = 2,
    workers: Annotated[int | None, typer.Option(min=1, help="processes; as many as there are cores unless told")] = None,
) -> None:
    """Move the uncertain numbers of STUDY to the ends of their range, one at a time, and print what becomes of its answer.

    Example: anywhere-sim hangs-on path-and-cache --out results/moved

    Twice as many studies as there are numbers: the shipped one takes about a quarter of an hour on two cores. Exit code 2 for bad input.
    """
    plan = Study.load(name).plan
    folder = out or Path("results") / f"{Path(name).stem}-hangs-on"
    try:
        with executor(folder, cores(workers), None) as pool:
            table = hangs_on(plan, folder, replications, pool, bar)
    except KeyboardInterrupt:
        for part in folder.glob("*/study.json"):
            Study(plan).tidy(part.parent)
        raise
    table.to_csv(folder / KEPT, index=False, float_format="%.6g")
    typer.echo(tornado_table(table).to_string())
    typer.echo(f"The whole table: {folder / KEPT}")
