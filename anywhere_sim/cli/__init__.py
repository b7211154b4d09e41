"""The command `anywhere-sim`."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from anywhere_sim.cli import compare, reference, run, sensitivity, status, story, study
from anywhere_sim.cli.errors import one_sentence

ANY_WORDS = {"allow_extra_args": True, "ignore_unknown_options": True}
SIMULATE, RESULTS, INPUTS = "Simulate", "Look at results", "Look at inputs"

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.command("run", rich_help_panel=SIMULATE)(run.run)
app.command("study", rich_help_panel=SIMULATE)(study.study)
app.command("sensitivity", rich_help_panel=SIMULATE)(sensitivity.analyse_sensitivity)
app.command("story", rich_help_panel=SIMULATE)(story.tell)
app.command("facts", rich_help_panel=SIMULATE)(reference.print_facts)
app.command("compare", rich_help_panel=RESULTS)(compare.compare)
app.command("status", rich_help_panel=RESULTS)(status.show)
app.command("list", rich_help_panel=INPUTS)(reference.list_shipped)
app.command("describe", rich_help_panel=INPUTS)(reference.describe_scenario)
app.command("assumptions", rich_help_panel=INPUTS)(reference.print_assumptions)
app.command("sources", rich_help_panel=INPUTS)(reference.print_sources)
app.command("schema", rich_help_panel=INPUTS)(reference.print_schema)
app.command("hangs-on", hidden=True, context_settings=ANY_WORDS)(sensitivity.refuse_old_name)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"anywhere-sim {version('anywhere-sim')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="print the version"),
    ] = False,
) -> None:
    """Simulate how Outlook clients reach Exchange servers, and analyse the traces.

    SCENARIO and STUDY are names shown by `list`, or paths to .toml files.
    """


def main() -> None:
    """Run the command line; bad input ends with one sentence on stderr and exit code 2."""
    with one_sentence():
        app()
    sys.exit(0)
