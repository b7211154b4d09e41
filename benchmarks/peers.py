"""B11: the same M/M/4 in our station, textbook SimPy, Ciw, Cimba Python, and C++ as the limit.

Cimba (`pip install cimba`; it brings numba) and a C++ compiler are used where they are there. Each
figure is customers per second after what is loaded or compiled once; the mean queue is printed
beside Erlang's, so that no one wins by another model.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from math import inf
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

from anywhere_sim.analysis import Mmc
from benchmarks.goal import Reached
from benchmarks.queueing import ciw_station, naive_station, own_station

RUNS = 3
SERVERS, LOAD = 4, 0.8
CUSTOMERS = 3_200_000


def _cimba() -> tuple[Callable[[], float], Callable[[], float]]:
    """Return what measures Cimba's customers per second, and its mean queue."""
    import cimba

    from benchmarks.cimba_station import Station

    model = Station()
    queues: list[float] = []

    def run(customers: int = CUSTOMERS) -> float:
        window = cimba.Window(warmup=10.0, duration=customers / (SERVERS * LOAD))
        begun = perf_counter()
        made = cimba.Experiment(model, replications=1, window=window, seed=1).run()
        took_s = perf_counter() - begun
        queues.append(float(np.mean(made[model].mean_queue)))
        return customers / took_s

    run(1_000)  # numba compiles
    return run, lambda: queues[-1]


def _heap_loop(folder: Path) -> Callable[[], tuple[float, float]]:
    """Compile the loop in C++; return what measures its mean queue and customers per second."""
    program = folder / "heap_loop"
    source = Path(__file__).with_name("heap_loop.cpp")
    subprocess.run(["g++", "-O2", "-std=c++17", str(source), "-o", str(program)], check=True)

    def run() -> tuple[float, float]:
        words = [str(program), str(SERVERS), str(LOAD), str(CUSTOMERS)]
        told = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
        return float(told[0]), float(told[1])

    return run


def measure() -> Iterator[Reached]:
    """Yield our speed divided by each one's, all in turn."""
    erlang = SERVERS * LOAD * Mmc(SERVERS * LOAD, 1.0, SERVERS).wait_s
    speeds: dict[str, list[float]] = {}
    told: dict[str, str] = {}
    programs: dict[str, Callable[[], float]] = {
        "own": own_station, "textbook SimPy": naive_station, "Ciw": ciw_station,
    }  # fmt: skip
    with TemporaryDirectory() as folder:
        if find_spec("cimba"):
            programs["Cimba Python"], queue = _cimba()
        if shutil.which("g++"):
            loop = _heap_loop(Path(folder))
            told["C++ heap loop"] = f"queue {loop()[0]:.3f}, Erlang {erlang:.3f}; "
            programs["C++ heap loop"] = lambda: loop()[1]
        for _ in range(RUNS):
            for name, program in programs.items():
                speeds.setdefault(name, []).append(program())
        if "Cimba Python" in programs:
            told["Cimba Python"] = f"queue {queue():.3f}, Erlang {erlang:.3f}; "
    goals = {"textbook SimPy": 25.0, "Ciw": 60.0, "Cimba Python": 1.0}
    for name in list(programs)[1:]:
        ratio = median(own / peer for own, peer in zip(speeds["own"], speeds[name], strict=True))
        own, peer = median(speeds["own"]), median(speeds[name])
        yield Reached(
            "B11",
            f"M/M/4 at 0.8, customers/s: station / {name}",
            goals.get(name, -inf),
            False,
            ratio,
            f"{told.get(name, '')}{own:,.0f} and {peer:,.0f} customers/s",
        )
