"""The command `anywhere-sim`: a file per command."""

from __future__ import annotations

import sys

import typer

from anywhere_sim.cli import assumptions, compare, describe, facts, listing, run, schema, story, study
from anywhere_sim.cli.failure import one_sentence

app = typer.Typer(no_args_is_help=True, add_completion=False, help="How Outlook reaches Exchange: simulate it, look at the traces.")
app.command("run")(run.run)
app.command("study")(study.study)
app.command("compare")(compare.compare)
app.command("list")(listing.show)
app.command("describe")(describe.show)
app.command("story")(story.tell)
app.command("assumptions")(assumptions.show)
app.command("schema")(schema.show)
app.command("facts")(facts.show)


def main() -> None:
    """Run the command line; bad input ends in one sentence and exit code 2."""
    with one_sentence():
        app()
    sys.exit(0)
