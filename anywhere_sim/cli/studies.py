"""Commands about studies: run one, see how far it is, analyse its sensitivity to inputs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Annotated, Any

import pandas as pd
import typer

from anywhere_sim.analysis.labels import short
from anywhere_sim.analysis.measures import measures
from anywhere_sim.cli.arguments import (
    Dask,
    OwnMeasures,
    OwnRules,
    Strict,
    StudyName,
    Workers,
    cores,
    executor,
    named_measures,
)
from anywhere_sim.cli.console import columns, echo, paragraph
from anywhere_sim.cli.progress import study_progress
from anywhere_sim.experiments import Results, Study, parameter_space
from anywhere_sim.experiments.plan import MAX_REPLICATIONS, Plan
from anywhere_sim.experiments.sensitivity import FILE_NAME, sensitivity
from anywhere_sim.experiments.study import stranger_in_study
from anywhere_sim.report import assumptions, result
from anywhere_sim.report.describe import effect_notes
from anywhere_sim.report.sensitivity import (
    space_page,
    space_picture,
    space_table,
    space_verdict,
    tornado_table,
)
from anywhere_sim.report.text import result_text
from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.scenario.reading import no_effect_sentence
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces.folder import replaced

SPACE_PICTURE, SPACE_PAGE, SPACE_DPI = "parameter_space.png", "parameter_space.md", 80
SAMPLE_SHARE, MIN_SAMPLE = 0.01, 30
"""An estimate simulates this share of each group's mailboxes, and at least so many."""

FEWEST_REPLICATIONS = 2
"""Of each variation of a sensitivity analysis: with fewer there is no interval."""

Cost = tuple[int, float, int]


def run_study(
    name: StudyName,
    out: Annotated[
        Path | None,
        typer.Option(
            help="folder of the results; an unfinished study in it is continued "
            "(default: results/STUDY)"
        ),
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option(
            min=2, max=MAX_REPLICATIONS, help="number of replications (default: as in the study)"
        ),
    ] = None,
    workers: Workers = None,
    dask: Dask = None,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="replace a study in the folder when the new one ends"),
    ] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="estimate runs, minutes and GB, and stop")
    ] = False,
    strict: Strict = False,
    rules: OwnRules = None,
    measure: OwnMeasures = None,
) -> None:
    """Run STUDY: replicate every cell, print the results, write traces, figure and report.

    Example: anywhere-sim study path-and-cache --replications 3 --out results/quick

    Exit codes: 0, 1 when runs failed (their reasons are printed), 2 for bad input, 130 after
    Ctrl-C.
    """
    plan = Plan.load(name)
    if replications is not None:
        plan = plan.model_copy(update={"replications": replications})
    if rules is not None:
        plan = plan.model_copy(update={"settings": {**plan.settings, "rules": rules}})
    own = {**plan.measures, **named_measures(measure)}
    study = Study(plan.model_copy(update={"measures": own}))
    processes = min(cores(workers), len(plan.cells()) * plan.replications)
    if estimate:
        _print_estimate(study, processes)
        return
    folder = out or Path("results") / Path(name).stem
    with _target(study, folder, overwrite) as target:
        try:
            with executor(target, processes, dask) as pool:
                results = study.run(target, pool, study_progress)
        except KeyboardInterrupt:
            study.tidy(target)
            raise
        if len(results.failures) == len(study.tasks(folder)):
            _print_failures(results)
            echo("every run failed: there is nothing to report")
            raise typer.Exit(1)
        unread = study.without_effect(target)
        if strict and unread:
            raise ScenarioError(no_effect_sentence(unread))
        page = folder / result.write(results, target).name
    _print_failures(results)
    for note in effect_notes(unread, "any run of this study"):
        echo(note)
    echo(f"\n{result_text(results, columns())}\n")
    paragraph(assumptions.status())
    paragraph(result.sensitivity_section(plan).sentence)
    echo(f"Report: {page}; traces and figure are in the same folder.")
    if len(results.failures):
        raise typer.Exit(1)


def print_status(
    folder: Annotated[Path, typer.Argument(help="the folder of a study's results")],
) -> None:
    """Count the runs of the study in FOLDER that are done, failed (with reasons) and missing."""
    table = Study.in_folder(folder).status(folder)
    for word in ("done", "failed", "missing"):
        echo(f"{word}: {(table['status'] == word).sum()}")
    for row in table[table["reason"] != ""].to_dict("records"):
        echo(f"{row['status']}: {row['cell']}, replication {row['replication']}: {row['reason']}")


def analyse_sensitivity(
    name: StudyName,
    out: Annotated[
        Path | None,
        typer.Option(
            help="folder of the runs; an unfinished analysis in it is continued "
            "(default: results/STUDY-sensitivity)"
        ),
    ] = None,
    replications: Annotated[
        int | None,
        typer.Option(
            min=2, max=MAX_REPLICATIONS, help="replications of each variation (default: 2)"
        ),
    ] = None,
    workers: Workers = None,
    space: Annotated[
        bool,
        typer.Option(
            "--space", help="vary all uncertain inputs at once (table `parameter_space`) instead"
        ),
    ] = False,
) -> None:
    """Set each uncertain input of STUDY to both ends of its range, one at a time.

    Example: anywhere-sim sensitivity path-and-cache --space

    Prints a row per contrast, measure and input. Two studies are run per input of the study's
    table `sensitivity`: a quarter of an hour on two cores for the shipped one. With --space all
    inputs are varied at once, in half an hour: in which share of their space does cached mode ask
    for less than online mode, where is the worst corner, and which inputs does that hang on?
    """
    plan = Study.load(name).plan
    if space:
        if replications is not None:
            raise ScenarioError(
                "--replications is of no use with --space, which makes each run once; set `points` "
                "and `trajectories` in the study's table `parameter_space`"
            )
        _analyse_space(plan, out or Path("results") / f"{Path(name).stem}-space", workers)
        return
    folder = out or Path("results") / f"{Path(name).stem}-sensitivity"
    try:
        with executor(folder, cores(workers), None) as pool:
            table = sensitivity(
                plan, folder, replications or FEWEST_REPLICATIONS, pool, study_progress
            )
    except KeyboardInterrupt:
        for part in folder.glob("*/study.json"):
            Study(plan).tidy(part.parent)
        raise
    with whole(folder / FILE_NAME) as draft:
        table.to_csv(draft, index=False, float_format="%.6g")
    echo(tornado_table(table).to_string())
    echo(f"The whole table: {folder / FILE_NAME}")


def _analyse_space(plan: Plan, folder: Path, workers: int | None) -> None:
    parameter_space.digest(plan)
    with executor(folder, cores(workers), None) as pool:
        table = parameter_space.parameter_space(plan, folder, pool, study_progress)
    stored = folder / parameter_space.FILE_NAME
    with whole(stored) as draft:
        table.to_csv(draft, index=False, float_format="%.6g")
    table = pd.read_csv(stored, keep_default_na=False)
    with whole(folder / SPACE_PICTURE) as draft:
        space_picture(table).savefig(draft, dpi=SPACE_DPI)
    with whole(folder / SPACE_PAGE) as draft:
        draft.write_text(space_page(table), encoding="utf-8")
    echo("\n".join(space_verdict(table)))
    echo(f"The picture: {folder / SPACE_PICTURE}\n{space_table(table).to_string()}")
    echo(f"The whole table: {stored}; the same as a page: {folder / SPACE_PAGE}")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Yield where to write a file that appears whole, when the block ends well, or not at all."""
    draft = path.with_name(f".draft-{path.name}")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def refuse_old_name() -> None:
    """Refuse the former name of `sensitivity`. Raises ScenarioError with the present one."""
    raise ScenarioError(
        "the command `hangs-on` is now called `sensitivity`; write: anywhere-sim sensitivity STUDY"
    )


@contextmanager
def _target(study: Study, folder: Path, overwrite: bool) -> Iterator[Path]:
    """Yield the folder to write to, after every check that needs no simulation.

    What is to be overwritten stays in its folder until the new study ends. That one is written to
    a draft next to it, which the same command continues after an interruption.
    """
    study.tasks(folder)
    if not overwrite or not folder.exists() or not any(folder.iterdir()):
        study.check(folder)
        yield folder
        return
    digits = sha256(json.dumps(study.note(), sort_keys=True).encode()).hexdigest()[:12]
    with replaced(folder, stranger_in_study, "a study", digits) as draft:
        try:
            yield draft
        except BaseException:
            _keep_or_drop(study, draft, folder)
            raise


def _keep_or_drop(study: Study, draft: Path, folder: Path) -> None:
    """Keep the finished runs of an interrupted study and say so; remove a draft without any."""
    done = int((study.status(draft)["status"] == "done").sum())
    if done:
        text = f"{folder} is unchanged; the same command continues with {done} finished new runs"
        echo(text, err=True)
    else:
        shutil.rmtree(draft, ignore_errors=True)


def _print_failures(results: Results) -> None:
    for row in results.failures.to_dict("records"):
        echo(f"failed: {row}")


def _print_estimate(study: Study, processes: int) -> None:
    """Simulate a sample of the mailboxes of each cell and scale its cost with their number."""
    scenarios = study.plan.scenarios().items()
    first = next(iter(study.plan.scenarios().values()))
    _measured(first, study.plan.seed, dict.fromkeys(first.groups, 1))  # loads what it uses
    rows = [_estimated(cell, scenario, study.plan) for cell, scenario in scenarios]
    columns = ["cell", "runs", "RPCs", "minutes of one core", "GB of traces"]
    table = pd.DataFrame(rows, columns=columns).set_index("cell")
    formatters = {"RPCs": "{:,.0f}".format}
    echo(table.to_string(float_format="{:,.3g}".format, formatters=formatters))
    total = table.sum()
    minutes = total["minutes of one core"] / processes
    echo(
        f"{total['runs']:,.0f} runs, about {total['RPCs']:,.0f} RPCs, "
        f"about {short(minutes)} minutes on {processes} cores, "
        f"about {total['GB of traces']:,.2g} GB"
    )


def _estimated(
    cell: tuple[str, ...], scenario: Scenario, plan: Plan
) -> tuple[str, int, float, float, float]:
    """Return a cell's name, runs, RPCs, minutes of one core and GB of traces."""
    mailboxes = {name: group.mailboxes for name, group in scenario.groups.items()}
    sample = {
        name: min(number, int(number * SAMPLE_SHARE) + MIN_SAMPLE)
        for name, number in mailboxes.items()
    }
    scale = plan.replications * sum(mailboxes.values()) / sum(sample.values())
    rpcs, minutes, written = _measured(scenario, plan.seed, sample)
    name = "-".join(cell)
    return name, plan.replications, rpcs * scale, minutes * scale, written * scale / 1e9


def _measured(scenario: Scenario, seed: int, sample: Mapping[str, int]) -> Cost:
    """Return what a run with a sample of the mailboxes takes: RPCs, minutes of one core, bytes.

    The minutes are those of this process, not of the clock: other programs may keep the cores busy
    now.
    """
    changes: dict[str, Any] = {
        f"groups__{name}__mailboxes": number for name, number in sample.items()
    }
    if not isinstance(scenario.record_rpcs, bool):
        wanted = [name.rpartition("/") for name in scenario.record_rpcs]
        changes["record_rpcs"] = [
            f"{group}/{number}" for group, _, number in wanted if int(number) <= sample[group]
        ]
    begin_s = process_time()
    with TemporaryDirectory() as temporary:
        run = simulate(scenario.with_(**changes), seed, folder=Path(temporary) / "traces")
        measures(run)
        written = sum(path.stat().st_size for path in Path(temporary).rglob("*") if path.is_file())
    return int(run.manifest["rpcs"]), (process_time() - begin_s) / 60.0, written
