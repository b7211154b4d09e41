"""`anywhere-sim schema`: the JSON Schema of a scenario, for editors."""

from __future__ import annotations

import json

import typer

from anywhere_sim.scenario import Scenario


def show() -> None:
    """Print the JSON Schema of a scenario file, so that an editor completes and checks it.

    Example: anywhere-sim schema > scenario.schema.json
    """
    typer.echo(json.dumps(Scenario.model_json_schema(), indent=2))
