"""`anywhere-sim run`: simulate a scenario and print what came of it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer
from tqdm import tqdm

from anywhere_sim.analysis.summary import summary
from anywhere_sim.model.simulate import simulate
from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.traces import Run
from anywhere_sim.traces.run import free_folder


def run(
    scenario: Annotated[str, typer.Argument(help="a name that `list` shows, or a path to a .toml file")],
    seed: Annotated[int, typer.Option(min=0, help="names the run; the same seed gives the same bytes")] = 7,
    replications: Annotated[int, typer.Option(min=1, help="how many replications")] = 1,
    out: Annotated[Path | None, typer.Option(help="a new folder for the traces")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="change a key, e.g. groups.office.mode=cached")
    ] = None,
) -> None:
    """Simulate SCENARIO and print a table of what the servers did and what people felt."""
    chosen = _changed(Scenario.load(scenario), setting or [])
    if out is not None:
        free_folder(out)
    for replication in tqdm(range(replications), desc=scenario, unit="run", disable=None if replications > 1 else True):
        made = simulate(chosen, seed=seed, replication=replication)
        if out is not None:
            made.save(out if replications == 1 else out / f"replication-{replication}")
        _show(scenario, chosen, made)


def _changed(scenario: Scenario, settings: list[str]) -> Scenario:
    changes: dict[str, Any] = {}
    for setting in settings:
        key, separator, value = setting.partition("=")
        if not separator:
            raise ScenarioError(f"--set {setting!r} has no '='; write KEY=VALUE, for example groups.office.mode=cached")
        changes[key.strip().replace(".", "__")] = _value(value.strip())
    return scenario.with_(**changes) if changes else scenario


def _value(text: str) -> Any:
    """Return a TOML value; what is none is a word."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _show(name: str, scenario: Scenario, made: Run) -> None:
    manifest = made.manifest
    typer.echo(f"{name}: {scenario.why}")
    typer.echo(
        f"seed {manifest['seed']}, replication {manifest['replication']}, {manifest['rpcs']:,} RPCs, {manifest['events_total']:,} events"
    )
    typer.echo(summary(made).to_string(float_format=lambda value: f"{value:,.4g}", index_names=False))
    typer.echo(str(made.audit()))
