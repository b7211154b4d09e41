"""Commands that simulate nothing new: what ships, what goes in, and how it compares with facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from tqdm import tqdm

from anywhere_sim.cli.arguments import ScenarioName, Settings, changed
from anywhere_sim.cli.console import echo
from anywhere_sim.experiments import Study
from anywhere_sim.report.assumptions import assumptions, section_text, sources_page
from anywhere_sim.report.describe import describe
from anywhere_sim.report.reference import columns_page, keys_page
from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.scenario.errors import nearest
from anywhere_sim.scenario.shipped import scenario_names, study_names
from anywhere_sim.scenario.sources import sections
from anywhere_sim.validation.facts import facts

WIDTH = 140
"""Letters of a source before it is cut off in a table."""


def list_shipped() -> None:
    """List the scenarios and studies that ship, each with its question."""
    scenarios = {name: Scenario.load(name).why for name in scenario_names()}
    studies = {name: Study.load(name).plan.why for name in study_names()}
    for heading, entries in (("Scenarios", scenarios), ("Studies", studies)):
        echo(heading)
        for name, why in entries.items():
            echo(f"  {name:22s} {why}")


def describe_scenario(scenario: ScenarioName, setting: Settings = None) -> None:
    """Describe what SCENARIO simulates: every input with its value, mark and source.

    Example: anywhere-sim describe mobile-workforce
    """
    echo(describe(changed(Scenario.load(scenario), setting)))


def print_assumptions() -> None:
    """List the assumed and calibrated inputs of the model with their plausible ranges."""
    table = assumptions()
    uncertain = table[table["mark"] != "documented"].fillna("")
    echo(uncertain.to_string(index=False, max_colwidth=WIDTH))


def print_sources(
    section: Annotated[
        str, typer.Argument(help='a section, like "facts 1.4" (default: all)', show_default=False)
    ] = "",
) -> None:
    """Print the sources of the inputs: statements, addresses, dates and how sure they are.

    Example: anywhere-sim sources "measurements B3"
    """
    if section and section not in sections():
        raise ScenarioError(
            f"there is no section {section!r}; {nearest(section, sections())} "
            "(`anywhere-sim sources` shows all)"
        )
    echo(section_text(sections()[section]) if section else sources_page(), nl=False)


def print_keys(
    part: Annotated[
        str, typer.Argument(help="a part, like servers (default: all)", show_default=False)
    ] = "",
) -> None:
    """Print every key of a scenario and a study: meaning, unit, what is allowed, source.

    Example: anywhere-sim keys servers
    """
    echo(keys_page(part), nl=False)


def print_columns() -> None:
    """Print every table of a run and every column: meaning and unit."""
    echo(columns_page(), nl=False)


def print_schema() -> None:
    """Print the JSON Schema of scenario files, with which an editor completes and checks them.

    Example: anywhere-sim schema > scenario.schema.json
    """
    echo(json.dumps(Scenario.model_json_schema(), indent=2))


def print_facts(
    out: Annotated[Path | None, typer.Option(help="also write the table to this CSV file")] = None,
) -> None:
    """Compare the model with published figures (takes three to four minutes).

    Each figure is predicted, calibrated (the model was fitted to it), expected to fail or not
    comparable; the table in the file says why, and where the figure is from.
    """
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
    table = facts(lambda rows: iter(tqdm(rows, desc="facts", unit="figure", disable=None))).round(3)
    if out is not None:
        table.to_csv(out, index=False, lineterminator="\n")
    echo(table.drop(columns=["source", "remark"]).to_string(index=False))
