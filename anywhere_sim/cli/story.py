"""`anywhere-sim story`: one person's day in sentences."""

from __future__ import annotations

from typing import Annotated

import typer

from anywhere_sim.report.story import story
from anywhere_sim.scenario import Scenario
from anywhere_sim.simulation.simulate import simulate


def tell(
    scenario: Annotated[
        str, typer.Argument(help="a name that `list` shows, or a path to a .toml file")
    ],
    mailbox: Annotated[
        str,
        typer.Option(
            help="a name like sales/17, or a number, counted through the groups in alphabetical order"  # noqa: E501
        ),
    ] = "1",
    seed: Annotated[int, typer.Option(min=0, help="names the run")] = 7,
) -> None:
    """Simulate SCENARIO and tell one person's day.

    Example: anywhere-sim story mobile-workforce --mailbox sales/3
    """
    typer.echo(story(simulate(Scenario.load(scenario), seed=seed), mailbox=mailbox))
