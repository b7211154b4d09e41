"""`anywhere-sim run`: simulate a scenario and print what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import nan
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated

import pandas as pd
import typer
from tqdm import tqdm

from anywhere_sim.analysis.intervals import mean_interval
from anywhere_sim.analysis.labels import short
from anywhere_sim.analysis.summary import summary
from anywhere_sim.cli.arguments import Settings, changed
from anywhere_sim.cli.workers import cores, executor
from anywhere_sim.scenario import Scenario, sites
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces import Run
from anywhere_sim.traces.contents import stranger_in_runs
from anywhere_sim.traces.folder import free_folder, replaced


def run(
    scenario: Annotated[
        str, typer.Argument(help="a name that `list` shows, or a path to a .toml file")
    ],
    seed: Annotated[
        int, typer.Option(min=0, help="names the run; the same seed gives the same bytes")
    ] = 7,
    replications: Annotated[int, typer.Option(min=1, help="how many replications")] = 1,
    out: Annotated[Path | None, typer.Option(help="a new folder for the traces")] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="processes for sites that share nothing; one process unless told"),
    ] = None,
    dask: Annotated[
        str | None, typer.Option(help="a Dask scheduler for the sites, tcp://host:8786, or 'local'")
    ] = None,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="replace the runs that the folder holds, once the new ones are whole",
        ),
    ] = False,
    setting: Settings = None,
) -> None:
    """Simulate SCENARIO and print a table of what the servers did and what people felt.

    Example: anywhere-sim run office-day --set places.office.kind=dsl --out results/dsl

    Without --out nothing is kept. Exit codes: 0, 2 for bad input, 130 when broken off by Ctrl-C.
    """
    chosen = changed(Scenario.load(scenario), setting)
    Rules().check(chosen)
    tables = []
    with _place(out, overwrite) as place, _side_by_side(chosen, place, workers, dask) as pool:
        for replication in tqdm(
            range(replications),
            desc=scenario,
            unit="run",
            disable=None if replications > 1 else True,
        ):
            folder = (
                place
                if place is None or replications == 1
                else place / f"replication-{replication}"
            )
            made = simulate(
                chosen, seed=seed, replication=replication, folder=folder, executor=pool
            )
            tables.append(summary(made))
        typer.echo(f"{scenario}: {chosen.why}")
        if replications == 1:
            _show(made)
        else:
            _show_spread(tables)


def _place(out: Path | None, overwrite: bool) -> AbstractContextManager[Path | None]:
    """Return where to write while the block goes on; what `out` holds stays until it ends well."""
    if out is None:
        return nullcontext()
    if overwrite:
        return replaced(out, stranger_in_runs, "a run")
    return nullcontext(free_folder(out))


@contextmanager
def _side_by_side(
    scenario: Scenario, out: Path | None, workers: int | None, dask: str | None
) -> Iterator[Executor | None]:
    """Yield an executor for the sites, or None when nobody asked for one or there is nothing to
    divide.
    """
    if workers is None and dask is None:
        yield None
    elif len(sites(scenario)) == 1:
        typer.echo(
            "one site: its groups share servers, links or a community, so that it runs in one process"  # noqa: E501
        )
        yield None
    else:
        with executor(out or Path(gettempdir()), cores(workers), dask) as pool:
            yield pool


def _show(made: Run) -> None:
    manifest = made.manifest
    typer.echo(
        f"seed {manifest['seed']}, replication {manifest['replication']}, {manifest['rpcs']:,} RPCs, {manifest['events_total']:,} events"  # noqa: E501
    )
    typer.echo(_text(summary(made)))
    typer.echo(str(made.audit()))


def _show_spread(tables: list[pd.DataFrame]) -> None:
    """Print the mean of each measure over the replications, its 95 % interval and the extremes."""
    values = pd.concat([table["value"] for table in tables], axis=1)
    found = [mean_interval(row) for row in values.to_numpy()]
    table = pd.DataFrame(
        {
            "mean": [each.mean for each in found],
            "± (95 %)": [each.half_width for each in found],
            "least": values.min(axis=1).to_numpy(),
            "most": values.max(axis=1).to_numpy(),
            "unit": tables[0]["unit"].to_numpy(),
        },
        index=values.index,
    )
    typer.echo(f"{len(tables)} replications\n{_text(table)}")


def _text(table: pd.DataFrame) -> str:
    return str(table.to_string(float_format=short, index_names=False, na_rep=short(nan)))
