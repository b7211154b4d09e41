"""B10: whole runs of shipped scenarios, per event, in turn with those of commit 9e1640d.

The other state is laid out from the repository's history into a folder of its own; each run is a
process, and what counts is its processor time after a first run that loads and warms everything.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from math import inf
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.goal import Reached

COMMIT = "9e1640d"
SCENARIOS = ("office-day", "mobile-workforce", "branch-office")
PAIRS = 3
ROOT = Path(__file__).parents[1]
CHILD = """
import sys
from time import process_time
import anywhere_sim as aw
scenario = aw.Scenario.load(sys.argv[1])
aw.simulate(scenario, 1)
begun = process_time()
made = aw.simulate(scenario, 1)
print('{"s": %r, "events": %r}' % (process_time() - begun, made.manifest["events_total"]))
"""


def _run(source: Path, scenario: str) -> tuple[float, float]:
    """Return seconds of a whole run, and seconds per event, of the package in a folder."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, scenario],
        cwd=source,
        env=os.environ | {"PYTHONPATH": str(source)},
        check=True,
        capture_output=True,
        text=True,
    )
    told = json.loads(done.stdout)
    return told["s"], told["s"] / told["events"]


def measure() -> Iterator[Reached]:
    with TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["git", "archive", COMMIT, "anywhere_sim", "data", "pyproject.toml"],
            cwd=ROOT, check=True, capture_output=True,
        ).stdout  # fmt: skip
        subprocess.run(["tar", "-x", "-C", folder], input=packed, check=True)
        for scenario in SCENARIOS:
            pairs = [(_run(Path(folder), scenario), _run(ROOT, scenario)) for _ in range(PAIRS)]
            before, now = (median(pair[side][0] for pair in pairs) for side in (0, 1))
            us = [median(pair[side][1] for pair in pairs) * 1e6 for side in (0, 1)]
            yield Reached(
                "B10",
                f"{scenario}: speed per event / {COMMIT}",
                3.0,
                False,
                median(one[1] / other[1] for one, other in pairs),
                f"{us[1]:.1f} and {us[0]:.1f} us per event",
            )
            yield Reached(
                "--",
                f"{scenario}: whole run, {COMMIT} / now (the model asks more), no goal",
                -inf,
                False,
                before / now,
                f"{now:.2f} and {before:.2f} s",
            )
