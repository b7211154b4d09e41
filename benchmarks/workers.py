"""B7: replications on two cores."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from time import perf_counter

import anywhere_sim as aw
from anywhere_sim.experiments import replicate
from benchmarks.fleet import fleet
from benchmarks.goal import Reached, interleaved

REPLICATIONS, CORES = 12, 2


def measure() -> Iterator[Reached]:
    scenario = fleet(1_000)
    found: dict[str, list[aw.Run]] = {}

    def here() -> float:
        begun = perf_counter()
        found["here"] = replicate(scenario, REPLICATIONS, 1)
        return REPLICATIONS / (perf_counter() - begun)

    def there() -> float:
        begun = perf_counter()
        with ProcessPoolExecutor(CORES) as pool:
            found["there"] = replicate(scenario, REPLICATIONS, 1, pool)
        return REPLICATIONS / (perf_counter() - begun)

    ratio, two, one = interleaved(there, here, 3)
    same = all(
        left.manifest == right.manifest
        for left, right in zip(found["here"], found["there"], strict=True)
    )
    detail = (
        f"{60 * two:.1f} and {60 * one:.1f} runs a minute, {'the same' if same else 'OTHER'} "
        "manifests"
    )
    yield Reached(
        "B7", "replications on 2 cores: speed-up per core", 0.95, False, ratio / CORES, detail
    )
