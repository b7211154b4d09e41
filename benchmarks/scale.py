"""B8 and B9: one big site, and what a mailbox and a call cost as it grows; many sites beside it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import anywhere_sim as aw
from benchmarks.fleet import fleet
from benchmarks.goal import Reached, interleaved

CHILD = """
import json, sys
from time import process_time
import anywhere_sim as aw
from benchmarks.fleet import fleet
from benchmarks.memory import peak_mb
begun = process_time()
made = aw.simulate(fleet({mailboxes}), 1, folder=sys.argv[1])
told = {{"s": process_time() - begun, "peak_mb": peak_mb(), "rpcs": made.manifest["rpcs"]}}
print(json.dumps(told | {{"ok": made.manifest["audit"]["ok"]}}))
"""


def _alone(mailboxes: int) -> dict[str, float]:
    """Ten minutes of so many mailboxes, in a process of its own."""
    with TemporaryDirectory() as folder:
        words = [sys.executable, "-c", CHILD.format(mailboxes=mailboxes), str(Path(folder) / "run")]
        found: dict[str, float] = json.loads(
            subprocess.run(words, check=True, capture_output=True, text=True).stdout
        )
    assert found["ok"]
    return found


def rpcs_per_s(mailboxes: int) -> float:
    """Calls per second of a whole run: building, motion, rows, audit."""
    scenario = fleet(mailboxes)
    begun = perf_counter()
    return float(aw.simulate(scenario, 1).manifest["rpcs"] / (perf_counter() - begun))


def measure() -> Iterator[Reached]:
    few, many = _alone(10_000), _alone(100_000)
    what = "one process, 100,000 mailboxes, ten minutes of the busy hour"
    yield Reached(
        "B8", f"s of the processor, {what}", 40.0, True, many["s"], f"{many['rpcs']:,.0f} RPCs"
    )
    yield Reached("B8", f"GB of {what}", 1.0, True, many["peak_mb"] / 1024, "")
    each_kb = 1024 * (many["peak_mb"] - few["peak_mb"]) / 90_000
    yield Reached(
        "B8",
        "KB per mailbox, all in",
        8.0,
        True,
        each_kb,
        f"from {few['peak_mb']:,.0f} MB at 10,000",
    )
    ratio, small, big = interleaved(lambda: rpcs_per_s(1_000), lambda: rpcs_per_s(10_000), 3)
    yield Reached(
        "B9",
        "cost per RPC, 10,000 mailboxes / 1,000",
        1.3,
        True,
        ratio,
        f"{big:,.0f} and {small:,.0f} RPC/s",
    )
    begun, scenario = perf_counter(), fleet(100_000, sites=50)
    with TemporaryDirectory() as folder, ProcessPoolExecutor(2) as pool:
        made = aw.simulate(scenario, 1, folder=Path(folder) / "run", executor=pool)
    seconds = perf_counter() - begun
    told = (
        f"{made.manifest['rpcs']:,} RPCs, {1e6 * 2 * seconds / made.manifest['rpcs']:,.0f} us of "
        "a core per RPC"
    )
    yield Reached(
        "--",
        "minutes for the same in 50 sites on 2 cores (our own goal)",
        60.0,
        True,
        seconds / 60,
        told,
    )
