"""`anywhere-sim status`: how far a study is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from anywhere_sim.experiments import Study


def show(folder: Annotated[Path, typer.Argument(help="the folder of a study's results")]) -> None:
    """Say what of the study in FOLDER is done, what failed and why, and what is missing."""
    table = Study.in_folder(folder).status(folder)
    for word in ("done", "failed", "missing"):
        typer.echo(f"{word}: {(table['status'] == word).sum()}")
    for row in table[table["status"] == "failed"].to_dict("records"):
        typer.echo(f"failed: {row['cell']}, replication {row['replication']}: {row['reason']}")
