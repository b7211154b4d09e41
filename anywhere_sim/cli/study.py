"""`anywhere-sim study`: run a plan, print the answer, leave traces, figure and report."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Annotated

import pandas as pd
import typer

from anywhere_sim.cli.workers import cores, executor
from anywhere_sim.experiments import Study
from anywhere_sim.experiments.plan import Plan
from anywhere_sim.experiments.progress import bar
from anywhere_sim.experiments.study_files import stranger_in_study
from anywhere_sim.report import result
from anywhere_sim.report.assumptions import status
from anywhere_sim.report.text import result_text
from anywhere_sim.scenario import Scenario
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces.folder import replaced


def study(
    name: Annotated[
        str,
        typer.Argument(metavar="STUDY", help="a name in data/studies, or a path to a .toml file"),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="the folder of the results (results/STUDY unless told); one half done is continued"
        ),
    ] = None,
    replications: Annotated[
        int | None, typer.Option(min=2, help="other than the study says")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="processes; as many as there are cores unless told")
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(
            help="a Dask scheduler, tcp://host:8786, or 'local' for a cluster on this machine"
        ),
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="replace what the folder holds of this or another study, once the new one is whole",  # noqa: E501
        ),
    ] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="say what it would cost, and stop")
    ] = False,
) -> None:
    """Run STUDY: every cell, replicated; print the table, leave traces, figure and report.

    Example: anywhere-sim study path-and-cache --replications 3 --out results/quick

    Exit codes: 0 all is there, 1 some runs failed (their reasons are printed), 2 bad input, 130
    broken off by Ctrl-C.
    """
    plan = Study.load(name).plan
    chosen = Study(
        plan if replications is None else plan.model_copy(update={"replications": replications})
    )
    processes = cores(workers)
    if estimate:
        _estimate(chosen, processes)
        return
    folder = out or Path("results") / Path(name).stem
    with _place(chosen, folder, overwrite) as place:
        try:
            with executor(place, processes, dask) as pool:
                results = chosen.run(place, pool, bar)
        except KeyboardInterrupt:
            chosen.tidy(place)
            raise
        for row in results.failures.to_dict("records"):
            typer.echo(f"failed: {row}")
        if len(results.failures) == len(chosen.tasks(folder)):
            typer.echo("every run failed: there is nothing to report")
            raise typer.Exit(1)
        typer.echo(f"\n{result_text(results)}")
        page = folder / result.write(results, place).name
    typer.echo(
        f"\n{status()}\n{result.sensitivity_section(chosen.plan).sentence}\nThe report: {page}; traces and figure are in the same folder."  # noqa: E501
    )
    if len(results.failures):
        raise typer.Exit(1)


@contextmanager
def _place(chosen: Study, folder: Path, overwrite: bool) -> Iterator[Path]:
    """Yield where to write, after everything has been checked that can be before anything is
    touched.

    What is to be overwritten stays where it is until the new study has come to its end: that lies
    in a draft beside it, which the same command goes on with when it was stopped.
    """
    chosen.tasks(folder)
    if not overwrite or not folder.exists() or not any(folder.iterdir()):
        chosen.check(folder)
        yield folder
        return
    digits = sha256(json.dumps(chosen.note(), sort_keys=True).encode()).hexdigest()[:12]
    with replaced(folder, stranger_in_study, "a study", digits) as place:
        try:
            yield place
        except BaseException:
            _keep_or_drop(chosen, place, folder)
            raise


def _keep_or_drop(chosen: Study, place: Path, folder: Path) -> None:
    """Say that the finished runs of a study that was stopped are kept, or remove it when it has
    none.
    """
    done = int((chosen.status(place)["status"] == "done").sum())
    if done:
        typer.echo(
            f"{folder} is as it was; {done} new runs are kept for the same command", err=True
        )
    else:
        shutil.rmtree(place, ignore_errors=True)


def _estimate(chosen: Study, processes: int) -> None:
    """Measure a slice of each cell, a hundredth of its people or thirty at least, and scale its
    cost with the number of people.
    """
    rows = [
        _cell(cell, scenario, chosen.plan) for cell, scenario in chosen.plan.scenarios().items()
    ]
    table = pd.DataFrame(
        rows, columns=["cell", "runs", "RPCs", "minutes of one core", "GB of traces"]
    ).set_index("cell")
    typer.echo(
        table.to_string(
            float_format=lambda value: f"{value:,.3g}", formatters={"RPCs": "{:,.0f}".format}
        )
    )
    total = table.sum()
    minutes = total["minutes of one core"] / processes
    typer.echo(
        f"{total['runs']:,.0f} runs, about {total['RPCs']:,.0f} RPCs, about {minutes:,.1f} minutes on {processes} cores, "  # noqa: E501
        f"about {total['GB of traces']:,.2g} GB"
    )


def _cell(
    cell: tuple[str, ...], scenario: Scenario, plan: Plan
) -> tuple[str, int, float, float, float]:
    few = {
        f"groups__{name}__mailboxes": min(group.mailboxes, group.mailboxes // 100 + 30)
        for name, group in scenario.groups.items()
    }
    times = (
        plan.replications
        * sum(group.mailboxes for group in scenario.groups.values())
        / sum(few.values())
    )
    begun = perf_counter()
    made = simulate(scenario.with_(**few), plan.seed)
    with TemporaryDirectory() as temporary:
        made.save(Path(temporary) / "traces")
        written = sum(path.stat().st_size for path in Path(temporary).rglob("*") if path.is_file())
    minutes = (perf_counter() - begun) / 60.0
    return (
        "-".join(cell),
        plan.replications,
        made.manifest["rpcs"] * times,
        minutes * times,
        written * times / 1e9,
    )
