"""Arguments and options that several commands share."""

from __future__ import annotations

import tomllib
from datetime import time
from pathlib import Path
from typing import Annotated, Any

import typer

from anywhere_sim.scenario import Scenario, ScenarioError

ScenarioName = Annotated[
    str, typer.Argument(help="a name shown by `list`, or a path to a .toml file")
]
StudyName = Annotated[
    str, typer.Argument(metavar="STUDY", help="a name shown by `list`, or a path to a .toml file")
]
Seed = Annotated[int, typer.Option(min=0, help="seed; the same seed gives the same bytes")]
Workers = Annotated[
    int | None, typer.Option(min=1, help="number of processes (default: one per core)")
]
Dask = Annotated[
    str | None,
    typer.Option(
        help="a Dask scheduler, tcp://host:8786, or 'local' for a cluster on this machine"
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="change a key of the scenario, e.g. groups.office.mode=cached; may be repeated",
    ),
]
OutFolder = Annotated[Path | None, typer.Option(help="a new folder for the traces")]


def changed(scenario: Scenario, settings: list[str] | None) -> Scenario:
    """Return the scenario with the settings applied.

    Raises ScenarioError for a setting that is not KEY=VALUE or not valid.
    """
    changes: dict[str, Any] = {}
    for setting in settings or []:
        key, separator, value = setting.partition("=")
        if not separator:
            raise ScenarioError(
                f"--set {setting!r} has no '='; "
                "write KEY=VALUE, for example groups.office.mode=cached"
            )
        changes[key.strip().replace(".", "__")] = _value(value.strip())
    return scenario.with_(**changes) if changes else scenario


def _value(text: str) -> Any:
    """Return a TOML value; anything else is a word, and so is a time of day, as in scenarios."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return text if isinstance(value, time) else value
