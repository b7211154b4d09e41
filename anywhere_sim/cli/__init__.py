"""The command `anywhere-sim`: a file per command."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from anywhere_sim.cli import assumptions, compare, describe, facts, listing, run, schema, sensitivity, status, story, study
from anywhere_sim.cli.failure import one_sentence

ANY_WORDS = {"allow_extra_args": True, "ignore_unknown_options": True}

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.command("run")(run.run)
app.command("study")(study.study)
app.command("status")(status.show)
app.command("sensitivity")(sensitivity.analyse_sensitivity)
app.command("hangs-on", hidden=True, context_settings=ANY_WORDS)(sensitivity.refuse_old_name)
app.command("compare")(compare.compare)
app.command("list")(listing.show)
app.command("describe")(describe.show)
app.command("story")(story.tell)
app.command("assumptions")(assumptions.show)
app.command("sources")(assumptions.sources)
app.command("schema")(schema.show)
app.command("facts")(facts.show)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"anywhere-sim {version('anywhere-sim')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="print the version and stop")] = False,
) -> None:
    """How Outlook reaches Exchange: simulate it, look at the traces."""


def main() -> None:
    """Run the command line; bad input ends in one sentence and exit code 2."""
    with one_sentence():
        app()
    sys.exit(0)
