"""Independent replications of a scenario, with a progress bar for many runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from functools import partial
from typing import Any

from tqdm.auto import tqdm

from anywhere_sim.scenario import Scenario
from anywhere_sim.scenario.quantities import whole_number
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.simulate import REPLICATIONS, SEEDS, simulate
from anywhere_sim.traces import Run
from anywhere_sim.traces.own_measures import Measures, own_measures

Progress = Callable[[Iterable[Any], int], Iterable[Any]]
"""Wraps an iterable of `total` finished runs, to show how many have come."""


def bar(finished: Iterable[Any], total: int) -> Iterable[Any]:
    """Return the same iterable, shown as a progress bar in a terminal and in a notebook.

    In a notebook the bar goes away after the last run; where output is not a terminal there is
    none.

    >>> [number for number in aw.bar([1, 2], total=2)]
    [1, 2]
    """
    in_notebook = any(kind.__module__ == "tqdm.notebook" for kind in tqdm.__mro__)
    disable = False if in_notebook else None  # None: where output is not a terminal
    shown: Iterable[Any] = tqdm(
        finished, total=total, unit="run", leave=not in_notebook, disable=disable
    )
    return shown


def replicate(
    scenario: Scenario,
    replications: int,
    seed: int = 0,
    executor: Executor | None = None,
    progress: Progress | None = None,
    *,
    rules: Rules | str | None = None,
    measures: Measures | None = None,
) -> list[Run]:
    """Return replications 0 to `replications` - 1, in order.

    They have the same bytes on any executor; without one they run in this process, one after the
    other. `progress=aw.bar` shows a progress bar; `rules` and `measures` are those of `simulate`.
    Raises ValueError for fewer than one replication, and for a seed that `simulate`
    refuses, ScenarioError for a rule that can't be sent to a worker; before the first run.

    >>> short = aw.Scenario.load("office-day").with_(end="08:01")
    >>> [one.manifest["replication"] for one in aw.replicate(short, replications=2)]
    [0, 1]
    """
    seed = whole_number("seed", seed, SEEDS)
    replications = whole_number("replications", replications, REPLICATIONS)
    if replications < 1:
        raise ValueError(f"replications = {replications}: must be a positive integer; try 10")
    whole, own = Rules.of(scenario, rules), own_measures(measures)
    one = partial(simulate, scenario, seed, rules=whole, measures=own)
    if executor is None:
        runs = (one(number) for number in range(replications))
    else:
        whole.check_travel(executor, own)
        futures = [executor.submit(one, number) for number in range(replications)]
        runs = (future.result() for future in futures)
    return list(progress(runs, replications) if progress else runs)
