"""`anywhere-sim assumptions` and `sources`: the numbers that nobody published, and where the others come from."""

from __future__ import annotations

from typing import Annotated

import typer

from anywhere_sim.report.assumptions import assumptions
from anywhere_sim.report.sources import section_text, sources_page
from anywhere_sim.scenario.errors import ScenarioError, nearest
from anywhere_sim.scenario.sources import sections


def show() -> None:
    """Print every assumed and every calibrated number with its range."""
    table = assumptions()
    typer.echo(table[table["mark"] != "documented"].fillna("").to_string(index=False, max_colwidth=140))


def sources(
    section: Annotated[str, typer.Argument(help='a section, as "facts 1.4"; without one: all')] = "",
) -> None:
    """Print what the sources of the numbers say, with addresses, dates and how sure they are.

    Example: anywhere-sim sources "measurements B3"
    """
    if section and section not in sections():
        raise ScenarioError(f"there is no section {section!r}; {nearest(section, sections())} (`anywhere-sim sources` shows all)")
    typer.echo(section_text(sections()[section]) if section else sources_page(), nl=False)
