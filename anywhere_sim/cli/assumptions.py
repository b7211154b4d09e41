"""`anywhere-sim assumptions`: the numbers that nobody published, with their ranges."""

from __future__ import annotations

import typer

from anywhere_sim.report.assumptions import assumptions


def show() -> None:
    """Print every assumed and every calibrated number with its range."""
    table = assumptions()
    typer.echo(table[table["mark"] != "documented"].fillna("").to_string(index=False, max_colwidth=70))
