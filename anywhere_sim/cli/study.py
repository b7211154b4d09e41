"""`anywhere-sim study`: run a plan, print the answer, leave traces, figure and report."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from tqdm import tqdm

from anywhere_sim.experiments import Study
from anywhere_sim.model.simulate import simulate
from anywhere_sim.report import answer
from anywhere_sim.report.sentences import sentences, short_table


def study(
    name: Annotated[str, typer.Argument(metavar="STUDY", help="a name in data/studies, or a path to a .toml file")],
    out: Annotated[Path | None, typer.Option(help="the folder of the results; one half done is continued")] = None,
    replications: Annotated[int | None, typer.Option(min=2, help="other than the study says")] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="processes; as many as there are cores unless told")] = None,
    estimate: Annotated[bool, typer.Option("--estimate", help="say what it would cost, and stop")] = False,
) -> None:
    """Run STUDY: every cell, replicated; print the table, leave traces, figure and report."""
    plan = Study.load(name).plan
    chosen = Study(plan if replications is None else plan.model_copy(update={"replications": replications}))
    processes = workers or os.cpu_count() or 1
    if estimate:
        _estimate(chosen, processes)
        return
    folder = out or Path("results") / Path(name).stem
    with ProcessPoolExecutor(processes) as executor:
        results = chosen.run(folder, executor, _bar)
    typer.echo(f"\n{plan.why}\n\n{short_table(results).to_string()}\n")
    for sentence in sentences(results):
        typer.echo(f"- {sentence}")
    page = answer.write(results, folder)
    for row in results.failures.to_dict("records"):
        typer.echo(f"failed: {row}")
    typer.echo(f"\n{answer.standing()}\nThe report: {page}; traces and figure beside it.")
    if len(results.failures):
        raise typer.Exit(1)


def _bar(finished: Iterable[Any], total: int) -> Iterable[Any]:
    bar: Iterable[Any] = tqdm(finished, total=total, desc="study", unit="run")
    return bar


def _estimate(chosen: Study, processes: int) -> None:
    """Measure a slice of each cell, a hundredth of its people or thirty at least, and scale cost with the number of people."""
    runs = rpcs = 0
    seconds = 0.0
    for scenario in chosen.plan.scenarios().values():
        few = {
            f"groups__{name}__mailboxes": max(1, min(group.mailboxes, group.mailboxes // 100 + 30))
            for name, group in scenario.groups.items()
        }
        share = sum(group.mailboxes for group in scenario.groups.values()) / sum(few.values())
        begun = perf_counter()
        made = simulate(scenario.with_(**few), chosen.plan.seed)
        seconds += (perf_counter() - begun) * share * chosen.plan.replications
        rpcs += int(made.manifest["rpcs"] * share) * chosen.plan.replications
        runs += chosen.plan.replications
    typer.echo(f"{runs} runs, about {rpcs:,} RPCs, about {seconds / 60.0 / processes:,.1f} minutes on {processes} cores")
