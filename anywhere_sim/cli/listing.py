"""`anywhere-sim list`: the scenarios that ship, each with its question."""

from __future__ import annotations

import typer

from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.catalogue import scenario_names


def show() -> None:
    """List the scenarios that ship."""
    for name in scenario_names():
        typer.echo(f"{name:28s} {Scenario.load(name).why}")
