"""`anywhere-sim compare`: two saved runs side by side."""

from __future__ import annotations

from math import nan
from pathlib import Path
from typing import Annotated

import typer

from anywhere_sim.analysis.labels import short
from anywhere_sim.experiments import compare as pair
from anywhere_sim.traces import Run

ALONE = "single runs: how well a difference is known takes replications (`run --replications 10 --out DIR`, of both)"  # noqa: E501


def compare(
    first: Annotated[
        Path, typer.Argument(help="a folder that `run --out` has written: one run, or replications")
    ],
    second: Annotated[Path, typer.Argument(help="another, with the same replications")],
) -> None:
    """Print what differs in the scenarios of FIRST and SECOND, and what differs in the results.

    Example: anywhere-sim compare results/online results/dsl
    """
    one, other = _runs(first), _runs(second)
    table = pair(one, other)
    for key, (before, after) in table.attrs["changed"].items():
        typer.echo(f"{key}: {before} -> {after}")
    shown = table if len(one) > 1 else table.drop(columns=["low", "high", "word"])
    typer.echo(shown.to_string(float_format=short, index_names=False, na_rep=short(nan)))
    if len(one) == 1:
        typer.echo(ALONE)


def _runs(folder: Path) -> list[Run]:
    numbered = [
        path for path in folder.glob("replication-*") if path.name.rpartition("-")[2].isdecimal()
    ]
    parts = sorted(numbered, key=lambda path: int(path.name.rpartition("-")[2]))
    return [Run.load(part) for part in parts] or [Run.load(folder)]
