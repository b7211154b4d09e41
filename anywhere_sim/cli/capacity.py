"""The command about sizes: how many mailboxes fit, what binds first."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from math import isnan
from pathlib import Path
from textwrap import fill
from time import perf_counter
from typing import Annotated

import typer

from anywhere_sim.analysis.labels import capitalized, duration
from anywhere_sim.analysis.limits import ServiceLevel
from anywhere_sim.cli.arguments import ScenarioName, Seed, Settings, Workers, changed, cores
from anywhere_sim.cli.arguments import executor as workers_of
from anywhere_sim.cli.console import columns, echo, paragraph
from anywhere_sim.experiments.capacity import Capacity, SearchStopped, capacity, cells, sized
from anywhere_sim.experiments.size_runs import Phase, Step
from anywhere_sim.report.capacity import (
    bracket,
    clock,
    following,
    intention,
    notes,
    progress,
    sentence,
    table,
)
from anywhere_sim.scenario import Scenario, ScenarioError

DPI = 110
_SECONDS = {"": 1.0, "s": 1.0, "ms": 0.001}


def find_capacity(
    scenario: ScenarioName,
    wait: Annotated[
        str, typer.Option(help="95th percentile of what a person waits per action: 2s, 500ms")
    ] = "2s",
    cpu: Annotated[float, typer.Option(help="%, mean of a server's cores")] = 75.0,
    rpc_latency: Annotated[
        str | None,
        typer.Option(help="RPC Averaged Latency of a store (default: 25ms, Exchange 2003: 50ms)"),
    ] = None,
    utilisation: Annotated[
        float, typer.Option(help="%, mean of a shared line, and of a store's disks")
    ] = 80.0,
    group: Annotated[
        str | None, typer.Option(help="the group that grows (default: all, in proportion)")
    ] = None,
    by_cell: Annotated[
        bool,
        typer.Option("--cells", help="a size each: online and cached, TCP first and HTTPS first"),
    ] = False,
    seed: Seed = 7,
    out: Annotated[
        Path | None,
        typer.Option(
            help="folder of the runs; an unfinished search in it goes on "
            "(default: results/SCENARIO-capacity-GROUP-MODE, and what else --set changes)"
        ),
    ] = None,
    workers: Workers = None,
    setting: Settings = None,
) -> None:
    """Find how many mailboxes SCENARIO holds at a service level, and what binds first.

    Example: anywhere-sim capacity one-core-branch --cpu 60 --set groups.people.mode=online

    Looked at are the quarters of an hour in which limits are nearest, when people open Outlook for
    example, and the busiest hour. Besides the service level, a server's own walls hold: threads,
    request queue, open requests, ports, memory of connections.
    """
    level = _level(wait, cpu, rpc_latency, utilisation)
    chosen = changed(Scenario.load(scenario), setting)
    sized(chosen, group)  # no folder is named for a group that there is not
    folder = out or Path("results") / _folder_name(scenario, chosen, group, setting or [])
    parts = cells(chosen, group) if by_cell else {"": chosen}
    echo(f"Finished runs are kept in {folder}", err=True)
    with workers_of(folder, cores(workers), None) as pool:
        for cell, part in parts.items():
            if cell:
                echo(f"{capitalized(cell)}:", err=True)
            progress_of = _Progress(cores(workers))
            try:
                found = capacity(
                    part, level, group=group, seed=seed, folder=folder, executor=pool,
                    watch=progress_of.say, plan=progress_of.plan,
                )  # fmt: skip
            except SearchStopped as stopped:
                echo(f"\n{fill(_so_far(stopped, cell), columns())}", err=True)
                raise
            _print_answer(found, cell, level, folder)


class _Progress:
    """Prints what a search does next, a line per run, and about how long is left.

    That is measured: seconds per mailbox-hour of the runs so far, over the cores that run them.
    """

    def __init__(self, cores: int, now_s: Callable[[], float] = perf_counter) -> None:
        self._cores = cores
        self._now_s = now_s
        self._began_s = self._step_began_s = now_s()
        self._phase = Phase("", 0, 0.0)
        self._to_run = 0
        self._fresh, self._kept = _Rate(), _Rate()

    def plan(self, phase: Phase) -> None:
        self._phase, self._step_began_s = phase, self._now_s()
        self._to_run = phase.runs
        self._print(f"{intention(phase).removesuffix('.')}{self._left()}.")

    def say(self, step: Step) -> None:
        self._to_run -= not step.stored
        if step.worst:  # a run of the whole day has quiet hours
            (self._kept if step.stored else self._fresh).add(step.seconds, step.mailbox_hours)
        self._print(f"  {progress(step)}{self._left()}")

    def _left(self) -> str:
        """Return how long is left, "" where nothing tells."""
        rate = self._fresh if self._fresh.mailbox_hours else self._kept
        if not rate.mailbox_hours or not self._phase.runs:
            return ""
        per_hour_s = rate.seconds / rate.mailbox_hours
        step_s = 0.0
        if self._to_run > 0:
            step_s = per_hour_s * self._phase.mailbox_hours / min(self._cores, self._phase.runs)
            step_s = max(0.0, step_s - (self._now_s() - self._step_began_s))
        later_s = per_hour_s * self._phase.later_mailbox_hours / self._cores
        if self._to_run <= 0 and not later_s > 0.0:
            return ""
        if isnan(later_s):
            return f"; this step: some {duration(step_s)} more"
        return f"; some {duration(step_s + later_s)} left"

    def _print(self, text: str) -> None:
        minutes, seconds = divmod(int(self._now_s() - self._began_s), 60)
        line = f"[{minutes}:{seconds:02}] {text}"
        echo(fill(line, columns(), subsequent_indent="       ", break_on_hyphens=False), err=True)


@dataclass
class _Rate:
    """How long how much of simulating took."""

    seconds: float = 0.0
    mailbox_hours: float = 0.0

    def add(self, seconds: float, mailbox_hours: float) -> None:
        self.seconds += seconds
        self.mailbox_hours += mailbox_hours


def _so_far(stopped: SearchStopped, cell: str) -> str:
    """Return what a search that was stopped has found."""
    when = clock(stopped.begin_s, stopped.end_s)
    known = bracket(stopped.low, stopped.high)
    name = f"{cell}: " if cell else ""
    return f"{name}So far, from {when}: {known}. Go on with the same command."


def _folder_name(scenario: str, chosen: Scenario, group: str | None, settings: list[str]) -> str:
    """Return the name of the folder: scenario, what grows, in which mode, what else is set.

    >>> office = Scenario.load("office-day")
    >>> _folder_name("office-day", office, None, ["servers.mbx1.cores=2"])
    'office-day-capacity-all-mixed-servers.mbx1.cores=2'
    """
    modes = {own.mode for name, own in chosen.groups.items() if group in (None, name)} or {"none"}
    others = [each for each in settings if not each.partition("=")[0].strip().endswith(".mode")]
    mixed = len(modes) > 1
    if mixed:
        others = settings
    words = [Path(scenario).stem, "capacity", group or "all", "mixed" if mixed else modes.pop()]
    return re.sub(r"[^\w.=-]+", "_", "-".join([*words, *sorted(others)]))[:120]


def _picture_name(cell: str, level: ServiceLevel) -> str:
    """Return the name of the picture: the cell, and what differs from the usual service level."""
    words = [cell.lower().replace(", ", "-").replace(" ", "_")] if cell else []
    for each in fields(level):
        value = getattr(level, each.name)
        if value != each.default:
            words.append(f"{each.name}={value:g}")
    return f"{'-'.join(['capacity', *words])}.png"


def _print_answer(found: Capacity, cell: str, level: ServiceLevel, folder: Path) -> None:
    """Print the answer, of a cell if it has a name, and draw its picture into the folder."""
    from anywhere_sim.figures.capacity import capacity as draw  # matplotlib only where it draws

    answer = f"{capitalized(cell)}: {sentence(found)}" if cell else sentence(found)
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / _picture_name(cell, level)
    beside = [limit for limit, begin_s in found.beside if begin_s == found.hour[0]]
    points = found.points[~found.points["limit"].isin(beside)]
    hour = clock(*found.hour)
    draw(points, found.binding, found.size, answer, hour, following(found)).savefig(
        picture, dpi=DPI
    )
    echo("")
    for each in (answer, *notes(found)):
        paragraph(each)
    echo(f"\n{table(found).to_string()}\n\nThe picture: {picture}")


def _level(wait: str, cpu: float, rpc_latency: str | None, utilisation: float) -> ServiceLevel:
    latency_ms = None
    if rpc_latency is not None:
        latency_ms = 1000.0 * seconds("--rpc-latency", rpc_latency, "ms")
    try:
        return ServiceLevel(seconds("--wait", wait), cpu, latency_ms, utilisation)
    except ValueError as error:
        raise ScenarioError(str(error)) from error


def seconds(option: str, text: str, usual: str = "s") -> float:
    """Return the seconds that a duration means: "2s", "500ms", or a number in the usual unit.

    Raises ScenarioError for anything else.

    >>> seconds("--wait", "2s"), seconds("--rpc-latency", "25", "ms")
    (2.0, 0.025)
    """
    found = re.fullmatch(r"([0-9]*\.?[0-9]+) ?(ms|s|)", text.strip())
    if found is None:
        raise ScenarioError(f"{option} {text!r} is no duration; write one like 2s or 500ms")
    return float(found[1]) * _SECONDS[found[2] or usual]
