"""`anywhere-sim facts`: the model beside published figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from anywhere_sim.calibrate.facts import facts


def show(out: Annotated[Path | None, typer.Option(help="also write the table to this CSV file")] = None) -> None:
    """Print what the model predicts, what it was calibrated on, and what it is expected to miss (about a minute)."""
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
    frame = facts(lambda rows: iter(tqdm(rows, desc="facts", unit="figure", disable=None))).round(3)
    typer.echo(frame.drop(columns=["source", "remark"]).to_string(index=False))
    if out is not None:
        frame.to_csv(out, index=False, lineterminator="\n")
