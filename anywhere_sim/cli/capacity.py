"""The command about sizes: how many mailboxes fit, what binds first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from anywhere_sim.analysis.labels import capitalized
from anywhere_sim.analysis.limits import ServiceLevel
from anywhere_sim.cli.arguments import ScenarioName, Seed, Settings, Workers, changed, cores
from anywhere_sim.cli.arguments import executor as workers_of
from anywhere_sim.cli.console import echo
from anywhere_sim.experiments.capacity import Capacity, Step, capacity, cells
from anywhere_sim.report.capacity import notes, sentence, table
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
            "(default: results/SCENARIO-capacity)"
        ),
    ] = None,
    workers: Workers = None,
    setting: Settings = None,
) -> None:
    """Find how many mailboxes SCENARIO holds at a service level, and what binds first.

    Example: anywhere-sim capacity one-core-branch --cpu 60 --set groups.people.mode=online

    Of the day the busiest hour is simulated. Besides the service level, a server's own walls hold:
    threads, request queue, open requests, ports, memory of connections.
    """
    level = _level(wait, cpu, rpc_latency, utilisation)
    chosen = changed(Scenario.load(scenario), setting)
    folder = out or Path("results") / f"{Path(scenario).stem}-capacity"
    parts = cells(chosen, group) if by_cell else {"": chosen}
    with workers_of(folder, cores(workers), None) as pool:
        for cell, part in parts.items():
            found = capacity(
                part, level, group=group, seed=seed, folder=folder, executor=pool, watch=_say
            )
            _print_answer(found, cell, folder)


def _print_answer(found: Capacity, cell: str, folder: Path) -> None:
    """Print the answer, of a cell if it has a name, and draw its picture into the folder."""
    from anywhere_sim.figures.capacity import capacity as draw  # matplotlib only where it draws

    answer = f"{capitalized(cell)}: {sentence(found)}" if cell else sentence(found)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"capacity-{cell.lower().replace(', ', '-').replace(' ', '_')}" if cell else "capacity"
    picture = folder / f"{name}.png"
    draw(found.points, found.binding, found.size, answer).savefig(picture, dpi=DPI)
    echo(f"\n{answer}")
    for note in notes(found):
        echo(note)
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


def _say(step: Step) -> None:
    how = "kept" if step.stored else f"{step.seconds:.0f} s"
    echo(
        f"{step.size:,} mailboxes, replication {step.replication}: {step.worst} at "
        f"{100.0 * step.share:.0f} % of its limit ({how})",
        err=True,
    )
