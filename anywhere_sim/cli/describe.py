"""`anywhere-sim describe`: everything that will be simulated."""

from __future__ import annotations

from typing import Annotated

import typer

from anywhere_sim.cli.settings import Settings, changed
from anywhere_sim.report.describe import describe
from anywhere_sim.scenario import Scenario


def show(
    scenario: Annotated[str, typer.Argument(help="a name that `list` shows, or a path to a .toml file")], setting: Settings = None
) -> None:
    """Say in words and tables what SCENARIO simulates, every number with its source.

    Example: anywhere-sim describe mobile-workforce
    """
    typer.echo(describe(changed(Scenario.load(scenario), setting)))
