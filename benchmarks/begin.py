"""B14: what `import anywhere_sim` takes, in Python and compiled, in seconds of the processor."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from statistics import median

from anywhere_sim.compiled import way
from benchmarks.goal import Reached

RUNS = 9
CHILD = """
from time import process_time
begun = process_time()
import anywhere_sim
print(process_time() - begun)
"""


def import_s(*, pure: bool) -> float:
    """Return the seconds of an import in a fresh process, whose files have been read before."""
    env = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["ANYWHERE_SIM_PURE"] = "1" if pure else ""
    done = subprocess.run(
        [sys.executable, "-c", CHILD], env=env, check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def measure() -> Iterator[Reached]:
    ways = {"python": True} | ({"compiled": False} if way() == "compiled" else {})
    for pure in ways.values():
        import_s(pure=pure)  # Python writes its bytecode
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(RUNS):
        for name, pure in ways.items():
            seconds[name].append(import_s(pure=pure))
    for name, each in seconds.items():
        yield Reached(
            "B14", f"import anywhere_sim, {name}: s of the processor", 0.6, True, median(each),
            f"median of {RUNS}, {min(each):.2f} to {max(each):.2f}",
        )  # fmt: skip
