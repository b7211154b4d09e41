"""Commands about runs: simulate a scenario, compare two, tell one person's day and its calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from math import nan
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated, Any

import pandas as pd
import typer

from anywhere_sim.analysis.intervals import mean_interval
from anywhere_sim.analysis.labels import short
from anywhere_sim.analysis.measures import summary
from anywhere_sim.analysis.moment import moment
from anywhere_sim.cli.arguments import (
    AtTimes,
    Beside,
    Dask,
    OutFolder,
    OwnMeasures,
    OwnRules,
    ScenarioName,
    Seed,
    Settings,
    Strict,
    changed,
    cores,
    executor,
    instants_s,
    named_measures,
)
from anywhere_sim.cli.console import echo, paragraph
from anywhere_sim.cli.pages import (
    CONTRADICTION,
    load_runs,
    page_path,
    print_audits,
    print_moments,
    print_verdict,
    saved_runs,
    told,
    write_page,
)
from anywhere_sim.cli.progress import run_progress
from anywhere_sim.experiments import compare
from anywhere_sim.experiments.plan import MAX_REPLICATIONS
from anywhere_sim.report import side_by_side
from anywhere_sim.report.describe import effect_notes, notes
from anywhere_sim.report.findings import RunFindings
from anywhere_sim.report.run_page import Asked
from anywhere_sim.report.side_by_side import SideBySide, side_by_side_said
from anywhere_sim.report.story import calls, mailbox_name, story
from anywhere_sim.report.text import few_replications
from anywhere_sim.report.verdict import verdict
from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces.findings import Audit
from anywhere_sim.traces.folder import free_folder, replaced, stranger_in_runs
from anywhere_sim.traces.own_measures import own_measures

Mailbox = Annotated[
    str, typer.Option(help="a name like sales/17, or a number: groups in alphabetical order")
]
SINGLE_RUNS = (
    "Single runs have no confidence intervals; "
    "compare replications instead (`run --replications 10 --out DIR`, of both scenarios)."
)
AT_ONE_RUN = (
    "--at shows one run; leave --replications out, or ask one of those saved: "
    "anywhere-sim report DIR/replication-0 --at 08:30"
)
BESIDE_ONE_RUN = "--beside compares one run; leave --replications out, or use `compare`"
ONE_SITE = "One site: its groups share servers, links or a community, so it runs in one process."


def run_scenario(
    scenario: ScenarioName,
    seed: Seed = 7,
    replications: Annotated[
        int, typer.Option(min=1, max=MAX_REPLICATIONS, help="number of replications")
    ] = 1,
    out: OutFolder = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="number of processes for sites that share nothing (default: 1)"),
    ] = None,
    dask: Dask = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="replace runs in the folder when the new ones end")
    ] = False,
    strict: Strict = False,
    report: Annotated[
        bool, typer.Option("--report", help="write a page per run: DIR/report.html with --out DIR")
    ] = False,
    at: AtTimes = None,
    beside: Beside = None,
    setting: Settings = None,
    rules: OwnRules = None,
    measure: OwnMeasures = None,
) -> None:
    """Simulate SCENARIO; print server load and user-perceived performance.

    Example: anywhere-sim run office-day --set places.office.kind=dsl --out results/dsl --report

    Without --out no traces are kept, and the page is results/SCENARIO-report.html. Exit codes: 0,
    2 for bad input, 3 when the audit finds tables that contradict each other (all is written, and
    each finding has a line), 130 after Ctrl-C.
    """
    chosen = changed(Scenario.load(scenario), setting)
    if rules is not None:
        chosen = chosen.with_(rules=rules)
    Rules.of(chosen)
    times_s = instants_s(at, chosen)
    if at and replications > 1:
        raise ScenarioError(AT_ONE_RUN)
    if beside is not None:
        if replications > 1:
            raise ScenarioError(BESIDE_ONE_RUN)
        side_by_side.check(beside, chosen)
    own = own_measures(named_measures(measure))
    tables, unread, audits, firsts = [], list[set[str]](), list[Audit](), list[str]()
    with (
        _target(out, overwrite) as target,
        _executor(chosen, target, workers, dask) as pool,
        run_progress(chosen, scenario, replications) as progress,
        _kept(None if overwrite else target),
    ):
        for number in range(replications):
            folder = target
            if target is not None and replications > 1:
                folder = target / f"replication-{number}"
            run = simulate(
                chosen, seed, number, folder=folder, executor=pool, strict=strict, measures=own,
                watch=progress.watch,
            )  # fmt: skip
            tables.append(summary(run))
            unread.append(set(run.manifest["without_effect"]))
            audits.append(run.audit())
            progress.finished(number + 1)
            moments = [moment(run, chosen, each) for each in times_s]
            both = side_by_side.beside(run, beside) if beside is not None else None
            shown = report or both is not None
            found = RunFindings.of(run, chosen) if shown else None
            if report and found is not None:
                firsts.append(verdict(found)[0])
                asked = Asked(setting or (), moments, both, str(beside or ""))
                write_page(found, scenario, folder, asked)
        said = told(run, chosen) if found is None else []
    echo(f"{scenario}: {chosen.why}")
    for note in (
        *notes(chosen),
        *effect_notes(sorted(set.intersection(*unread)), "this run", chosen),
    ):
        echo(note)
    if replications == 1:
        if found is not None:
            print_verdict(found, both)
        _print_run(run.manifest, tables[0])
        for sentence in said:
            paragraph(sentence)
        print_moments(moments)
        echo(str(audits[0]))
    else:
        for number, first in enumerate(firsts):
            paragraph(f"- replication {number}: {first}", "  ")
        _print_replications(tables)
        print_audits({f"replication {number}: ": each for number, each in enumerate(audits)})
    if report:
        echo(f"Report: {page_path(Path(scenario).stem, out, replications > 1)}")
    if not Audit.of(audits).ok:
        raise typer.Exit(CONTRADICTION)


@contextmanager
def _kept(target: Path | None) -> Iterator[None]:
    """Say, when the block is stopped, what runs are whole in the folder and how to go on there."""
    try:
        yield
    except KeyboardInterrupt:
        whole = saved_runs(target) if target is not None else []
        if whole:
            runs = "the traces of the run are" if len(whole) == 1 else f"{len(whole)} runs are"
            echo(f"\n{runs} whole; their page: anywhere-sim report {target}", err=True)
        raise


def compare_runs(
    first: Annotated[
        Path, typer.Argument(help="a folder that `run --out` wrote: one run, or replications")
    ],
    second: Annotated[Path, typer.Argument(help="another, with the same replications")],
    measure: OwnMeasures = None,
) -> None:
    """Compare two saved runs: what differs in their scenarios, and in their results.

    Example: anywhere-sim compare results/online results/dsl
    """
    one, other = load_runs(first), load_runs(second)
    table = compare(one, other, named_measures(measure))
    if len(one) == 1 and all("written" in run.manifest for run in (*one, *other)):
        both = side_by_side.beside(other[0], first)
        assert isinstance(both, SideBySide)  # neither is an import
        for sentence in (*side_by_side_said(both), ""):
            paragraph(sentence)
    for key, (before, after) in table.attrs["changed"].items():
        echo(f"{key}: {before} -> {after}")
    single = len(one) == 1
    table = table.rename(columns={"first": str(first), "second": str(second)})
    echo(_text(table.drop(columns=["low", "high", "word"]) if single else table))
    if single:
        echo(SINGLE_RUNS)
    elif few := few_replications(len(one)):
        echo(few)


def tell_story(scenario: ScenarioName, mailbox: Mailbox = "1", seed: Seed = 7) -> None:
    """Simulate SCENARIO and print one person's day in sentences.

    Example: anywhere-sim story mobile-workforce --mailbox sales/3
    """
    echo(story(simulate(Scenario.load(scenario), seed=seed), mailbox=mailbox))


def count_calls(
    scenario: ScenarioName, mailbox: Mailbox = "1", seed: Seed = 7, setting: Settings = None
) -> None:
    """Simulate SCENARIO and print what one person's Outlook asked of servers.

    A call is one RPC (perfmon: packet), an operation one ROP that it carries, an action a thing the
    person did.

    Example: anywhere-sim calls office-day --mailbox 1 --set groups.online.mode=cached
    """
    chosen = changed(Scenario.load(scenario), setting)
    name = mailbox_name(chosen, mailbox)
    echo(calls(simulate(chosen.with_(record_rpcs=[name]), seed=seed), name))


def _target(out: Path | None, overwrite: bool) -> AbstractContextManager[Path | None]:
    """Return the folder to write to; what `out` holds stays until the block ends well."""
    if out is None:
        return nullcontext()
    if overwrite:
        return replaced(out, stranger_in_runs, "a run")
    return nullcontext(free_folder(out))


@contextmanager
def _executor(
    scenario: Scenario, out: Path | None, workers: int | None, dask: str | None
) -> Iterator[Executor | None]:
    """Yield an executor for the sites, or None for one site or when none was asked for."""
    if workers is None and dask is None:
        yield None
    elif len(scenario.sites()) == 1:
        echo(ONE_SITE)
        yield None
    else:
        with executor(out or Path(gettempdir()), cores(workers), dask) as pool:
            yield pool


def _print_run(manifest: Mapping[str, Any], table: pd.DataFrame) -> None:
    echo(
        f"seed {manifest['seed']}, replication {manifest['replication']}, "
        f"{manifest['rpcs']:,} RPCs, {manifest['events_total']:,} events"
    )
    echo(_text(table))


def _print_replications(tables: list[pd.DataFrame]) -> None:
    """Print the mean of each measure, its 95 % interval and the extremes."""
    values = pd.concat([table["value"] for table in tables], axis=1)
    intervals = [mean_interval(row) for row in values.to_numpy()]
    table = pd.DataFrame(
        {
            "mean": [interval.mean for interval in intervals],
            "± (95 %)": [interval.half_width for interval in intervals],
            "min": values.min(axis=1).to_numpy(),
            "max": values.max(axis=1).to_numpy(),
            "unit": tables[0]["unit"].to_numpy(),
        },
        index=values.index,
    )
    echo(f"{len(tables)} replications\n{_text(table)}")
    if few := few_replications(len(tables)):
        echo(few)


def _text(table: pd.DataFrame) -> str:
    return str(table.to_string(float_format=short, index_names=False, na_rep=short(nan)))
