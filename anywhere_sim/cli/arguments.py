"""What several commands share: arguments, and the executor that some of them ask for."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from datetime import time
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from anywhere_sim.experiments.workers import processes
from anywhere_sim.scenario import Scenario, ScenarioError
from anywhere_sim.scenario.quantities import DAY_S, format_time, parse_time
from anywhere_sim.scenario.spec import WEEKDAYS
from anywhere_sim.simulation.simulate import SEEDS
from anywhere_sim.traces import RunError

ScenarioName = Annotated[
    str, typer.Argument(help="a name shown by `list`, or a path to a .toml file")
]
StudyName = Annotated[
    str, typer.Argument(metavar="STUDY", help="a name shown by `list`, or a path to a .toml file")
]
Seed = Annotated[
    int, typer.Option(min=0, max=SEEDS - 1, help="seed; the same seed gives the same bytes")
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="number of processes (default: one per core)")
]
Dask = Annotated[
    str | None,
    typer.Option(
        help="a Dask scheduler, tcp://host:8786, or 'local' for a cluster on this machine"
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="change a key of the scenario, e.g. groups.office.mode=cached; may be repeated",
    ),
]
Strict = Annotated[
    bool, typer.Option("--strict", help="refuse what is set and has no effect, instead of a note")
]
OwnRules = Annotated[
    str | None,
    typer.Option(
        "--rules",
        metavar="MODULE:NAME",
        help="rules of one's own, e.g. my_rules:rules for `rules = aw.Rules(...)` in my_rules.py",
    ),
]
OwnMeasures = Annotated[
    list[str] | None,
    typer.Option(
        "--measure",
        metavar="NAME=MODULE:FUNCTION",
        help="a measure of one's own that stands first, e.g. 'back after=my_rules:back_after'; may "
        "be repeated",
    ),
]
AtTimes = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="print who is connected and waits, and loads beside limits, at that time: 08:30, or "
        "'tue 06:00' (day 1 is a Monday); may be repeated",
    ),
]
Beside = Annotated[
    Path | None,
    typer.Option(
        "--beside",
        metavar="FOLDER",
        help="say first what changes against this saved run, over the hours that both have",
    ),
]
OutFolder = Annotated[Path | None, typer.Option(help="a new folder for the traces")]


def changed(scenario: Scenario, settings: list[str] | None) -> Scenario:
    """Return the scenario with the settings applied.

    Raises ScenarioError for a setting that is not KEY=VALUE or not valid.
    """
    changes: dict[str, Any] = {}
    for setting in settings or []:
        key, separator, value = setting.partition("=")
        if not separator:
            raise ScenarioError(
                f"--set {setting!r} has no '='; "
                "write KEY=VALUE, for example groups.office.mode=cached"
            )
        path = key.strip().replace(".", "__")
        if path in changes:
            raise ScenarioError(f"--set {key.strip()} is given twice; give one value")
        changes[path] = _value(value.strip())
    return scenario.with_(**changes) if changes else scenario


def instants_s(given: list[str] | None, scenario: Scenario) -> list[float]:
    """Return what `--at` gives, in s since midnight of day 1, each within the run.

    A time without a day is the first one in the run. Raises ScenarioError for what is no time, or
    not in the run.
    """
    return [_instant_s(each, scenario) for each in given or []]


def _instant_s(text: str, scenario: Scenario) -> float:
    *days, clock = text.split() or [""]
    try:
        time_s = parse_time(clock)
        first = WEEKDAYS.index(days[0].lower()) if days else 0
        if len(days) > 1:
            raise ValueError(f"{text!r} has more than a day and a time")
    except ValueError as error:
        raise ScenarioError(
            f"--at {text!r} is no time; write one like 08:30, or 'tue 06:00' (day 1 is a Monday)"
        ) from error
    step_s = DAY_S * (len(WEEKDAYS) if days else 1)
    time_s += DAY_S * first
    while time_s < scenario.start:
        time_s += step_s
    if time_s >= scenario.end:
        begin, end = (format_time(each, seconds=False) for each in (scenario.start, scenario.end))
        raise ScenarioError(
            f"--at {text!r} is not in the run, which goes from {begin} to {end}; try --at {begin}"
        )
    return time_s


def named_measures(given: list[str] | None) -> dict[str, str]:
    """Return what `--measure` gives, by name. Raises ScenarioError for what is not NAME=..."""
    found = {}
    for each in given or []:
        name, separator, reference = each.partition("=")
        if not separator or not name.strip():
            raise ScenarioError(
                f"--measure {each!r}: write NAME=MODULE:FUNCTION, for example "
                "'back after=my_rules:back_after'"
            )
        if name.strip() in found:
            raise ScenarioError(f"--measure {name.strip()} is given twice; give each its own name")
        found[name.strip()] = reference.strip()
    return found


def _value(text: str) -> Any:
    """Return a TOML value; anything else is a word, and so is a time of day, as in scenarios."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return text if isinstance(value, time) else value


LOCAL, LOOPBACK = "local", "127.0.0.1"
PATIENCE_S = 10
"""How long a scheduler may take to answer, and then to have a worker."""


def cores(workers: int | None) -> int:
    """Return the number of processes: `workers`, or one per core."""
    return workers or os.cpu_count() or 1


@contextmanager
def executor(folder: Path, number: int, dask: str | None) -> Iterator[Executor]:
    """Yield the executor: a pool of processes, or a Dask cluster whose workers see `folder`.

    Ctrl-C ends the processes at once. Raises RunError when Dask is not installed, the scheduler
    does not answer or has no workers, or a worker does not see the folder.
    """
    if dask is None:
        with processes(number) as pool:
            yield pool
        return
    with _cluster(dask, number) as client:
        _probe(client, folder)
        with client.get_executor() as pool:
            yield pool


@contextmanager
def _cluster(dask: str, number: int, patience_s: float = PATIENCE_S) -> Iterator[Any]:
    """Yield a client of a cluster on this machine, or of the scheduler at an address.

    A cluster of our own listens on this machine only, and is ended with the block.
    """
    try:
        distributed: Any = import_module("dask.distributed")
    except ImportError as error:
        raise RunError(
            "--dask needs Dask; install it with: pip install 'anywhere-sim[cluster]'"
        ) from error
    if dask == LOCAL:
        with (
            distributed.LocalCluster(
                n_workers=number,
                threads_per_worker=1,
                host=LOOPBACK,
                dashboard_address=f"{LOOPBACK}:0",
            ) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = distributed.Client(dask, timeout=f"{patience_s}s")
    except Exception as error:  # of the many kinds that an address of something else brings
        said = " ".join(str(error).split()) or type(error).__name__
        raise RunError(
            f"--dask {dask!r}: no scheduler answers ({said}); "
            "write 'local', or an address like tcp://scheduler:8786"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=patience_s)
        except TimeoutError as error:
            raise RunError(
                f"--dask {dask!r}: the scheduler has had no workers for {patience_s:g} s; start "
                f"some with: dask worker {dask}"
            ) from error
        yield client


def _probe(client: Any, folder: Path) -> None:
    """Let every worker look for a file that was just written into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder.absolute() / f".probe-{uuid4().hex}"
    mark.touch()
    try:
        seen: dict[str, bool] = client.run(mark.exists)
    finally:
        mark.unlink()
    blind = sorted(worker for worker, sees in seen.items() if not sees)
    if blind:
        raise RunError(
            f"{folder} is not visible to {', '.join(blind)}; "
            "choose a folder that all workers share with --out"
        )
