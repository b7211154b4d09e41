"""`anywhere-sim compare`: two saved runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from anywhere_sim.experiments import compare as pair
from anywhere_sim.traces import Run


def compare(
    first: Annotated[Path, typer.Argument(help="a folder that `run --out` has written: one run, or replications")],
    second: Annotated[Path, typer.Argument(help="another, with the same replications")],
) -> None:
    """Print what differs in the scenarios of FIRST and SECOND, and what differs in the results.

    Example: anywhere-sim compare results/online results/dsl
    """
    table = pair(_runs(first), _runs(second))
    for key, (before, after) in table.attrs["changed"].items():
        typer.echo(f"{key}: {before} -> {after}")
    typer.echo(table.to_string(float_format=lambda value: f"{value:,.4g}"))


def _runs(folder: Path) -> list[Run]:
    numbered = [path for path in folder.glob("replication-*") if path.name.rpartition("-")[2].isdecimal()]
    parts = sorted(numbered, key=lambda path: int(path.name.rpartition("-")[2]))
    return [Run.load(part) for part in parts] or [Run.load(folder)]
