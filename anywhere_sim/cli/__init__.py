"""The command `anywhere-sim`.

Bad input ends with one sentence on stderr and exit code 2, Ctrl-C with exit code 130, another
signal that asks for the end with 128 and its number.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from types import FrameType
from typing import Annotated, NoReturn

import typer

from anywhere_sim.cli import capacity, formats, pages, reference, runs, studies
from anywhere_sim.cli.console import complain, never_refuse_a_character
from anywhere_sim.des.environment import ZeroTimeLoopError
from anywhere_sim.network.link_trace import LinkTraceError
from anywhere_sim.scenario import ScenarioError
from anywhere_sim.traces import RunError

BAD_INPUT = 2
INTERRUPTED = 130
ENDING = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""Signals that ask a process to end, where the system has them."""
GO_ON = ("study", "capacity", "sensitivity")
"""Commands that keep what is finished and go on there."""
ANY_WORDS = {"allow_extra_args": True, "ignore_unknown_options": True}
SIMULATE, RESULTS, INPUTS = "Simulate", "Look at results", "Look at inputs"
FILES = "Logs and counters in and out"

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.command("run", rich_help_panel=SIMULATE)(runs.run_scenario)
app.command("study", rich_help_panel=SIMULATE)(studies.run_study)
app.command("capacity", rich_help_panel=SIMULATE)(capacity.find_capacity)
app.command("sensitivity", rich_help_panel=SIMULATE)(studies.analyse_sensitivity)
app.command("story", rich_help_panel=SIMULATE)(runs.tell_story)
app.command("calls", rich_help_panel=SIMULATE)(runs.count_calls)
app.command("facts", rich_help_panel=SIMULATE)(reference.print_facts)
app.command("report", rich_help_panel=RESULTS)(pages.report_runs)
app.command("compare", rich_help_panel=RESULTS)(runs.compare_runs)
app.command("status", rich_help_panel=RESULTS)(studies.print_status)
app.command("import", rich_help_panel=FILES)(formats.import_logs)
app.command("export", rich_help_panel=FILES)(formats.export_logs)
app.command("calibrate", rich_help_panel=FILES)(formats.calibrate_scenario)
app.command("profile", rich_help_panel=FILES)(formats.import_profile)
app.command("list", rich_help_panel=INPUTS)(reference.list_shipped)
app.command("describe", rich_help_panel=INPUTS)(reference.describe_scenario)
app.command("assumptions", rich_help_panel=INPUTS)(reference.print_assumptions)
app.command("sources", rich_help_panel=INPUTS)(reference.print_sources)
app.command("keys", rich_help_panel=INPUTS)(reference.print_keys)
app.command("columns", rich_help_panel=INPUTS)(reference.print_columns)
app.command("schema", rich_help_panel=INPUTS)(reference.print_schema)
app.command("hangs-on", hidden=True, context_settings=ANY_WORDS)(studies.refuse_old_name)


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


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn errors of input, and a run that would never end, into a sentence and an exit code."""
    try:
        yield
    except (ScenarioError, LinkTraceError, RunError, ZeroTimeLoopError) as error:
        complain(str(error))
        sys.exit(BAD_INPUT)
    except OSError as error:
        complain(
            f"cannot read or write a file ({error}); "
            "free some space, or choose another folder with --out"
        )
        sys.exit(BAD_INPUT)


@contextmanager
def stopped_cleanly() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end a command as Ctrl-C does: what is half-written is removed.

    The exit code is 128 and the signal's number, 130 after Ctrl-C. A signal that is ignored from
    the beginning (`nohup`) stays so.
    """
    number = int(signal.SIGINT)

    def stop(given: int, frame: FrameType | None) -> None:
        nonlocal number
        number = given
        signal.signal(given, signal.SIG_IGN)  # one is enough: what follows removes files
        raise KeyboardInterrupt

    signals = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    heeded = [each for each in signals if signal.getsignal(each) == signal.SIG_DFL]
    for each in heeded:
        signal.signal(each, stop)
    try:
        yield
    except KeyboardInterrupt:
        _stopped(number)
    except SystemExit as error:  # Typer turns Ctrl-C into this, without a message
        if error.code == INTERRUPTED:
            _stopped(number)
        raise
    finally:
        for each in heeded:
            signal.signal(each, signal.SIG_DFL)


def _stopped(number: int) -> NoReturn:
    sys.stderr.write("\n")
    goes_on = len(sys.argv) > 1 and sys.argv[1] in GO_ON
    complain(
        "stopped; no partial files are left"
        + (", and the same command goes on where it stopped" if goes_on else "")
    )
    sys.exit(128 + number)


def main() -> None:
    """Run the command line; bad input ends with one sentence on stderr and exit code 2."""
    never_refuse_a_character()
    with stopped_cleanly(), one_sentence():
        app()
    sys.exit(0)
