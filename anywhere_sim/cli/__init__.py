"""The command `anywhere-sim`: a file per command."""

from __future__ import annotations

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from anywhere_sim.cli import assumptions, compare, describe, facts, hangs_on, listing, run, schema, status, story, study
from anywhere_sim.cli.failure import one_sentence

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.command("run")(run.run)
app.command("study")(study.study)
app.command("status")(status.show)
app.command("hangs-on")(hangs_on.show)
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
