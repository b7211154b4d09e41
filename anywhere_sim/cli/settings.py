"""`--set KEY=VALUE`: a scenario with a key changed."""

from __future__ import annotations

import tomllib
from datetime import time
from typing import Annotated, Any

import typer

from anywhere_sim.scenario import Scenario, ScenarioError

Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="change a key, e.g. groups.office.mode=cached")]


def changed(scenario: Scenario, settings: list[str] | None) -> Scenario:
    """Return the scenario with the settings made. Raises ScenarioError for one that is no KEY=VALUE or makes no sense."""
    changes: dict[str, Any] = {}
    for setting in settings or []:
        key, separator, value = setting.partition("=")
        if not separator:
            raise ScenarioError(f"--set {setting!r} has no '='; write KEY=VALUE, for example groups.office.mode=cached")
        changes[key.strip().replace(".", "__")] = _value(value.strip())
    return scenario.with_(**changes) if changes else scenario


def _value(text: str) -> Any:
    """Return a TOML value; what is none is a word, and so is a time of day, as scenarios write it."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return text if isinstance(value, time) else value
