"""B11: the same three models in ours, textbook SimPy, Ciw, Cimba Python, and C++ as the limit.

M/M/4, one link that its flows share in equal parts, and a network of 10,000 clients (that of
`miniature.py`). Ours is what the library gives: the arrivals at the station are a `Source`, which
is compiled as Cimba's are; the other two are programs in Python that call the library. Cimba (`pip
install cimba`; it brings numba) and a C++ compiler are used where they are there. Each figure is
units per second of the processor, after what is loaded or compiled once; what theory knows is
printed beside it, so that no one wins by another model.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from math import inf
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import numpy as np
import simpy

from anywhere_sim.analysis import Mmc
from anywhere_sim.des.environment import Environment
from anywhere_sim.des.station import Job, Source, Station
from anywhere_sim.network.link import ConstantRate
from anywhere_sim.network.processor_sharing_link import ProcessorSharingLink
from benchmarks import ciw_models, naive
from benchmarks.goal import Reached
from benchmarks.one_run import CLIENTS, UNTIL_S, naive_miniature, own_miniature
from benchmarks.queueing import ciw_station, naive_station

RUNS = 3
SERVERS, LOAD = 4, 0.8
CUSTOMERS = 3_200_000
FLOWS = 1_000_000
CIW_UNTIL_S = 15.0
"""Ciw's network: long enough to be in its stride, short enough to wait for."""


@dataclass
class Model:
    """A model in each program that can say it; `checks` tell what theory knows."""

    name: str
    unit: str
    programs: dict[str, Callable[[], float]]
    goals: dict[str, float] = field(default_factory=dict)
    checks: dict[str, str] = field(default_factory=dict)


def own_source(customers: int = 200_000) -> float:
    """Customers per second; all numbers are drawn in one batch, within the time measured."""
    begun = process_time()
    draws, env = np.random.default_rng(1), Environment()
    gaps_s, services_s = (
        draws.exponential(mean, customers).tolist() for mean in (1.0 / (SERVERS * LOAD), 1.0)
    )
    source = Source(env, Station(env, SERVERS), gaps_s, services_s)
    env.run()
    assert len(source.waits_s) == customers
    return customers / (process_time() - begun)


def own_link(flows: int = 100_000) -> float:
    """Flows per second of one link, each sent by a function in Python."""
    begun = process_time()
    draws, env = np.random.default_rng(1), Environment()
    link = ProcessorSharingLink(env, ConstantRate(1.0))
    gaps_s, sizes = (iter(draws.exponential(mean, flows).tolist()) for mean in (1.0 / LOAD, 1.0))

    def arrive(job: Job) -> None:
        link.send(job, next(sizes), _gone)
        gap_s = next(gaps_s, None)
        if gap_s is not None:
            env.schedule_call(job, env.now + gap_s, arrive)

    env.schedule_call(Job(), next(gaps_s), arrive)
    env.run()
    assert link.completions == flows
    return flows / (process_time() - begun)


def _gone(_: object) -> None:
    """A flow has left."""


def naive_link(flows: int = 20_000) -> float:
    """The same in SimPy: a process that sends, a link that visits every flow."""
    begun = process_time()
    draws, env = np.random.default_rng(1), simpy.Environment()
    link = naive.NaiveLink(env, 1.0)

    def source() -> Generator[simpy.Event, Any, None]:
        for _ in range(flows):
            yield env.timeout(draws.exponential(1.0 / LOAD))
            link.send(draws.exponential(1.0), lambda: None)

    env.process(source())
    env.run()
    return flows / (process_time() - begun)


def ciw_network() -> float:
    """Calls per second of Ciw's network."""
    calls, took_s = ciw_models.clients(CLIENTS, CIW_UNTIL_S)
    return calls / took_s


def _cimba() -> tuple[Callable[[], float], Callable[[], float]]:
    """Return what measures Cimba's customers per second, and its mean queue."""
    import cimba

    from benchmarks.cimba_station import Station

    model = Station()
    queues: list[float] = []

    def run(customers: int = CUSTOMERS) -> float:
        window = cimba.Window(warmup=10.0, duration=customers / (SERVERS * LOAD))
        begun = process_time()
        made = cimba.Experiment(model, replications=1, window=window, seed=1).run()
        took_s = process_time() - begun
        queues.append(float(np.mean(made[model].mean_queue)))
        return customers / took_s

    run(1_000)  # numba compiles
    return run, lambda: queues[-1]


def _in_cpp(folder: Path, name: str, *words: object) -> Callable[[], tuple[float, float]]:
    """Compile a program in C++; return what gives the two numbers that it prints."""
    program = folder / name
    source = Path(__file__).with_name(f"{name}.cpp")
    if not program.exists():
        subprocess.run(["g++", "-O2", "-std=c++17", str(source), "-o", str(program)], check=True)

    def run() -> tuple[float, float]:
        command = [str(program), *map(str, words)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        return float(told[0]), float(told[1])

    return run


def _models(folder: Path) -> Iterator[Model]:
    """Yield the models with the programs that are here."""
    station = Model(
        "M/M/4 at 0.8", "customers",
        {"own": own_source, "textbook SimPy": naive_station, "Ciw": ciw_station},
        {"textbook SimPy": 25.0, "Ciw": 60.0, "Cimba Python": 1.0},
    )  # fmt: skip
    link = Model(
        "one shared link at 0.8", "flows",
        {"own": own_link, "textbook SimPy": naive_link, "Ciw": ciw_models.link},
    )  # fmt: skip
    network = Model(
        f"network of {CLIENTS:,} clients", "calls",
        {"own": own_miniature, "textbook SimPy": naive_miniature, "Ciw": ciw_network},
        {"textbook SimPy": 8.0},
    )  # fmt: skip
    erlang = SERVERS * LOAD * Mmc(SERVERS * LOAD, 1.0, SERVERS).wait_s
    if find_spec("cimba"):
        station.programs["Cimba Python"], queue = _cimba()
        station.checks["Cimba Python"] = f"queue {queue():.2f}, Erlang {erlang:.2f}; "
    if shutil.which("g++"):
        limit = "C++ heap loop"
        loop = _in_cpp(folder, "heap_loop", SERVERS, LOAD, CUSTOMERS)
        shared = _in_cpp(folder, "heap_network", "link", LOAD, FLOWS)
        clients = _in_cpp(folder, "heap_network", "clients", CLIENTS, UNTIL_S)
        station.programs[limit] = lambda: loop()[1]
        station.checks[limit] = f"queue {loop()[0]:.3f}, Erlang {erlang:.3f}; "
        link.programs[limit] = lambda: shared()[1]
        link.checks[limit] = f"flows {shared()[0]:.2f}, theory {LOAD / (1.0 - LOAD):.2f}; "
        network.programs[limit] = lambda: clients()[1]
        network.checks[limit] = f"{clients()[0]:,.0f} calls; "
    yield from (station, link, network)


def measure() -> Iterator[Reached]:
    """Yield our speed divided by each one's, all in turn."""
    with TemporaryDirectory() as folder:
        for model in _models(Path(folder)):
            speeds: dict[str, list[float]] = {}
            for _ in range(RUNS):
                for name, program in model.programs.items():
                    speeds.setdefault(name, []).append(program())
            for name in list(model.programs)[1:]:
                pairs = zip(speeds["own"], speeds[name], strict=True)
                own, peer = median(speeds["own"]), median(speeds[name])
                yield Reached(
                    "B11" if name in model.goals else "--",
                    f"{model.name}, {model.unit}/s: own / {name}",
                    model.goals.get(name, -inf),
                    False,
                    median(one / other for one, other in pairs),
                    f"{model.checks.get(name, '')}{own:,.0f} and {peer:,.0f} {model.unit}/s",
                )
