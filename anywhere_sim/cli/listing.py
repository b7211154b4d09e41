"""`anywhere-sim list`: the scenarios and studies that ship, each with its question."""

from __future__ import annotations

import typer

from anywhere_sim.experiments import Study
from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.shipped import scenario_names, study_names


def show() -> None:
    """List the scenarios and studies that ship."""
    typer.echo("scenarios")
    for name in scenario_names():
        typer.echo(f"  {name:26s} {Scenario.load(name).why}")
    typer.echo("studies")
    for name in study_names():
        typer.echo(f"  {name:26s} {Study.load(name).plan.why}")
