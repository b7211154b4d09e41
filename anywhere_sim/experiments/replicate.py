"""Independent replications of a scenario."""

from __future__ import annotations

from concurrent.futures import Executor

from anywhere_sim.experiments.progress import Progress
from anywhere_sim.scenario import Scenario
from anywhere_sim.simulation.rules import Rules
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces import Run


def replicate(
    scenario: Scenario,
    replications: int,
    seed: int = 0,
    executor: Executor | None = None,
    progress: Progress | None = None,
    *,
    rules: Rules | None = None,
) -> list[Run]:
    """Return replications 0 to `replications` - 1, in order.

    They have the same bytes on any executor; without one they run in this process, one after the
    other. `progress=aw.bar` shows a progress bar; `rules` are those of
    `simulate`. Raises ValueError for fewer than one replication.
    """
    if replications < 1:
        raise ValueError(f"replications = {replications}: must be a positive integer; try 10")
    if executor is None:
        runs = (simulate(scenario, seed, number, rules=rules) for number in range(replications))
    else:
        futures = [
            executor.submit(simulate, scenario, seed, number, rules=rules)
            for number in range(replications)
        ]
        runs = (future.result() for future in futures)
    return list(progress(runs, replications) if progress else runs)
