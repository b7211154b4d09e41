"""Print a table: goal, reached, met or not; and write it as JSON with versions and machine."""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from benchmarks import before, begin, logs, month, one_run, peers, queueing, rows, scale, workers

PARTS = {
    "one_run": one_run, "queueing": queueing, "peers": peers, "before": before, "rows": rows,
    "workers": workers, "scale": scale, "month": month, "begin": begin, "logs": logs,
}  # fmt: skip
KEPT = Path(__file__).with_name("reached.json")


def main(wanted: list[str]) -> None:
    """Measure the parts wanted, or all, and keep what they reached in reached.json."""
    begun = perf_counter()
    kept = json.loads(KEPT.read_text(encoding="utf-8"))["results"] if KEPT.exists() else {}
    print(f"{'':4s}{'what':66s} {'goal':>16s}  {'reached':>9s}", flush=True)
    for name in wanted or PARTS:
        kept[name] = []
        for reached in PARTS[name].measure():
            print(reached.line(), flush=True)
            kept[name].append(reached.record())
    print(f"{perf_counter() - begun:.0f} s")
    versions = {
        name: version(name) for name in ("anywhere-sim", "simpy", "numpy", "pyarrow", "ciw")
    }
    machine = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count(),
    }
    results = {name: kept[name] for name in PARTS if name in kept}
    KEPT.write_text(
        json.dumps({"versions": versions, "machine": machine, "results": results}, indent=1) + "\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(sys.argv[1:])
