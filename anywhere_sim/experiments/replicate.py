"""The same scenario again and again, each time with other random numbers."""

from __future__ import annotations

from concurrent.futures import Executor

from anywhere_sim.experiments.progress import Progress
from anywhere_sim.scenario import Scenario
from anywhere_sim.simulation.simulate import simulate
from anywhere_sim.traces import Run


def replicate(
    scenario: Scenario, replications: int, seed: int = 0, executor: Executor | None = None, progress: Progress | None = None
) -> list[Run]:
    """Return replications 0 to `replications` - 1, in order; the same bytes on any executor, or here if there is none.

    `progress=aw.bar` shows how far they are. Raises ValueError for fewer than one replication.
    """
    if replications < 1:
        raise ValueError(f"replications = {replications}: a whole number from 1 on is allowed; try 10")
    if executor is None:
        made = (simulate(scenario, seed, number) for number in range(replications))
    else:
        futures = [executor.submit(simulate, scenario, seed, number) for number in range(replications)]
        made = (future.result() for future in futures)
    return list(progress(made, replications) if progress else made)
